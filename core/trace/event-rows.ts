/** Rows of `event_row` and `event_detail` from the columns of a block. */
import { BLOCK_EVENTS } from './block.ts';
import { type BlockDetails } from './block-builder.ts';
import { type EventColumns, HAS_ARG, HAS_VALUE } from './columns.ts';
import { DetailTexts } from './detail-texts.ts';
import { NULL, type RowColumns, signed64 } from './rows.ts';
import { type WriteQueue, type WriteStatement } from './write-queue.ts';

export class EventRows {
  readonly #rows: RowColumns;
  readonly #first: WriteStatement;
  readonly #details: RowColumns;
  readonly #texts: DetailTexts;

  constructor(queue: WriteQueue) {
    this.#rows = queue.table('event_row', ['time', 'meta', 'value', 'arg']);
    this.#first = queue.prepare('INSERT INTO event_row(seq, time, meta, value, arg) VALUES (0, ?, ?, ?, ?)');
    this.#details = queue.table('event_detail', ['seq', 'detail']);
    this.#texts = new DetailTexts(queue);
  }

  /** The number of a detail's JSON, to be given to `write` with its event. */
  detailId(json: string): number {
    return this.#texts.idOf(json);
  }

  /** Writes events `from` … `to` − 1 of a block, and those of `details` that belong to them. */
  write(block: number, columns: EventColumns, from: number, to: number, details: BlockDetails): void {
    const { time, type, vcpu, small, name, flags, valueLo, valueHi, argLo, argHi } = columns;
    for (let i = from; i < to; i++) {
      const low = (type[i] ?? 0) + ((vcpu[i] ?? 0) + 1) * 0x1000;
      const meta = low + (small[i] ?? 0) * 0x40_0000 + (name[i] ?? 0) * 0x4_0000_0000;
      const has = flags[i] ?? 0;
      const value = has & HAS_VALUE ? signed64(valueLo[i] ?? 0, valueHi[i] ?? 0) : NULL;
      const arg = has & HAS_ARG ? signed64(argLo[i] ?? 0, argHi[i] ?? 0) : NULL;
      // SQLite appends after the highest key, and would begin at 1: the first row says that it is 0.
      if (block === 0 && i === 0) this.#first.run(time[i] ?? 0, meta, value, arg);
      else this.#rows.add4(time[i] ?? 0, meta, value, arg);
    }
    this.#rows.flush();
    const first = block * BLOCK_EVENTS;
    this.#texts.save();
    for (const [i, index] of details.events.entries())
      if (index >= from) this.#details.add2(first + index, details.texts[i] ?? 0);
    this.#details.flush();
  }
}
