/**
 * One slot with its journal, as a value that a model can hold: reads are array loads, every write goes through the
 * journal. A cell owns nothing; making two of the same slot is harmless.
 */
import { type SlotId } from './brand.ts';
import { type Journal } from './journal.ts';
import { type SlotDescriptor } from './layout.ts';
import { type StateVector } from './state-vector.ts';

export class Cell {
  readonly journal: Journal;
  readonly slot: SlotId;
  /** The journal's state: always the same object, and the slot is in it, so a read needs no look at the layout. */
  readonly #vector: StateVector;

  constructor(journal: Journal, slot: SlotId) {
    this.journal = journal;
    this.slot = slot;
    this.#vector = journal.state;
  }

  /** Bits 31:0. */
  get lo(): number {
    return this.#vector.lo[this.slot] ?? 0;
  }

  /** Bits 63:32. */
  get hi(): number {
    return this.#vector.hi[this.slot] ?? 0;
  }

  /** Sets all 64 bits from two halves. */
  set(lo: number, hi = 0): void {
    const { lo: lows, hi: highs, known } = this.#vector;
    const { slot } = this;
    // Most writes of a register file change nothing: decided here, before a call that is too big to inline.
    if (lows[slot] === lo >>> 0 && highs[slot] === hi >>> 0 && known[slot] === 1) return;
    this.journal.writeWords(slot, lo, hi);
  }

  /** As `set`, for a slot that only goes on (`Journal.moveOn`). */
  moveOn(lo: number, hi = 0): void {
    this.journal.moveOn(this.slot, lo, hi);
  }

  /** The unsigned 64-bit value. */
  get value(): bigint {
    return this.journal.read(this.slot);
  }

  set value(value: bigint) {
    this.journal.write(this.slot, value);
  }

  /** True when any of bits 31:0 is set: the reading of a one-bit slot. */
  get flag(): boolean {
    return this.lo !== 0;
  }

  set flag(on: boolean) {
    this.set(on ? 1 : 0);
  }

  /** Is bit 0 … 63 set? */
  has(bit: number): boolean {
    return (((bit < 32 ? this.lo : this.hi) >>> (bit & 31)) & 1) !== 0;
  }

  /** Sets or clears bit 0 … 63. */
  put(bit: number, on: boolean): void {
    const mask = (1 << (bit & 31)) >>> 0;
    const { lo, hi } = this;
    if (bit < 32) this.set(on ? lo | mask : lo & ~mask, hi);
    else this.set(lo, on ? hi | mask : hi & ~mask);
  }

  /** Is no bit set? */
  get isZero(): boolean {
    return (this.lo | this.hi) === 0;
  }
}

const NOTHING_MORE: Omit<SlotDescriptor, 'path' | 'width'> = {};

/**
 * Claims slots under one prefix. The slots start known, at 0 unless `initial` says otherwise.
 * @throws RangeError when a path is taken.
 */
export class CellClaim {
  readonly #journal: Journal;
  readonly #prefix: string;

  constructor(journal: Journal, prefix: string) {
    this.#journal = journal;
    this.#prefix = prefix;
  }

  cell(name: string, width = 64, more: Omit<SlotDescriptor, 'path' | 'width'> = NOTHING_MORE): Cell {
    const path = this.#prefix + name;
    // Nearly all slots say nothing more, and a spread costs more than all the rest of the claim.
    const slot = this.#journal.layout.claim(
      more === NOTHING_MORE ? { initial: 0n, path, width } : { initial: 0n, ...more, path, width },
    );
    return new Cell(this.#journal, slot);
  }

  /** A slot that holds a register of the register tables under the register's own name. */
  register(name: string, initial = 0n): Cell {
    return this.cell(name, 64, { register: name, initial });
  }

  /** A slot whose value is an index into `values`. */
  choice(name: string, values: readonly string[], initial = 0): Cell {
    const width = Math.max(1, Math.ceil(Math.log2(values.length)));
    return this.cell(name, width, { values, initial: BigInt(initial) });
  }

  /** A one-bit slot. */
  flag(name: string): Cell {
    return this.cell(name, 1);
  }
}
