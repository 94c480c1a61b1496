/**
 * A value over the whole trace, in columns of equal time: its lowest and highest in each. Up to EXACT changes are all
 * looked at. A value that changes more often is sampled at the end of each column: `exact` says which it was, and the
 * histogram of its changes (`nav.count`) shows what lies between the samples.
 * Cost: the changes, or one jump per column.
 */
import { eachInTurn, type Rest } from '../debug/search/pace.ts';
import { changeCondition } from './change-condition.ts';
import { type Args, type Result } from './contract.ts';
import { SessionError } from './failure.ts';
import { type OpenTrace } from './open-trace.ts';
import { rangeOf } from './slots.ts';
import { findPlace } from './value-places.ts';

const EXACT = 10_000;

type Line = Result<'history.values'>;

/** @throws SessionError `usage` for a path that is no value of this trace */
export async function valueLine(
  trace: OpenTrace,
  { path, columns }: Pick<Args<'history.values'>, 'path' | 'columns'>,
  signal: AbortSignal,
  rest: Rest,
): Promise<Line> {
  const range = findPlace(trace, path);
  if (range === undefined) throw new SessionError({ code: 'usage', message: `${path} is no value of this trace` });
  const valueAt = (seq: number): number => numberOf(rangeOf(trace.stateAt(seq).value(range.slot), range));
  const low = new Float64Array(columns).fill(NaN);
  const high = new Float64Array(columns).fill(NaN);
  const put = (column: number, value: number): void => {
    const [least = NaN, most = NaN] = [low[column], high[column]];
    if (!(least <= value)) low[column] = value;
    if (!(most >= value)) high[column] = value;
  };
  const { reader } = trace;
  const width = Math.max(1, reader.duration) / columns;
  const changes = await trace.search.hits(changeCondition(trace, path), trace.checked(-1), EXACT, 'forward', signal);
  if (changes.truncated) {
    for (let column = 0; column < columns; column++) {
      put(column, valueAt(reader.seqAtTime((column + 1) * width)));
      await rest();
    }
    return { low, high, exact: false };
  }
  let at = 0;
  let value = valueAt(-1);
  const holdUntil = (column: number): void => {
    for (; at < column; at++) put(at, value);
    put(at, value);
  };
  await eachInTurn(changes.seqs, rest, (seq) => {
    holdUntil(Math.min(columns - 1, Math.floor(reader.timeOf(seq) / width)));
    for (const { slot, after } of reader.changesOf(seq))
      if (slot === range.slot) value = numberOf(rangeOf(after, range));
    put(at, value);
  });
  holdUntil(columns - 1);
  return { low, high, exact: true };
}

/** NaN: unknown. The picture needs no more digits than a number has. */
function numberOf(value: bigint | undefined): number {
  return value === undefined ? NaN : Number(value);
}
