/**
 * Rows for interrupt state changes: one integer a row. Distinct (interrupt, before, after) are few and get a number;
 * the row's key is position × 2^20 + that number (schema.ts), so a row costs one bound parameter and some 9 bytes.
 */
import { type RowColumns } from './rows.ts';
import { type WriteQueue } from './write-queue.ts';

const KIND_LIMIT = 1 << 20;
/** Positions above this would make the key wider than 53 bits. */
const SEQ_LIMIT = 2 ** 33;

export class TransitionRows {
  readonly #rows: RowColumns;
  readonly #kindRows: RowColumns;
  readonly #kinds = new Map<number, number>();
  #dropped = 0;

  constructor(queue: WriteQueue) {
    this.#rows = queue.table('transition_row', ['id']);
    this.#kindRows = queue.table('transition_kind', ['id', 'interrupt', 'before', 'after']);
  }

  /** State changes that found no number; the lanes have them all the same. */
  get dropped(): number {
    return this.#dropped;
  }

  add(position: number, interrupt: number, before: number, after: number): void {
    const key = interrupt * 0x1_0000 + before * 0x100 + after;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = this.#kinds.size;
      if (kind >= KIND_LIMIT) {
        this.#dropped++;
        return;
      }
      this.#kinds.set(key, kind);
      this.#kindRows.add([kind, interrupt, before, after]);
    }
    if (position < SEQ_LIMIT) this.#rows.add1(position * KIND_LIMIT + kind);
    else this.#dropped++;
  }

  flush(): void {
    this.#kindRows.flush();
    this.#rows.flush();
  }
}
