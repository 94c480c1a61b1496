/**
 * Rows into a table at the rate of the crossing into SQLite: many rows a statement (VALUES × 128), bound from one
 * array that is reused. Rows that do not fill a statement wait for the next ones or for `flush`.
 * Every table written this way has an integer primary key that counts up: SQLite appends without being told the key.
 */
import type Database from 'better-sqlite3';

const ROWS = 128;

type Cell = number | bigint | string | null;

export class RowBatch {
  readonly #many: Database.Statement;
  readonly #one: Database.Statement;
  readonly #width: number;
  readonly #cells: Cell[];
  readonly #single: Cell[];
  #used = 0;

  constructor(db: Database.Database, table: string, columns: readonly string[]) {
    const row = `(${columns.map(() => '?').join(', ')})`;
    const head = `INSERT INTO ${table}(${columns.join(', ')}) VALUES `;
    this.#many = db.prepare(head + Array.from({ length: ROWS }, () => row).join(', '));
    this.#one = db.prepare(head + row);
    this.#width = columns.length;
    this.#cells = Array.from({ length: ROWS * columns.length }, () => null);
    this.#single = Array.from({ length: columns.length }, () => null);
  }

  add2(a: Cell, b: Cell): void {
    const cells = this.#cells;
    const at = this.#used;
    cells[at] = a;
    cells[at + 1] = b;
    this.#advance(at + 2);
  }

  add4(a: Cell, b: Cell, c: Cell, d: Cell): void {
    const cells = this.#cells;
    const at = this.#used;
    cells[at] = a;
    cells[at + 1] = b;
    cells[at + 2] = c;
    cells[at + 3] = d;
    this.#advance(at + 4);
  }

  /** Writes what waits. */
  flush(): void {
    const single = this.#single;
    const width = this.#width;
    for (let from = 0; from < this.#used; from += width) {
      for (let i = 0; i < width; i++) single[i] = this.#cells[from + i] ?? null;
      this.#one.run(single);
    }
    this.#used = 0;
  }

  #advance(used: number): void {
    if (used < this.#cells.length) {
      this.#used = used;
      return;
    }
    this.#many.run(this.#cells);
    this.#used = 0;
  }
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
