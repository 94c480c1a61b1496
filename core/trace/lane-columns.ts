/**
 * A lane squeezed into pixel columns: per column the worst code, the share of its time in busy codes, and how many
 * transitions. Fed in order of time, from exact transitions or from buckets; cost: columns + what is fed.
 */
import { type LaneKind, isBusy } from './lane-kinds.ts';
import { type Buckets, lower, worse } from './lane-buckets.ts';

export interface LaneColumns {
  readonly mode: 'columns';
  /** The code of highest severity in each column (for value lanes the greatest value). */
  readonly worst: Uint32Array<ArrayBuffer>;
  /** For value lanes the smallest value, otherwise as `worst`. */
  readonly lowest: Uint32Array<ArrayBuffer>;
  /** Share of the column's time in busy codes, 0 … 1. */
  readonly share: Float32Array<ArrayBuffer>;
  readonly transitions: Uint32Array<ArrayBuffer>;
}

export class ColumnBuilder {
  readonly #kind: LaneKind;
  readonly #start: number;
  readonly #width: number;
  readonly #count: number;
  readonly #worst: Uint32Array<ArrayBuffer>;
  readonly #lowest: Uint32Array<ArrayBuffer>;
  readonly #seen: Uint8Array;
  readonly #busy: Float64Array;
  readonly #transitions: Uint32Array<ArrayBuffer>;
  #at: number;
  #code: number;
  /** Column of the last transition, and its right edge; 0: none. */
  #current = 0;
  #edge = 0;

  /** Columns of equal width over `start` … `end`; the lane has `code` at the start. */
  constructor(kind: LaneKind, start: number, end: number, columns: number, code: number) {
    this.#kind = kind;
    this.#start = start;
    this.#count = columns;
    this.#width = (end - start) / columns;
    this.#at = start;
    this.#code = code;
    this.#worst = new Uint32Array(columns);
    this.#lowest = new Uint32Array(columns);
    this.#seen = new Uint8Array(columns);
    this.#busy = new Float64Array(columns);
    this.#transitions = new Uint32Array(columns);
  }

  /** The code changes at `time`. */
  add(time: number, code: number): void {
    if (time < this.#edge && this.#at > this.#start) {
      // Still in the column of the last transition: no need to walk.
      const column = this.#current;
      if (isBusy(this.#kind, this.#code)) this.#busy[column] = (this.#busy[column] ?? 0) + time - this.#at;
      this.#at = time;
      this.#code = code;
      this.#see(column, code);
      this.#transitions[column] = (this.#transitions[column] ?? 0) + 1;
      return;
    }
    this.#stay(time);
    this.#code = code;
    if (time < this.#start) return;
    const column = this.#column(time);
    if (column >= this.#count) return;
    this.#current = column;
    this.#edge = this.#start + (column + 1) * this.#width;
    this.#see(column, code);
    this.#transitions[column] = (this.#transitions[column] ?? 0) + 1;
  }

  /** A tile of buckets; those that end before the start only give the code. */
  addBuckets(tile: Buckets): void {
    this.#edge = 0;
    for (let i = 0; i < tile.count; i++) {
      const from = tile.startTime + (tile.bucket[i] ?? 0) * tile.bucketTime;
      const to = from + tile.bucketTime;
      this.#stay(from);
      if (to > this.#start) this.#bucket(tile, i, Math.max(from, this.#at), to);
      this.#code = tile.end[i] ?? 0;
      if (to > this.#at) this.#at = to;
    }
  }

  finish(): LaneColumns {
    this.#stay(this.#start + this.#width * this.#count);
    const share = new Float32Array(this.#count);
    for (let i = 0; i < this.#count; i++) share[i] = Math.min(1, (this.#busy[i] ?? 0) / this.#width);
    return { mode: 'columns', worst: this.#worst, lowest: this.#lowest, share, transitions: this.#transitions };
  }

  #bucket(tile: Buckets, i: number, from: number, to: number): void {
    const first = this.#column(from);
    if (first >= this.#count) return;
    const share = (tile.busy[i] ?? 0) / 255;
    const last = Math.min(this.#count - 1, this.#column(to));
    for (let column = first; column <= last; column++) {
      const left = this.#start + column * this.#width;
      const overlap = Math.min(to, left + this.#width) - Math.max(from, left);
      if (overlap <= 0) continue;
      this.#see(column, tile.worst[i] ?? 0);
      // Of other lanes it is the worst.
      if (this.#kind === 'value') this.#see(column, tile.lowest[i] ?? 0);
      this.#busy[column] = (this.#busy[column] ?? 0) + overlap * share;
    }
    this.#transitions[first] = (this.#transitions[first] ?? 0) + (tile.transitions[i] ?? 0);
  }

  /** The code stays until `time`. */
  #stay(time: number): void {
    if (time <= this.#at) return;
    const from = this.#at;
    const busy = isBusy(this.#kind, this.#code);
    const last = Math.min(this.#count - 1, this.#column(time));
    for (let column = this.#column(from); column <= last; column++) {
      const left = this.#start + column * this.#width;
      const overlap = Math.min(time, left + this.#width) - Math.max(from, left);
      if (overlap <= 0) continue;
      this.#see(column, this.#code);
      if (busy) this.#busy[column] = (this.#busy[column] ?? 0) + overlap;
    }
    this.#at = time;
  }

  #column(time: number): number {
    return Math.max(0, Math.floor((time - this.#start) / this.#width));
  }

  #see(column: number, code: number): void {
    if (this.#seen[column] === 0) {
      this.#seen[column] = 1;
      this.#worst[column] = code;
      this.#lowest[column] = code;
      return;
    }
    this.#worst[column] = worse(this.#kind, this.#worst[column] ?? code, code);
    this.#lowest[column] = lower(this.#kind, this.#lowest[column] ?? code, code);
  }
}
