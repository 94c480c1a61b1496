/**
 * Tiles: the stored form of lanes, one blob for a lane and a stretch of the trace.
 * - Level 0: every transition of one chunk (64 blocks), exact. For density lanes: event counts in up to 1024 equal
 *   buckets of the chunk's time.
 * - Level 1: a group of 16 chunks in at most 8192 equal buckets; only buckets with a transition are kept. Made once
 *   the group or the trace is complete; before that the level 0 tiles serve.
 *
 * A window is answered from level 0 up to 4 chunks and from level 1 beyond, so its cost is bounded by the tiles'
 * sizes and not by the trace's length. Row ids pack (level, lane, chunk or group), so a lane is one range.
 */
import { unwrap } from './blob.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { type LaneKind, UNKNOWN_CODE, isBusy, severity } from './lane-kinds.ts';
import { BLOCK_EVENTS, CHUNK_BLOCKS } from './block.ts';

export const GROUP_CHUNKS = 16;
/** Windows of up to so many chunks are answered from exact tiles. */
export const EXACT_CHUNKS = 4;
export const DENSITY_BUCKETS = 1024;
export const GROUP_BUCKETS = 8192;

const CHUNK_EVENTS = CHUNK_BLOCKS * BLOCK_EVENTS;
/** Changes of lanes that one chunk can hold in a tile; the writer's memory bound. */
const TRANSITION_LIMIT = 1 << 26;
const TWO32 = 0x1_0000_0000;
const TWO24 = 0x100_0000;

/** Key of a tile's row. `part` is the chunk (level 0) or group (level 1). */
export function tileId(level: 0 | 1, lane: number, part: number): number {
  return (level * TWO24 + lane) * TWO24 + part;
}

/** Exact transitions: before the first one the code is `startCode`. */
export interface Transitions {
  readonly startCode: number;
  readonly count: number;
  readonly seq: Float64Array;
  readonly time: Float64Array;
  readonly code: Uint32Array;
}

/** Transitions in equal buckets of time; buckets without one are left out: the code stays. */
export interface Buckets {
  readonly startCode: number;
  readonly startTime: number;
  /** Nanoseconds, a power of two. */
  readonly bucketTime: number;
  readonly count: number;
  /** Bucket number of each entry, ascending. */
  readonly bucket: Uint32Array;
  readonly transitions: Uint32Array;
  /** The code of highest severity in the bucket, the one from before included if it lasted into it. */
  readonly worst: Uint32Array;
  /** For value lanes the lowest code; otherwise as `worst`. */
  readonly lowest: Uint32Array;
  readonly end: Uint32Array;
  /** Share of the bucket's time in busy codes, 0 … 255. */
  readonly busy: Uint8Array;
}

export interface Density {
  readonly startTime: number;
  readonly bucketTime: number;
  readonly counts: Uint32Array;
}

const out = new ByteWriter(1 << 16);

function writeTimes(times: Float64Array, count: number): void {
  const lo = new Uint32Array(count);
  const hi = new Uint32Array(count);
  let last = 0;
  for (let i = 0; i < count; i++) {
    const step = (times[i] ?? 0) - last;
    last = times[i] ?? 0;
    lo[i] = step % TWO32;
    hi[i] = Math.floor(step / TWO32);
  }
  out.column(lo, count);
  out.column(hi, count);
}

function readTimes(input: ByteReader, count: number): Float64Array {
  const lo = input.column(new Uint32Array(count), count);
  const hi = input.column(new Uint32Array(count), count);
  const times = new Float64Array(count);
  let time = 0;
  for (let i = 0; i < count; i++) {
    time += (hi[i] ?? 0) * TWO32 + (lo[i] ?? 0);
    times[i] = time;
  }
  if (!Number.isSafeInteger(time)) throw input.fail('a time exceeds 53 bits');
  return times;
}

/** As all `…Bytes`: not yet wrapped, valid until the next of these calls. */
export function transitionBytes(chunk: number, tile: Transitions): Uint8Array {
  const { count } = tile;
  out.clear();
  out.u32(tile.startCode);
  out.varint(count);
  const steps = new Uint32Array(count);
  let last = chunk * CHUNK_EVENTS;
  for (let i = 0; i < count; i++) {
    const at = tile.seq[i] ?? 0;
    steps[i] = at - last;
    last = at;
  }
  out.column(steps, count);
  writeTimes(tile.time, count);
  out.column(tile.code, count);
  return out.view();
}

export function decodeTransitions(data: Uint8Array, chunk: number): Transitions {
  const what = `lane tile of chunk ${chunk}`;
  const input = new ByteReader(unwrap(data, what), what);
  const startCode = input.u32();
  const count = input.count(TRANSITION_LIMIT, 'transitions');
  const steps = input.column(new Uint32Array(count), count);
  const time = readTimes(input, count);
  const code = input.column(new Uint32Array(count), count);
  input.end();
  const seq = new Float64Array(count);
  let at = chunk * CHUNK_EVENTS;
  for (let i = 0; i < count; i++) {
    at += steps[i] ?? 0;
    seq[i] = at;
  }
  if (at >= (chunk + 1) * CHUNK_EVENTS) throw input.fail(`event ${at} is beyond the chunk`);
  return { startCode, count, seq, time, code };
}

