/**
 * Runs the rules over a trace. An event is shown to a rule when it bears one of the names that the rule asks for; blocks
 * without such a name are not read (postings). Cost: the blocks with names of rules, each decoded once, and of their
 * events those alone that bear one. Findings are bounded: `MOST` different ones a rule.
 */
import { seq } from '../../state/brand.ts';
import { type TraceReader } from '../../trace/reader.ts';
import { POSTING } from '../../trace/postings.ts';
import { MISSING_BARRIER } from './barriers.ts';
import { END_ORDER } from './end-order.ts';
import { type Finding, type NewFinding, type Rule } from './finding.ts';
import { LOCK_ORDER } from './lock-order.ts';
import { MARKED } from './marks.ts';
import { SELECTOR_RACE } from './selectors.ts';
import { TABLE_ALIGNMENT } from './table-alignment.ts';

export const RULES: readonly Rule[] = [
  LOCK_ORDER,
  MISSING_BARRIER,
  SELECTOR_RACE,
  TABLE_ALIGNMENT,
  END_ORDER,
  ...MARKED,
];

/** Kind of source of what gicscope recorded itself. */
const RECORDED = 'scenario';
/** Different findings of one rule; a trace with more has one cause behind them. */
const MOST = 100;
/** Accesses of a name's posting keys: read, write, execute, none. */
const ACCESSES = 4;

export interface FindingsResult {
  /** In order of the first event. */
  readonly findings: readonly Finding[];
  /** Ids of the rules that had events to look at. */
  readonly looked: readonly string[];
}

/** @throws an AbortError when cancelled */
export async function findingsOf(reader: TraceReader, signal: AbortSignal): Promise<FindingsResult> {
  const isRecorded = reader.info().source?.kind === RECORDED;
  const found = new Map<string, Finding>();
  const watchers = new Map<number, ((event: Parameters<ReturnType<Rule['start']>>[0]) => void)[]>();
  const blocks = new Set<number>();
  const looked: string[] = [];
  for (const rule of RULES) {
    if (rule.recordedOnly === true && !isRecorded) continue;
    const ids = rule.names.flatMap((name) => reader.names.find(name) ?? []);
    if (ids.length === 0) continue;
    looked.push(rule.id);
    const watcher = rule.start((finding) => note(found, rule, finding));
    for (const id of ids) {
      watchers.set(id, [...(watchers.get(id) ?? []), watcher]);
      for (let access = 0; access < ACCESSES; access++)
        for (const block of reader.postings.get(POSTING.name, id * ACCESSES + access).blocks) blocks.add(block);
    }
  }
  for (const block of [...blocks].sort((a, b) => a - b)) {
    const events = reader.events(block);
    for (let i = 0; i < events.count; i++) {
      const interested = watchers.get(events.name[i] ?? 0);
      if (interested === undefined) continue;
      const [event] = reader.eventList(seq(events.firstSeq + i), 1);
      if (event !== undefined) for (const watcher of interested) watcher(event);
    }
    await new Promise(setImmediate);
    signal.throwIfAborted();
  }
  const first = ({ positions: [position] }: Finding): number => position?.seq ?? 0;
  return { findings: [...found.values()].sort((a, b) => first(a) - first(b)), looked };
}

function note(found: Map<string, Finding>, { id, severity, clause }: Rule, { key, ...finding }: NewFinding): void {
  const name = `${id} ${key}`;
  const known = found.get(name);
  if (known !== undefined) found.set(name, { ...known, count: known.count + 1 });
  else if ([...found.values()].filter(({ rule }) => rule === id).length < MOST)
    found.set(name, { rule: id, severity, clause, count: 1, ...finding });
}
