/**
 * Group tiles: the transitions of a lane over 16 chunks, in at most 8192 equal buckets of time; only buckets with a
 * transition are kept.
 */
import { unwrap } from './blob.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { type LaneKind, UNKNOWN_CODE, isBusy, severity } from './lane-kinds.ts';

export const GROUP_BUCKETS = 8192;

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

const scratch = new ByteWriter(1 << 12);

export function bucketBytes(tile: Buckets): Uint8Array {
  const out = scratch.clear();
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
