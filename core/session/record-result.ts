/** What came of a recording: the run's own checks, and the expectations that only the finished record can be asked. */
import { type Check, type RecordExpectation, type ScenarioRun } from '../scenario/index.ts';
import { TraceReader } from '../trace/reader.ts';
import { type Result } from './contract.ts';
import { type RecordJob } from './record-task.ts';
import { TraceSearch } from './trace-search.ts';

export type RecordResult = Result<'record.result'>;
export type CheckResult = RecordResult['checks'][number];

/** Everything that was expected of a run whose trace is finished. */
export async function resultOf(
  { file, output }: Pick<RecordJob, 'file' | 'output'>,
  { halted, time, checks, about }: ScenarioRun['outcome'],
  signal: AbortSignal,
): Promise<RecordResult> {
  const reader = new TraceReader(output);
  try {
    const { contentDigest, stateDigest, events } = reader.info();
    const found = await askRecord(new TraceSearch(reader), about, signal);
    const all: CheckResult[] = [...checks.map(checkResult), ...found];
    return {
      file,
      halted,
      timeNs: time,
      events,
      contentDigest: contentDigest ?? '',
      stateDigest: stateDigest ?? '',
      checks: all,
      failed: all.filter(({ ok }) => !ok).length,
    };
  } finally {
    reader.close();
  }
}

/** A check of the run as the contract has it. */
export function checkResult({ time, ...check }: Check): CheckResult {
  return { ...check, timeNs: time };
}

/** Expectations about the record, each with what was found. */
export async function askRecord(
  search: TraceSearch,
  about: readonly RecordExpectation[],
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const out: CheckResult[] = [];
  let from = -1;
  let isBroken = false;
  const add = (wanted: RecordExpectation, ok: boolean, expected: string, found: string, seq = -1): void => {
    out.push({ ok, what: wanted.condition, expected, found, line: wanted.line, column: wanted.column, timeNs: 0, seq });
  };
  for (const wanted of about) {
    const { condition } = wanted;
    if (wanted.kind === 'count') {
      const { count } = await search.count(condition, 0, -1, signal);
      add(wanted, count === wanted.count, `${wanted.count} times`, `${count} times`);
      continue;
    }
    if (wanted.kind === 'sequence' && isBroken) {
      add(wanted, false, 'an event in this place of the sequence', 'an earlier one is missing');
      continue;
    }
    const start = wanted.kind === 'sequence' ? from : -1;
    const hit = await search.find(condition, start, 'forward', 'level', signal);
    const seen = hit === undefined ? 'none' : `#${hit}`;
    if (wanted.kind === 'never') add(wanted, hit === undefined, 'no event', seen, hit);
    else {
      const after = from < 0 ? 'an event' : `an event after #${from}`;
      add(wanted, hit !== undefined, after, seen, hit);
      if (hit === undefined) isBroken = true;
      else from = hit;
    }
  }
  return out;
}
