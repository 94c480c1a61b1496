/**
 * Columns that repeat themselves, as bytes: the distinct (key, 64-bit value) pairs in order of their first use, once, and
 * then the number of one of them for each row, in packed bits. Needs no compressor where rows repeat, so reading costs
 * some nanoseconds a row; it is how changes and keyframes are kept.
 */
import { type ByteReader, type ByteWriter } from './bytes.ts';
import { type Packed } from './packed.ts';
import { type StoredColumn } from './stored-column.ts';

/** Rows of a small number and a 64-bit value; longer arrays than `count` are allowed. */
export interface KeyedValues {
  readonly count: number;
  readonly key: Uint32Array;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
}

/** Rows as they are stored: row i is the distinct one with the i-th number of `entry`, which the reader has to check. */
export interface StoredDistinct {
  /** Number of distinct ones. */
  readonly count: number;
  readonly key: StoredColumn;
  readonly lo: StoredColumn;
  readonly hi: StoredColumn;
  readonly entry: Packed;
}

export function writeDistinct(rows: KeyedValues, out: ByteWriter): void {
  const { count } = found.take(rows);
  out.varint(count);
  for (const column of [found.key, found.lo, found.hi]) out.column(column, count);
  out.packed(found.entry, rows.count);
}

/** Finds so many rows. */
export function readDistinct(input: ByteReader, rows: number): StoredDistinct {
  const count = input.count(rows, 'distinct values');
  const [key, lo, hi] = [input.stored(count), input.stored(count), input.stored(count)];
  return { count, key, lo, hi, entry: input.packed(rows) };
}

/** The distinct rows, unpacked. */
export function unpackDistinct({ count, key, lo, hi }: StoredDistinct): KeyedValues {
  const unpacked = (column: StoredColumn): Uint32Array => column.read(new Uint32Array(count));
  return { count, key: unpacked(key), lo: unpacked(lo), hi: unpacked(hi) };
}

/** Finds the distinct rows; kept and reused, since every block needs one. */
class Finder {
  count = 0;
  key = new Uint32Array(0);
  lo = new Uint32Array(0);
  hi = new Uint32Array(0);
  entry = new Uint32Array(0);
  /** Open addressing: number of a distinct row + 1; 0: free. At least twice as long as there are rows. */
  #table = new Uint32Array(0);

  take(rows: KeyedValues): this {
    if (rows.count > this.entry.length) this.#grow(2 ** Math.ceil(Math.log2(Math.max(4096, rows.count))));
    this.#table.fill(0);
    this.count = 0;
    const { key, lo, hi } = rows;
    for (let i = 0; i < rows.count; i++) this.entry[i] = this.#number(key[i] ?? 0, lo[i] ?? 0, hi[i] ?? 0);
    return this;
  }

  #number(key: number, lo: number, hi: number): number {
    const table = this.#table;
    const mixed = Math.imul(key, 0x9e3779b1) ^ Math.imul(lo, 0x85ebca6b) ^ Math.imul(hi, 0xc2b2ae35);
    let at = Math.imul(mixed ^ (mixed >>> 15), 0x9e3779b1) >>> (Math.clz32(table.length) + 1);
    for (;;) {
      const number = (table[at] ?? 0) - 1;
      if (number < 0) break;
      if (this.key[number] === key && this.lo[number] === lo && this.hi[number] === hi) return number;
      at = (at + 1) & (table.length - 1);
    }
    const number = this.count++;
    this.key[number] = key;
    this.lo[number] = lo;
    this.hi[number] = hi;
    table[at] = number + 1;
    return number;
  }

  #grow(capacity: number): void {
    this.key = new Uint32Array(capacity);
    this.lo = new Uint32Array(capacity);
    this.hi = new Uint32Array(capacity);
    this.entry = new Uint32Array(capacity);
    this.#table = new Uint32Array(2 * capacity);
  }
}

const found = new Finder();
