/** How many hits there are, where in time, and which is the n-th. */
import { BLOCK_EVENTS } from '../../trace/block.ts';
import { countOnes } from './mask.ts';
import { type Query } from './query.ts';
import { Pace, type SearchControl } from './pace.ts';
import { type Hit, hitAt, refreshed } from './walk.ts';

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
