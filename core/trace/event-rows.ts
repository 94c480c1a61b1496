/**
 * Rows of `event_row` and `event_what` from the columns of a block.
 *
 * A bound parameter costs about as much as a row without any, so an event's row is one number: what it says, and its
 * time since the last row of `time_base`. A time too far from it gets a row of its own there.
 */
import { BLOCK_EVENTS } from './block.ts';
import { type EventColumns, HAS_ARG, HAS_VALUE } from './columns.ts';
import { DetailTexts } from './detail-texts.ts';
import { EventTable } from './event-table.ts';
import { NULL, type RowColumns, signed64 } from './rows.ts';
import { type WriteQueue, type WriteStatement } from './write-queue.ts';
import { SINCE_BITS } from './views.ts';

const SINCE_LIMIT = 2 ** SINCE_BITS;
/** Numbers of what events say up to here leave a number that is exact. */
const WHAT_LIMIT = 2 ** (53 - SINCE_BITS);

export class EventRows {
  readonly #rows: RowColumns;
  readonly #bases: RowColumns;
  readonly #whats: RowColumns;
  readonly #first: WriteStatement;
  readonly #texts: DetailTexts;
  readonly #table = new EventTable();
  #base = Number.NEGATIVE_INFINITY;

  constructor(queue: WriteQueue) {
    this.#rows = queue.table('event_row', ['moment']);
    this.#bases = queue.table('time_base', ['seq', 'time']);
    this.#whats = queue.table('event_what', ['meta', 'value', 'arg', 'detail']);
    this.#first = queue.prepare('INSERT INTO event_row(seq, moment) VALUES (0, ?)');
    this.#texts = new DetailTexts(queue);
  }

  /** The number of a detail's JSON, to be given to `write` with its event. */
  detailId(json: string): number {
    return this.#texts.idOf(json);
  }

  /** Writes events `from` … `to` − 1 of a block; `details`: the number of each one's detail + 1, 0 for none. */
  write(block: number, columns: EventColumns, details: Uint32Array, from: number, to: number): void {
    const table = this.#table;
    for (let i = from; i < to; i++) {
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
    this.#texts.save();
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

/** What is said and when, `since` the last row of `time_base`, in one number as the views take it apart. */
export function momentOf(what: number, since: number): number | bigint {
  if (what < WHAT_LIMIT) return what * SINCE_LIMIT + since;
  return (BigInt(what) << BigInt(SINCE_BITS)) | BigInt(since);
}
