/**
 * Guest RAM: bytes, and per 64-bit word one mark byte that says what a store to it must do besides storing.
 *
 * Kept: the bytes; marks; which words have a slot in the state vector (`ram.0x40001000`) and what an unclaimed dirty
 * word held before. A word's slot is claimed at the first flush after its first store, with the value before that
 * store as its initial one: memory that never changes costs nothing in a trace, and the order of claims follows from
 * the program alone.
 *
 * Invariant: between flushes a word's mark DIRTY is set exactly when the journal may differ from the bytes; so flush
 * writes only those words, and undoing the journal then `loadFrom` gives back every byte.
 *
 * Cost: a store to a word that is dirty already, holds no cached code and no exclusive reservation is one compare
 * (`marks[w] === DIRTY`) more than the store itself. One byte of marks per 8 bytes.
 */
import { type SlotId } from '../../state/brand.ts';
import { type Journal } from '../../state/journal.ts';
import { type Layout } from '../../state/layout.ts';
import { type StateVector } from '../../state/state-vector.ts';

/** The word was stored to since the last flush. */
export const DIRTY = 1;
/** A decoded instruction of the word is cached. */
export const CODE = 2;
/** A core holds an exclusive reservation on the word. */
export const RESERVED = 4;

export const PAGE = 4096;
const MAX_SIZE = 256 * 1024 * 1024;

/** Told when bytes change that somebody has made something of. */
export interface RamObserver {
  /** A word with cached code changed; `word` is its index. */
  codeChanged(word: number): void;
  /** A store to a reserved word. */
  reservationLost(word: number): void;
}

/** What a dirty word without a slot held before its first store. */
interface Before {
  readonly lo: number;
  readonly hi: number;
}

export class Ram {
  /** Physical address of the first byte, as halves. */
  readonly baseLo: number;
  readonly baseHi: number;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly marks: Uint8Array;
  readonly observers: RamObserver[] = [];
  readonly #slots = new Map<number, SlotId>();
  readonly #unclaimed = new Map<number, Before>();
  #dirty: number[] = [];

  /**
   * RAM of zeros. `base` and `size` are multiples of 4096; size at most 256 MiB. It may not reach the last page of a
   * 4 GiB window, so that neither an access nor the PC ever crosses one inside it.
   * @throws RangeError otherwise.
   */
  constructor(base: bigint, size: number) {
    if (!Number.isInteger(size) || size <= 0 || size > MAX_SIZE || size % PAGE !== 0)
      throw new RangeError(`RAM of ${size} bytes: wanted a multiple of ${PAGE} up to ${MAX_SIZE}`);
    const low = Number(base & 0xffff_ffffn);
    if (base < 0n || base >= 1n << 64n || low % PAGE !== 0)
      throw new RangeError(`RAM at 0x${base.toString(16)}: wanted a 64-bit address that is a multiple of ${PAGE}`);
    if (low + size > 0x1_0000_0000 - PAGE)
      throw new RangeError(`RAM at 0x${base.toString(16)} of ${size} bytes reaches the last page of a 4 GiB window`);
    this.baseLo = low;
    this.baseHi = Number(base >> 32n);
    this.size = size;
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.marks = new Uint8Array(size / 8);
  }

  get base(): bigint {
    return (BigInt(this.baseHi) << 32n) | BigInt(this.baseLo);
  }

  /** Offset of `length` bytes at an address, or −1 when they are not all in RAM. */
  offsetOf(lo: number, hi: number, length: number): number {
    if (hi >>> 0 !== this.baseHi) return -1;
    const offset = (lo >>> 0) - this.baseLo;
    return offset >= 0 && offset + length <= this.size ? offset : -1;
  }

