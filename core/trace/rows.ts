/**
 * Rows of numbers into a table at the rate of the crossing into SQLite: many rows a statement (VALUES × 128), bound
 * from one array that is reused. Rows that do not fill a statement wait for the next ones or for `flush`.
 *
 * Measured: a bound parameter costs 0.1 µs when the array holds nothing but floating point numbers, and 0.15–0.2 µs
 * when it also holds null or bigint, because each number is then an object. So NULL is bound as NaN (SQLite stores
 * NaN as NULL), whole numbers as doubles (INTEGER columns turn them back, exactly, up to 53 bits), and only a batch
 * that needs a wider integer is copied to an array that can hold one.
 * Tables written with INSERT have an integer primary key that counts up: SQLite appends without being told the key.
 */
import type Database from 'better-sqlite3';

const ROWS = 128;

/** SQL NULL in a row of numbers. */
export const NULL = Number.NaN;

export class RowBatch {
  readonly #many: Database.Statement;
  readonly #one: Database.Statement;
  readonly #width: number;
  readonly #cells: number[];
  readonly #single: number[];
  /** Cells that need more than a number, as [index, value]. */
  readonly #wide: [number, bigint][] = [];
  #used = 0;

  /** `REPLACE` for tables whose key is given and whose rows may come again. */
  constructor(db: Database.Database, table: string, columns: readonly string[], verb: 'INSERT' | 'REPLACE' = 'INSERT') {
    const row = `(${columns.map(() => '?').join(', ')})`;
    const head = `${verb} INTO ${table}(${columns.join(', ')}) VALUES `;
    this.#many = db.prepare(head + Array.from({ length: ROWS }, () => row).join(', '));
    this.#one = db.prepare(head + row);
    this.#width = columns.length;
    // A fraction makes these arrays of doubles from the start.
    this.#cells = Array.from({ length: ROWS * columns.length }, () => 0.5);
    this.#single = Array.from({ length: columns.length }, () => 0.5);
  }

  add1(a: number): void {
    this.#cells[this.#used] = a;
    this.#advance(this.#used + 1);
  }

  add4(a: number, b: number, c: number | bigint, d: number | bigint): void {
    const cells = this.#cells;
    const at = this.#used;
    cells[at] = a;
    cells[at + 1] = b;
    cells[at + 2] = typeof c === 'number' ? c : this.#put(at + 2, c);
    cells[at + 3] = typeof d === 'number' ? d : this.#put(at + 3, d);
    this.#advance(at + 4);
  }

  /** Adds a row of any width. */
  add(row: readonly number[]): void {
    const cells = this.#cells;
    const at = this.#used;
    for (let i = 0; i < this.#width; i++) cells[at + i] = row[i] ?? NULL;
    this.#advance(at + this.#width);
  }

  /** Writes what waits. */
  flush(): void {
    const single = this.#single;
    const width = this.#width;
    for (let from = 0; from < this.#used; from += width) {
      for (let i = 0; i < width; i++) single[i] = this.#cells[from + i] ?? NULL;
      const wide = this.#wide.filter(([index]) => index >= from && index < from + width);
      this.#one.run(wide.length === 0 ? single : widened(single, wide, from));
    }
    this.#used = 0;
    this.#wide.length = 0;
  }

  #put(index: number, value: bigint): number {
    this.#wide.push([index, value]);
    return NULL;
  }

  #advance(used: number): void {
    if (used < this.#cells.length) {
      this.#used = used;
      return;
    }
    this.#many.run(this.#wide.length === 0 ? this.#cells : widened(this.#cells, this.#wide, 0));
    this.#used = 0;
    this.#wide.length = 0;
  }
}

function widened(cells: readonly number[], wide: readonly [number, bigint][], offset: number): (number | bigint)[] {
  const out: (number | bigint)[] = [...cells];
  for (const [index, value] of wide) out[index - offset] = value;
  return out;
}

/**
 * A 64-bit value as SQLite stores it: signed. Up to 53 bits (also negative, as kernel addresses are) a number does,
 * which is cheaper to bind than a bigint.
 */
export function signed64(lo: number, hi: number): number | bigint {
  const high = hi | 0;
  if (high >= -0x20_0000 && high < 0x20_0000) return high * 0x1_0000_0000 + lo;
  return (BigInt(high) << 32n) | BigInt(lo);
}