export function densityBytes(density: Density): Uint8Array {
  out.clear();
  out.varint(density.startTime);
  out.varint(density.bucketTime);
  out.varint(density.counts.length);
  out.column(density.counts, density.counts.length);
  return out.view();
}

export function decodeDensity(data: Uint8Array, chunk: number): Density {
  const what = `density tile of chunk ${chunk}`;
  const input = new ByteReader(unwrap(data, what, 64 + DENSITY_BUCKETS * 8), what);
  const startTime = input.varint();
  const bucketTime = Math.max(1, input.varint());
  const count = input.count(2 * DENSITY_BUCKETS, 'buckets');
  const counts = input.column(new Uint32Array(count), count);
  input.end();
  return { startTime, bucketTime, counts };
}

export function bucketBytes(tile: Buckets): Uint8Array {
  out.clear();
  out.u32(tile.startCode);
  out.varint(tile.startTime);
  out.varint(tile.bucketTime);
  out.varint(tile.count);
  for (const column of [tile.bucket, tile.transitions, tile.worst, tile.lowest, tile.end])
    out.column(column, tile.count);
  out.columnOf(tile.busy, tile.count);
  return out.view();
}

export function decodeBuckets(data: Uint8Array, group: number): Buckets {
  const what = `lane tile of group ${group}`;
  const input = new ByteReader(unwrap(data, what, 64 + GROUP_BUCKETS * 48), what);
  const startCode = input.u32();
  const startTime = input.varint();
  const bucketTime = Math.max(1, input.varint());
  const count = input.count(2 * GROUP_BUCKETS, 'buckets');
  const words = (): Uint32Array => input.column(new Uint32Array(count), count);
  const tile = {
    startCode,
    startTime,
    bucketTime,
    count,
    bucket: words(),
    transitions: words(),
    worst: words(),
    lowest: words(),
    end: words(),
    busy: input.column(new Uint8Array(count), count),
  };
  input.end();
  return tile;
}

/** The smallest power of two of nanoseconds with which `span` fits `buckets` buckets. */
export function bucketTimeFor(span: number, buckets: number): number {
  let time = 1;
  while (span / time >= buckets) time *= 2;
  return time;
}

/** Condenses exact transitions, in order and from `startTime` on, into buckets. */
export class BucketBuilder {
  readonly #kind: LaneKind;
  readonly #startTime: number;
  readonly #bucketTime: number;
  readonly #startCode: number;
  readonly #bucket: number[] = [];
  readonly #transitions: number[] = [];
  readonly #worst: number[] = [];
  readonly #lowest: number[] = [];
  readonly #end: number[] = [];
  readonly #busy: number[] = [];
  #code: number;
  /** Time up to which the open bucket is accounted for. */
  #at = 0;
  #busyTime = 0;

  constructor(kind: LaneKind, startCode: number, startTime: number, bucketTime: number) {
    this.#kind = kind;
    this.#startCode = startCode;
    this.#code = startCode;
    this.#startTime = startTime;
    this.#bucketTime = bucketTime;
  }

  add(time: number, code: number): void {
    const bucket = Math.max(0, Math.floor((time - this.#startTime) / this.#bucketTime));
    let i = this.#bucket.length - 1;
    if (this.#bucket[i] !== bucket) {
      this.#close();
      this.#bucket.push(bucket);
      this.#transitions.push(0);
      this.#at = this.#startTime + bucket * this.#bucketTime;
      // The code from before counts only if the bucket holds some of its time.
      const seen = time > this.#at ? this.#code : code;
      this.#worst.push(seen);
      this.#lowest.push(seen);
      this.#end.push(seen);
      this.#busy.push(0);
      this.#busyTime = 0;
      i++;
    }
    this.#spend(time);
    this.#code = code;
    this.#transitions[i] = (this.#transitions[i] ?? 0) + 1;
    this.#worst[i] = worse(this.#kind, this.#worst[i] ?? code, code);
    this.#lowest[i] = lower(this.#kind, this.#lowest[i] ?? code, code);
    this.#end[i] = code;
  }

  finish(): Buckets {
    this.#close();
    return {
      startCode: this.#startCode,
      startTime: this.#startTime,
      bucketTime: this.#bucketTime,
      count: this.#bucket.length,
      bucket: Uint32Array.from(this.#bucket),
      transitions: Uint32Array.from(this.#transitions),
      worst: Uint32Array.from(this.#worst),
      lowest: Uint32Array.from(this.#lowest),
      end: Uint32Array.from(this.#end),
      busy: Uint8Array.from(this.#busy),
    };
  }

  #spend(until: number): void {
    if (isBusy(this.#kind, this.#code)) this.#busyTime += until - this.#at;
    this.#at = until;
  }

  #close(): void {
    const i = this.#bucket.length - 1;
    if (i < 0) return;
    this.#spend(this.#startTime + ((this.#bucket[i] ?? 0) + 1) * this.#bucketTime);
    this.#busy[i] = Math.min(255, Math.ceil((this.#busyTime / this.#bucketTime) * 255));
  }
}

export function worse(kind: LaneKind, a: number, b: number): number {
  if (kind === 'value') return a === UNKNOWN_CODE || (b !== UNKNOWN_CODE && b > a) ? b : a;
  return severity(kind, b) > severity(kind, a) ? b : a;
}

export function lower(kind: LaneKind, a: number, b: number): number {
  return kind === 'value' ? Math.min(a, b) : worse(kind, a, b);
}
