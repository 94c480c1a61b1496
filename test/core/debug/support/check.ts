/** Compares the search engine with the naive evaluator over random conditions: hits both ways, counts, ranks. */
import { expect } from 'vitest';
import { type Change } from '../../../../core/state/journal.ts';
import { type NewEvent } from '../../../../core/trace/kinds.ts';
import { type Life } from '../../../../core/trace/life.ts';
import { ConditionError, type Expr } from '../../../../core/debug/condition/ast.ts';
import { type NameSpace, parse } from '../../../../core/debug/condition/index.ts';
import { countHits, findAll, findNext, hitOfRank, Query, type SearchableTrace } from '../../../../core/debug/search.ts';
import { type Pool, randomCondition, SESSION_POOL } from './conditions.ts';
import { type MemoryTrace } from './memory-trace.ts';
import { type Moment, Naive } from './naive.ts';
import { Random } from './random.ts';

const BUCKETS = 37;

/** What the scan walks over: events with their changes, and the state before them. */
export interface Recorded {
  readonly names: NameSpace;
  readonly lives: readonly Life[];
  /** Index = slot. */
  readonly start: readonly (bigint | undefined)[];
  readonly events: Iterable<{ readonly event: NewEvent; readonly changes: readonly Change[] }>;
}

export function recordedOf(session: MemoryTrace): Recorded {
  const start = session.journal.layout.slots.map(({ initial }) => initial);
  return { names: session.names(), lives: session.lives, start, events: session.recorded };
}

/** All moments, one after the other. Moments between changes share their state. */
export function momentsOf({ start, events }: Recorded): Moment[] {
  let state = start;
  const out: Moment[] = [];
  for (const { event, changes } of events) {
    if (changes.length > 0) {
      const after = [...state];
      for (const change of changes) after[change.slot] = change.after;
      state = after;
    }
    out.push({ seq: out.length, event, changes, state });
  }
  return out;
}

/** Where two lists part, or nothing: comparing long lists element by element in a matcher is slow. */
function parting(actual: ArrayLike<number>, expected: readonly number[]): string {
  const length = Math.max(actual.length, expected.length);
  for (let i = 0; i < length; i++)
    if (actual[i] !== expected[i]) return `hit ${i} of ${expected.length} is ${actual[i]}, a scan finds ${expected[i]}`;
  return '';
}

export interface Checked {
  /** Those that hit some events, but not all. */
  readonly hitting: number;
}

/** Compares `count` conditions that make sense. `recorded` has the same events as `trace`. */
export async function checkRandomConditions(
  trace: SearchableTrace,
  recorded: Recorded,
  count: number,
  seed: number,
  pool: Pool = SESSION_POOL,
): Promise<Checked> {
  const random = new Random(seed);
  const all = momentsOf(recorded);
  const naive = new Naive(recorded.names, recorded.lives);
  let conditions = 0;
  let hitting = 0;
  while (conditions < count) {
    const text = randomCondition(random, { events: trace.count, duration: trace.duration }, pool);
    let query: Query;
    try {
      query = new Query(trace, text);
    } catch (error) {
      // A few random comparisons make no sense.
      if (error instanceof ConditionError) continue;
      throw error;
    }
    const expected = scan(naive, parse(text), all);
    await compare(query, text, expected, all, random);
    conditions++;
    if (expected.length > 0 && expected.length < trace.count) hitting++;
  }
  return { hitting };
}

function scan(naive: Naive, expr: Expr, all: readonly Moment[]): number[] {
  const out: number[] = [];
  for (const at of all) if (naive.holds(expr, at)) out.push(at.seq);
  return out;
}

async function compare(
  query: Query,
  text: string,
  expected: readonly number[],
  all: readonly Moment[],
  random: Random,
): Promise<void> {
  const { count, duration } = query.trace;
  const forward = await findAll(query, -1, 'forward', count);
  expect(parting(forward.seqs, expected), text).toBe('');
  const backward = await findAll(query, count, 'backward', count);
  expect(parting(backward.seqs, expected.toReversed()), text).toBe('');

  const at = random.below(count);
  const [counted] = await countHits([query], at, BUCKETS);
  const histogram = Array.from({ length: BUCKETS }, () => 0);
  for (const hit of expected) {
    const bucket = Math.min(BUCKETS - 1, Math.floor((all[hit]?.event.time ?? 0) * (BUCKETS / duration)));
    histogram[bucket] = (histogram[bucket] ?? 0) + 1;
  }
  expect(counted?.count, text).toBe(expected.length);
  expect(counted?.before, text).toBe(expected.filter((hit) => hit < at).length);
  expect(parting(counted?.histogram ?? [], histogram), text).toBe('');

  expect((await findNext(query, at, 'forward'))?.seq, text).toBe(expected.find((hit) => hit > at));
  expect((await findNext(query, at, 'backward'))?.seq, text).toBe(expected.findLast((hit) => hit < at));
  const rank = random.below(expected.length + 1);
  expect((await hitOfRank(query, rank))?.seq, text).toBe(expected[rank]);
}