  /**
   * Copies bytes in before the machine starts: they become the initial content, not a change.
   * @throws RangeError when they do not fit, or words of them were stored to already.
   */
  loadImage(address: bigint, image: Uint8Array): void {
    const offset = this.#place(address, image.length);
    for (let word = offset >>> 3; word < (offset + image.length + 7) >>> 3; word++)
      if (this.#slots.has(word) || this.#unclaimed.has(word))
        throw new RangeError(`an image at 0x${address.toString(16)} would replace what the guest has stored`);
    this.bytes.set(image, offset);
    for (let word = offset >>> 3; word < (offset + image.length + 7) >>> 3; word++) this.#forgetCode(word);
  }

  /**
   * A store by somebody other than a core's hot path: devices, the hypervisor, unaligned accesses.
   * @throws RangeError when the bytes do not fit.
   */
  write(address: bigint, data: Uint8Array): void {
    const offset = this.#place(address, data.length);
    for (let word = offset >>> 3; word < (offset + data.length + 7) >>> 3; word++) this.beforeStore(word);
    this.bytes.set(data, offset);
  }

  /**
   * A copy of `length` bytes.
   * @throws RangeError when they are not all in RAM.
   */
  read(address: bigint, length: number): Uint8Array {
    const offset = this.#place(address, length);
    return this.bytes.slice(offset, offset + length);
  }

  /** Must be called before the bytes of a word change, unless its mark is DIRTY alone. */
  beforeStore(word: number): void {
    const mark = this.marks[word] ?? 0;
    if (mark === DIRTY) return;
    if ((mark & DIRTY) === 0) {
      if (!this.#slots.has(word)) this.#remember(word);
      this.#dirty.push(word);
    }
    this.marks[word] = DIRTY;
    if (mark & CODE) for (const observer of this.observers) observer.codeChanged(word);
    if (mark & RESERVED) for (const observer of this.observers) observer.reservationLost(word);
  }

  /** Writes every word stored to since the last flush to its slot, in the order of those first stores. */
  flush(journal: Journal): void {
    // Before each event; most follow no store.
    if (this.#dirty.length === 0) return;
    for (const word of this.#dirty) {
      const slot = this.#slots.get(word) ?? this.#claim(journal.layout, word);
      journal.writeWords(slot, this.view.getUint32(word * 8, true), this.view.getUint32(word * 8 + 4, true));
      this.marks[word] = (this.marks[word] ?? 0) & ~DIRTY;
    }
    this.#dirty = [];
  }

  /**
   * Makes the bytes those of a state: claimed words from their slots (a slot that the state does not have yet holds
   * its initial value), words stored to since the last flush as they were before. The cores are loaded with it, before
   * or after.
   */
  loadFrom(state: StateVector, layout: Layout): void {
    for (const [word, { lo, hi }] of this.#unclaimed) this.#restore(word, lo, hi);
    for (const word of this.#dirty) this.marks[word] = (this.marks[word] ?? 0) & ~DIRTY;
    this.#unclaimed.clear();
    this.#dirty = [];
    for (const [word, slot] of this.#slots) {
      if (slot < state.size && state.isKnown(slot)) this.#restore(word, state.lo[slot] ?? 0, state.hi[slot] ?? 0);
      else {
        const initial = layout.descriptor(slot).initial ?? 0n;
        this.#restore(word, Number(initial & 0xffff_ffffn), Number(initial >> 32n));
      }
    }
  }

  #restore(word: number, lo: number, hi: number): void {
    const { view } = this;
    if (view.getUint32(word * 8, true) === lo && view.getUint32(word * 8 + 4, true) === hi) return;
    view.setUint32(word * 8, lo, true);
    view.setUint32(word * 8 + 4, hi, true);
    this.#forgetCode(word);
  }

  /** Drops what was decoded from a word. Reservations stay: a core's own state says which it has. */
  #forgetCode(word: number): void {
    const mark = this.marks[word] ?? 0;
    if ((mark & CODE) === 0) return;
    this.marks[word] = mark & ~CODE;
    for (const observer of this.observers) observer.codeChanged(word);
  }

  #remember(word: number): void {
    this.#unclaimed.set(word, { lo: this.view.getUint32(word * 8, true), hi: this.view.getUint32(word * 8 + 4, true) });
  }

  #claim(layout: Layout, word: number): SlotId {
    const { lo, hi } = this.#unclaimed.get(word) ?? { lo: 0, hi: 0 };
    this.#unclaimed.delete(word);
    const address = this.base + BigInt(word * 8);
    const path = `ram.0x${address.toString(16).padStart(8, '0')}`;
    const slot = layout.claim({ path, width: 64, initial: (BigInt(hi) << 32n) | BigInt(lo) });
    this.#slots.set(word, slot);
    return slot;
  }

  #place(address: bigint, length: number): number {
    const offset = this.offsetOf(Number(address & 0xffff_ffffn), Number(address >> 32n), length);
    if (offset < 0)
      throw new RangeError(
        `${length} bytes at 0x${address.toString(16)} are not in RAM (0x${this.base.toString(16)} … ` +
          `0x${(this.base + BigInt(this.size)).toString(16)})`,
      );
    return offset;
  }
}
