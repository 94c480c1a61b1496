/**
 * The table of blocks in memory: per block its event count, times, and whether it has a keyframe. About 32 bytes a
 * block, so 0.8 MB for 1e8 events. Only the last block may be partly filled, and only it may still grow.
 */
import type Database from 'better-sqlite3';
import { BLOCK_EVENTS } from './block.ts';
import { damaged } from './errors.ts';
import { integer } from './row-values.ts';

/** Rows that are asked for at once, which takes half the time of one by one. */
const PAGE = 4096;

interface BlockRow {
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly changes: number;
  readonly keyframe: boolean;
}

export class BlockTable {
  readonly #rows: BlockRow[] = [];
  #events = 0;

  /** Number of blocks. */
  get length(): number {
    return this.#rows.length;
  }

  get events(): number {
    return this.#events;
  }

  get lastTime(): number {
    return this.#rows.at(-1)?.lastTime ?? 0;
  }

  /** Events of a block. @throws RangeError when there is no such block */
  count(block: number): number {
    return this.#row(block).count;
  }

  changes(block: number): number {
    return this.#row(block).changes;
  }

  firstTime(block: number): number {
    return this.#row(block).firstTime;
  }

  lastTimeOf(block: number): number {
    return this.#row(block).lastTime;
  }

  hasKeyframe(block: number): boolean {
    return this.#row(block).keyframe;
  }

  /** The last block that starts at or before a time; −1: none. */
  atTime(time: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#row(middle).firstTime <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Reads new blocks; returns the block that had been partly filled and was read again, if any. */
  load(db: Database.Database): number | undefined {
    const last = this.#rows.at(-1);
    const again = last !== undefined && last.count < BLOCK_EVENTS ? this.#rows.length - 1 : undefined;
    if (again !== undefined && last !== undefined) {
      this.#rows.pop();
      this.#events -= last.count;
    }
    const sql =
      'SELECT id, first_seq, count, first_time, last_time, changes, keyframe FROM block WHERE id >= ? ORDER BY id';
    const page = db.prepare(`${sql} LIMIT ${PAGE}`).raw();
    for (let rows = PAGE; rows === PAGE;) {
      const read = page.all(this.#rows.length);
      for (const row of read) this.#add(row);
      rows = read.length;
    }
    return again;
  }

  #add(row: unknown): void {
    const id = integer(row, 0, 'block');
    const what = `block ${id}`;
    const previous = this.#rows.at(-1);
    if (id !== this.#rows.length || integer(row, 1, what) !== id * BLOCK_EVENTS || this.#events !== id * BLOCK_EVENTS)
      throw damaged(what, 'the table of blocks has a gap');
    const count = integer(row, 2, what);
    const firstTime = integer(row, 3, what);
    const lastTime = integer(row, 4, what);
    if (count < 1 || count > BLOCK_EVENTS) throw damaged(what, `${count} events`);
    if (firstTime < (previous?.lastTime ?? 0) || lastTime < firstTime) throw damaged(what, 'time runs backwards');
    const keyframe = integer(row, 6, what) === 1;
    if (id === 0 && !keyframe) throw damaged(what, 'it has no keyframe');
    this.#rows.push({ count, firstTime, lastTime, changes: integer(row, 5, what), keyframe });
    this.#events += count;
  }

  #row(block: number): BlockRow {
    const row = this.#rows[block];
    if (row === undefined) throw new RangeError(`no block ${block}; the trace has ${this.#rows.length}`);
    return row;
  }
}
