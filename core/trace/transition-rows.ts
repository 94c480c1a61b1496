/**
 * Rows for interrupt state changes: one integer a row. Distinct (interrupt, before, after) are few and get a number;
 * the row's key is position × 2^20 + that number (schema.ts), so a row costs one bound parameter and some 9 bytes.
 */
import { STATE_CODES } from './interrupts.ts';
import { type RowColumns } from './rows.ts';
import { type Writes } from './writes.ts';

const KIND_LIMIT = 1 << 20;
const NONE = -1;
/** Positions above this would make the key wider than 53 bits. */
const SEQ_LIMIT = 2 ** 33;

export class TransitionRows {
  readonly #rows: RowColumns;
  readonly #kindRows: RowColumns;
  /** Per interrupt the last of its kinds; per kind its codes and the interrupt's kind before it. An interrupt has few. */
  #last = new Int32Array(256).fill(NONE);
  #codes = new Uint32Array(256);
  #previous = new Int32Array(256);
  #count = 0;
  #dropped = 0;

  constructor(writes: Writes) {
    this.#rows = writes.table('transition_row', ['id']);
    this.#kindRows = writes.table('transition_kind', ['id', 'interrupt', 'before', 'after']);
  }

  /** State changes that found no number; the lanes have them all the same. */
  get dropped(): number {
    return this.#dropped;
  }

  add(position: number, interrupt: number, before: number, after: number): void {
    const kind = this.#kindOf(interrupt, before * STATE_CODES + after);
    if (kind !== NONE && position < SEQ_LIMIT) this.#rows.add1(position * KIND_LIMIT + kind);
    else this.#dropped++;
  }

  flush(): void {
    this.#kindRows.flush();
    this.#rows.flush();
  }

  #kindOf(interrupt: number, codes: number): number {
    let kind = this.#last[interrupt] ?? NONE;
    while (kind !== NONE && this.#codes[kind] !== codes) kind = this.#previous[kind] ?? NONE;
    return kind === NONE ? this.#newKind(interrupt, codes) : kind;
  }

  #newKind(interrupt: number, codes: number): number {
    const kind = this.#count;
    if (kind >= KIND_LIMIT) return NONE;
    this.#count++;
    if (kind >= this.#codes.length) this.#growKinds(kind * 2);
    if (interrupt >= this.#last.length) this.#growInterrupts(Math.max(interrupt + 1, this.#last.length * 2));
    this.#codes[kind] = codes;
    this.#previous[kind] = this.#last[interrupt] ?? NONE;
    this.#last[interrupt] = kind;
    this.#kindRows.add([kind, interrupt, Math.floor(codes / STATE_CODES), codes % STATE_CODES]);
    return kind;
  }

  #growKinds(capacity: number): void {
    const codes = new Uint32Array(capacity);
    codes.set(this.#codes);
    this.#codes = codes;
    const previous = new Int32Array(capacity);
    previous.set(this.#previous);
    this.#previous = previous;
  }

  #growInterrupts(capacity: number): void {
    const last = new Int32Array(capacity).fill(NONE);
    last.set(this.#last);
    this.#last = last;
  }
}
