/**
 * The search engine: next, previous, all, how many, where.
 *
 * Blocks are visited in the direction of the search. Postings and block bounds rule most of them out; what is left is
 * evaluated block by block (matcher.ts), so forward and backward meet the same hits at the same cost. Several
 * conditions share one pass and each decoded block. Work is cut into slices of a few milliseconds, between which
 * other tasks run and a cancelled signal ends the search.
 */
import { BLOCK_EVENTS, BLOCK_SHIFT } from '../trace/block.ts';
import { countOnes } from './search/mask.ts';
import { type Query } from './search/query.ts';
import { type SearchableTrace } from './search/searchable.ts';

export { Query } from './search/query.ts';
export { type SearchableTrace } from './search/searchable.ts';

export type Direction = 'forward' | 'backward';

export interface Hit {
  readonly seq: number;
  readonly time: number;
  /** Absent: the event names none. */
  readonly vcpu?: number;
}

export interface SearchControl {
  readonly signal?: AbortSignal;
  /** At most once a slice: blocks done and to do. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Longest stretch without giving way to other tasks, ms. */
const SLICE = 4;

/** Gives way now and then; throws the signal's reason when it is aborted. */
class Pace {
  readonly #control: SearchControl;
  readonly #total: number;
  #since = performance.now();

  constructor(control: SearchControl, total: number) {
    this.#control = control;
    this.#total = total;
    control.signal?.throwIfAborted();
  }

  /** Call after each block. A promise only when it is time to wait. */
  step(done: number): Promise<void> | undefined {
    if (performance.now() - this.#since < SLICE) return undefined;
    return this.#rest(done);
  }

  async #rest(done: number): Promise<void> {
    this.#control.onProgress?.(done, this.#total);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#control.signal?.throwIfAborted();
    this.#since = performance.now();
  }
}

/** An event's facts for a hit. */
function hitAt(trace: SearchableTrace, seq: number): Hit {
  const events = trace.events(seq >> BLOCK_SHIFT);
  const i = seq & (BLOCK_EVENTS - 1);
  const vcpu = events.vcpu[i] ?? -1;
  return { seq, time: events.time[i] ?? 0, ...(vcpu < 0 ? {} : { vcpu }) };
}

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

/** While others ran, the trace may have grown. */
async function refreshed(rest: Promise<void>, queries: readonly Query[]): Promise<void> {
  await rest;
  for (const query of queries) query.refresh();
}

/** Index in the block of the hit nearest to `inside`, itself included; −1: none. */
function nearestInBlock(query: Query, block: number, inside: number, forward: boolean): number {
  const known = query.knownHitsIn(block);
  const size = query.trace.eventsIn(block);
  if (known === 0) return -1;
  if (known === size) return inside;
  const { bytes } = query.mask(block);
  if (!forward) return inside < 0 ? -1 : bytes.lastIndexOf(1, inside);
  const at = bytes.indexOf(1, inside);
  return at < size ? at : -1;
}

function holdsAt(query: Query, block: number, index: number): boolean {
  return query.knownHitsIn(block) !== 0 && query.mask(block).bytes[index] === 1;
}

/** Whether the condition hits this event. */
export function isHit(query: Query, seq: number): boolean {
  query.refresh();
  return seq >= 0 && seq < query.trace.count && holdsAt(query, seq >> BLOCK_SHIFT, seq & (BLOCK_EVENTS - 1));
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
    const count = trace.eventsIn(block);
    const edge = forward ? 0 : count - 1;
    let at = nearestInBlock(query, block, done === 0 ? start & (BLOCK_EVENTS - 1) : edge, forward);
    while (at >= 0) {
      if (seqs.length === limit) return packed(seqs, times, true);
      seqs.push(block * BLOCK_EVENTS + at);
      times.push(trace.events(block).time[at] ?? 0);
      at = forward ? (at + 1 < count ? nearestInBlock(query, block, at + 1, true) : -1) : nearestInBlock(query, block, at - 1, false); // prettier-ignore
    }
    const rest = pace.step(++done);
    if (rest !== undefined) await refreshed(rest, [query]);
  }
  return packed(seqs, times, false);
}

