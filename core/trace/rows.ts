/**
 * Rows of numbers on their way into a table: `RowColumns` collects them, `RowBatch` hands them to SQLite at the rate of
 * the crossing into it, many rows a statement (VALUES × 128) bound from one array that is reused.
 *
 * Measured: a bound parameter costs 0.1 µs when the array holds nothing but floating point numbers, and 0.15–0.2 µs
 * when it also holds null or bigint, because each number is then an object. So NULL is bound as NaN (SQLite stores
 * NaN as NULL), whole numbers as doubles (INTEGER columns turn them back, exactly, up to 53 bits), and only a batch
 * that needs a wider integer is copied to an array that can hold one. Arrays are spread: given as they are, each
 * element is fetched by a call of its own, which makes a row of one number a sixth slower.
 * Tables written with INSERT have an integer primary key that counts up: SQLite appends without being told the key.
 */
import type Database from 'better-sqlite3';

/** Cells a statement; rows are some of them. */
const CELLS = 1024;
/** Rows of a number and a text a statement. */
const ROWS = 128;
/** Rows that are collected before they move on. */
const COLLECTED = 4096;

/** SQL NULL in a row of numbers. */
export const NULL = Number.NaN;

/** Rows one after the other, valid until the receiver of the block returns. */
export interface RowBlock {
  readonly cells: Float64Array;
  /** Cells that need more than a number, as [index, value], ascending. */
  readonly wide: readonly (readonly [number, bigint])[];
}

/** A table that gets many rows of numbers. */
export interface RowTable {
  readonly table: string;
  readonly columns: readonly string[];
  /** `REPLACE` for tables whose key is given and whose rows may come again. */
  readonly verb: 'INSERT' | 'REPLACE';
}

export class RowColumns {
  readonly #give: (rows: RowBlock) => void;
  readonly #width: number;
  readonly #cells: Float64Array<ArrayBuffer>;
  #wide: [number, bigint][] = [];
  #used = 0;

  constructor(width: number, give: (rows: RowBlock) => void) {
    this.#width = width;
    this.#give = give;
    this.#cells = new Float64Array(COLLECTED * width);
  }

  add1(a: number | bigint): void {
    this.#cells[this.#used] = typeof a === 'number' ? a : this.#put(this.#used, a);
    this.#advance(this.#used + 1);
  }

  add2(a: number, b: number): void {
    this.#cells[this.#used] = a;
    this.#cells[this.#used + 1] = b;
    this.#advance(this.#used + 2);
  }

  add4(a: number, b: number | bigint, c: number | bigint, d: number): void {
    const cells = this.#cells;
    const at = this.#used;
    cells[at] = a;
    cells[at + 1] = typeof b === 'number' ? b : this.#put(at + 1, b);
    cells[at + 2] = typeof c === 'number' ? c : this.#put(at + 2, c);
    cells[at + 3] = d;
    this.#advance(at + 4);
  }

  /** Adds a row of any width. */
  add(row: readonly number[]): void {
    const cells = this.#cells;
    const at = this.#used;
    for (let i = 0; i < this.#width; i++) cells[at + i] = row[i] ?? NULL;
    this.#advance(at + this.#width);
  }

  /** Adds a row of a number and of those in `from`, from index `at` on. */
  addFrom(first: number, from: Float64Array, at: number): void {
    const cells = this.#cells;
    const to = this.#used;
    cells[to] = first;
    for (let i = 1; i < this.#width; i++) cells[to + i] = from[at + i - 1] ?? NULL;
    this.#advance(to + this.#width);
  }

  /** Gives what waits. */
  flush(): void {
    if (this.#used === 0) return;
    const wide = this.#wide;
    if (wide.length > 0) this.#wide = [];
    this.#give({ cells: this.#cells.subarray(0, this.#used), wide });
    this.#used = 0;
  }

  #put(index: number, value: bigint): number {
    this.#wide.push([index, value]);
    return NULL;
  }

  #advance(used: number): void {
    this.#used = used;
    if (used === this.#cells.length) this.flush();
  }
}

export class RowBatch {
  readonly #many: Database.Statement;
  readonly #one: Database.Statement;
  readonly #width: number;
  readonly #cells: number[];
  readonly #single: number[];

  constructor(db: Database.Database, { table, columns, verb }: RowTable) {
    const row = `(${columns.map(() => '?').join(', ')})`;
    const head = `${verb} INTO ${table}(${columns.join(', ')}) VALUES `;
    const rows = Math.floor(CELLS / columns.length);
    this.#many = db.prepare(head + Array.from({ length: rows }, () => row).join(', '));
    this.#one = db.prepare(head + row);
    this.#width = columns.length;
    // A fraction makes these arrays of doubles from the start.
    this.#cells = Array.from({ length: rows * columns.length }, () => 0.5);
    this.#single = Array.from({ length: columns.length }, () => 0.5);
  }

  write({ cells, wide }: RowBlock): void {
    const step = this.#cells.length;
    let from = 0;
    let next = 0;
    for (; from + step <= cells.length; from += step) next = bind(this.#many, this.#cells, cells, from, wide, next);
    for (; from < cells.length; from += this.#width) next = bind(this.#one, this.#single, cells, from, wide, next);
  }
}

/** Runs a statement with the cells from `from` on; `next` is the first wide cell that may be among them. */
function bind(
  statement: Database.Statement,
  into: number[],
  cells: Float64Array,
  from: number,
  wide: RowBlock['wide'],
  next: number,
): number {
  for (let i = 0; i < into.length; i++) into[i] = cells[from + i] ?? NULL;
  let first = wide[next];
  if (first === undefined || first[0] >= from + into.length) {
    statement.run(...into);
    return next;
  }
  const widened: (number | bigint)[] = [...into];
  let at = next;
  for (; first !== undefined && first[0] < from + into.length; first = wide[++at]) widened[first[0] - from] = first[1];
  statement.run(...widened);
  return at;
}

/** Rows of a number and a text on their way into a table, as RowBlock. */
export interface TextBlock {
  readonly keys: readonly number[];
  readonly texts: readonly string[];
}

export class TextBatch {
  readonly #many: Database.Statement;
  readonly #one: Database.Statement;
  readonly #cells: (number | string)[] = [];

  /** `columns`: of the number, of the text. */
  constructor(db: Database.Database, table: string, columns: readonly [string, string]) {
    const head = `INSERT INTO ${table}(${columns.join(', ')}) VALUES `;
    this.#many = db.prepare(head + Array.from({ length: ROWS }, () => '(?, ?)').join(', '));
    this.#one = db.prepare(`${head}(?, ?)`);
  }

  write({ keys, texts }: TextBlock): void {
    let from = 0;
    const cells = this.#cells;
    for (; from + ROWS <= keys.length; from += ROWS) {
      for (let i = 0; i < ROWS; i++) {
        cells[2 * i] = keys[from + i] ?? NULL;
        cells[2 * i + 1] = texts[from + i] ?? '';
      }
      this.#many.run(...cells);
    }
    for (; from < keys.length; from++) this.#one.run(keys[from] ?? NULL, texts[from] ?? '');
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
