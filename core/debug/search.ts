/**
 * The search engine: next, previous, all, how many, where.
 *
 * Blocks are visited in the direction of the search. Postings and block bounds rule most of them out; what is left is
 * evaluated block by block (matcher.ts), so forward and backward meet the same hits at the same cost. Several
 * conditions share one pass and each decoded block. Work is cut into slices of a few milliseconds, between which
 * other tasks run and a cancelled signal ends the search.
 */
import { BLOCK_EVENTS, BLOCK_SHIFT } from '../trace/block.ts';
import { Pace, type SearchControl } from './search/pace.ts';
import { type Query } from './search/query.ts';
import { type Direction, type Hit, hitAt, hitsInBlock, holdsAt, nearestInBlock, refreshed } from './search/walk.ts';

export { countHits, type HitCount, hitOfRank } from './search/count.ts';
export { Query } from './search/query.ts';
export { type SearchableTrace } from './search/searchable.ts';
export { type SearchControl } from './search/pace.ts';
export { type Direction, type Hit } from './search/walk.ts';

/** First hit behind `from` (forward), or last hit before it (backward); −1 is before the first event. */
export async function findNext(
  query: Query,
  from: number,
  direction: Direction,
  control: SearchControl = {},
): Promise<Hit | undefined> {
  const found = await findNearest([query], from, direction, control);
  return found?.hit;
}

export interface NearestHit {
  readonly hit: Hit;
  /** Indices of the queries that hit there. */
  readonly queries: readonly number[];
}

/** The nearest hit of any query, in one pass. All queries must be of one trace. */
export async function findNearest(
  queries: readonly Query[],
  from: number,
  direction: Direction,
  control: SearchControl = {},
): Promise<NearestHit | undefined> {
  const trace = queries[0]?.trace;
  if (trace === undefined) return undefined;
  for (const query of queries) query.refresh();
  const forward = direction === 'forward';
  const start = forward ? Math.max(0, from + 1) : Math.min(trace.count - 1, from - 1);
  if (start < 0 || start >= trace.count) return undefined;
  const step = forward ? 1 : -1;
  const first = start >> BLOCK_SHIFT;
  const total = forward ? trace.blockCount - first : first + 1;
  const pace = new Pace(control, total);
  for (let block = first, done = 0; done < total; block += step) {
    const inside = done === 0 ? start & (BLOCK_EVENTS - 1) : forward ? 0 : trace.eventsIn(block) - 1;
    let best = -1;
    for (const query of queries) {
      const at = nearestInBlock(query, block, inside, forward);
      if (at >= 0 && (best < 0 || (forward ? at < best : at > best))) best = at;
    }
    if (best >= 0) {
      const at = best;
      const hits = queries.flatMap((query, index) => (holdsAt(query, block, at) ? [index] : []));
      return { hit: hitAt(trace, block * BLOCK_EVENTS + best), queries: hits };
    }
    const rest = pace.step(++done);
    if (rest !== undefined) await refreshed(rest, queries);
  }
  return undefined;
}

export interface Hits {
  /** In the order of the search. */
  readonly seqs: Float64Array;
  readonly times: Float64Array;
  /** There are more than the limit. */
  readonly truncated: boolean;
}

/** Hits behind `from` (before it, backward), nearest first, at most `limit`. */
export async function findAll(
  query: Query,
  from: number,
  direction: Direction,
  limit: number,
  control: SearchControl = {},
): Promise<Hits> {
  query.refresh();
  const { trace } = query;
  const forward = direction === 'forward';
  const seqs: number[] = [];
  const times: number[] = [];
  const start = forward ? Math.max(0, from + 1) : Math.min(trace.count - 1, from - 1);
  const first = start >> BLOCK_SHIFT;
  const total = start < 0 || start >= trace.count ? 0 : forward ? trace.blockCount - first : first + 1;
  const pace = new Pace(control, total);
  for (let done = 0; done < total;) {
    const block = forward ? first + done : first - done;
    const inside = done === 0 ? start & (BLOCK_EVENTS - 1) : forward ? 0 : trace.eventsIn(block) - 1;
    for (const at of hitsInBlock(query, block, inside, forward)) {
      if (seqs.length === limit) return packed(seqs, times, true);
      seqs.push(block * BLOCK_EVENTS + at);
      times.push(trace.events(block).time[at] ?? 0);
    }
    const rest = pace.step(++done);
    if (rest !== undefined) await refreshed(rest, [query]);
  }
  return packed(seqs, times, false);
}

function packed(seqs: readonly number[], times: readonly number[], truncated: boolean): Hits {
  return { seqs: Float64Array.from(seqs), times: Float64Array.from(times), truncated };
}