function packed(seqs: readonly number[], times: readonly number[], truncated: boolean): Hits {
  return { seqs: Float64Array.from(seqs), times: Float64Array.from(times), truncated };
}

export interface HitCount {
  readonly count: number;
  /** Hits before the position asked about. */
  readonly before: number;
  /**
   * Hits by time: bucket i of n covers the times from i ⁄ n to (i + 1) ⁄ n of the trace's duration, the last one
   * including its end. Exact.
   */
  readonly histogram: Uint32Array;
}

/**
 * Counts all hits of each query in one pass. Where postings tell the number of a block and it lies within one
 * bucket, it is not decoded.
 */
export async function countHits(
  queries: readonly Query[],
  at: number,
  buckets: number,
  control: SearchControl = {},
): Promise<HitCount[]> {
  const trace = queries[0]?.trace;
  if (trace === undefined) return [];
  for (const query of queries) query.refresh();
  const counters = queries.map((query) => new HitCounter(query, at, buckets));
  const { blockCount } = trace;
  const pace = new Pace(control, blockCount);
  for (let block = 0; block < blockCount;) {
    for (const counter of counters) counter.add(block);
    const rest = pace.step(++block);
    if (rest !== undefined) await refreshed(rest, queries);
  }
  return counters.map(({ count, before, histogram }) => ({ count, before, histogram }));
}

class HitCounter {
  readonly histogram: Uint32Array;
  count = 0;
  before = 0;
  readonly #query: Query;
  readonly #at: number;
  readonly #scale: number;

  constructor(query: Query, at: number, buckets: number) {
    this.#query = query;
    this.#at = at;
    this.histogram = new Uint32Array(buckets);
    this.#scale = buckets / Math.max(1, query.trace.duration);
  }

  add(block: number): void {
    const query = this.#query;
    const { trace } = query;
    const hits = query.hitsIn(block);
    if (hits === 0) return;
    this.count += hits;
    const first = block * BLOCK_EVENTS;
    const size = trace.eventsIn(block);
    if (this.#at >= first + size) this.before += hits;
    else if (this.#at > first) this.before += countOnes(query.mask(block), 0, this.#at - first);
    if (this.histogram.length === 0) return;
    const bucket = this.#bucket(trace.firstTime(block));
    if (bucket === this.#bucket(trace.lastTime(block))) this.#put(bucket, hits);
    else this.#spread(block, size);
  }

  #bucket(time: number): number {
    return Math.min(this.histogram.length - 1, Math.floor(time * this.#scale));
  }

  #put(bucket: number, hits: number): void {
    this.histogram[bucket] = (this.histogram[bucket] ?? 0) + hits;
  }

  #spread(block: number, size: number): void {
    const { bytes } = this.#query.mask(block);
    const { time } = this.#query.trace.events(block);
    for (let i = 0; i < size; i++) if (bytes[i] === 1) this.#put(this.#bucket(time[i] ?? 0), 1);
  }
}

/** The hit with this rank (0: the first of the trace); undefined when there are not as many. */
export async function hitOfRank(query: Query, rank: number, control: SearchControl = {}): Promise<Hit | undefined> {
  query.refresh();
  const { trace } = query;
  const { blockCount } = trace;
  const pace = new Pace(control, blockCount);
  let left = rank;
  for (let block = 0; block < blockCount && left >= 0;) {
    const hits = query.hitsIn(block);
    if (left < hits) {
      const { bytes } = query.mask(block);
      let i = bytes.indexOf(1);
      for (; left > 0; left--) i = bytes.indexOf(1, i + 1);
      return hitAt(trace, block * BLOCK_EVENTS + i);
    }
    left -= hits;
    const rest = pace.step(++block);
    if (rest !== undefined) await refreshed(rest, [query]);
  }
  return undefined;
}
