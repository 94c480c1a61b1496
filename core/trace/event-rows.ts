/**
 * Rows of `event_row` and `event_what` from the columns of a block.
 *
 * A bound parameter costs about as much as a row without any, so an event's row is one number: what it says, and its
 * time since the last row of `time_base`. A time too far from it gets a row of its own there.
 *
 * Works where the connection is. When another thread takes over (write-queue.ts), what is known of rows so far goes there.
 */
import type Database from 'better-sqlite3';
import { type BlockImage } from './block-image.ts';
import { BLOCK_EVENTS } from './block.ts';
import { type EventColumns, HAS_ARG, HAS_VALUE } from './columns.ts';
import { EventTable, type KnownWhats } from './event-table.ts';
import { NULL, RowBatch, RowColumns, signed64 } from './rows.ts';
import { SINCE_BITS } from './views.ts';

const SINCE_LIMIT = 2 ** SINCE_BITS;
/** Numbers of what events say up to here leave a number that is exact. */
const WHAT_LIMIT = 2 ** (53 - SINCE_BITS);

/** What is known of the rows so far. */
export interface RowsSoFar {
  readonly whats: KnownWhats;
  /** Time of the last row of `time_base`. */
  readonly base: number;
}

export class EventRows {
  readonly #rows: RowColumns;
  readonly #bases: RowColumns;
  readonly #whats: RowColumns;
  readonly #first: Database.Statement;
  readonly #table: EventTable;
  #base: number;

  constructor(db: Database.Database, before?: RowsSoFar) {
    this.#rows = rowsInto(db, 'event_row', ['moment']);
    this.#bases = rowsInto(db, 'time_base', ['seq', 'time']);
    this.#whats = rowsInto(db, 'event_what', ['meta', 'value', 'arg', 'detail']);
    this.#first = db.prepare('INSERT INTO event_row(seq, moment) VALUES (0, ?)');
    this.#table = new EventTable(before?.whats);
    this.#base = before?.base ?? Number.NEGATIVE_INFINITY;
  }

  get soFar(): RowsSoFar {
    return { whats: this.#table.known, base: this.#base };
  }

  /** Writes the block's events that are no rows yet. */
  write({ id: block, columns, details, rowsDone }: BlockImage): void {
    const table = this.#table;
    for (let i = rowsDone; i < columns.count; i++) {
      const { next } = table;
      const detail = details[i] ?? 0;
      const what = table.numberOf(columns, detail, i);
      if (what === next) this.#addWhat(columns, detail, i);
      const time = columns.time[i] ?? 0;
      if (time - this.#base >= SINCE_LIMIT) {
        this.#base = time;
        this.#bases.add2(block * BLOCK_EVENTS + i, time);
      }
      const moment = momentOf(what, time - this.#base);
      // SQLite appends after the highest key, and would begin at 1: the first row says that it is 0.
      if (i === 0 && block === 0) this.#first.run(moment);
      else this.#rows.add1(moment);
    }
    this.#whats.flush();
    this.#bases.flush();
    this.#rows.flush();
  }

  #addWhat(columns: EventColumns, detail: number, i: number): void {
    const low = (columns.type[i] ?? 0) + ((columns.vcpu[i] ?? 0) + 1) * 0x1000;
    const meta = low + (columns.small[i] ?? 0) * 0x40_0000 + (columns.name[i] ?? 0) * 0x4_0000_0000;
    const flags = columns.flags[i] ?? 0;
    const value = flags & HAS_VALUE ? signed64(columns.valueLo[i] ?? 0, columns.valueHi[i] ?? 0) : NULL;
    const arg = flags & HAS_ARG ? signed64(columns.argLo[i] ?? 0, columns.argHi[i] ?? 0) : NULL;
    this.#whats.add4(meta, value, arg, detail === 0 ? NULL : detail - 1);
  }
}

function rowsInto(db: Database.Database, table: string, columns: readonly string[]): RowColumns {
  const batch = new RowBatch(db, { table, columns, verb: 'INSERT' });
  return new RowColumns(columns.length, (rows) => batch.write(rows));
}

/** What is said and when, `since` the last row of `time_base`, in one number as the views take it apart. */
export function momentOf(what: number, since: number): number | bigint {
  if (what < WHAT_LIMIT) return what * SINCE_LIMIT + since;
  return (BigInt(what) << BigInt(SINCE_BITS)) | BigInt(since);
}
