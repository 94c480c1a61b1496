/**
 * The value of every slot at one moment.
 *
 * Each 64-bit cell is kept as two u32 halves, because bigint arithmetic allocates and this is the hottest data of
 * the product; `known` is 1 where the value is proven. An unknown cell always has value 0, so that equal states
 * have equal bytes and equal digests. Grows with the layout by doubling.
 */
import { type SlotId } from './brand.ts';
import { type Layout } from './layout.ts';

export class StateVector {
  lo: Uint32Array;
  hi: Uint32Array;
  known: Uint8Array;
  /** Slots in use; the arrays may be longer. */
  size = 0;

  constructor(capacity = 256) {
    this.lo = new Uint32Array(capacity);
    this.hi = new Uint32Array(capacity);
    this.known = new Uint8Array(capacity);
  }

  /** The state before anything happened: each slot's initial value, or unknown. */
  static initial(layout: Layout): StateVector {
    const vector = new StateVector(Math.max(16, layout.size));
    vector.growTo(layout);
    return vector;
  }

  /** Takes in slots that the layout has gained, at their initial values. */
  growTo(layout: Layout): void {
    const wanted = layout.size;
    if (wanted > this.lo.length) this.#reserve(Math.max(wanted, this.lo.length * 2));
    for (let slot = this.size; slot < wanted; slot++) {
      const initial = layout.slots[slot]?.initial;
      if (initial === undefined) continue;
      this.lo[slot] = Number(initial & 0xffffffffn);
      this.hi[slot] = Number(initial >> 32n);
      this.known[slot] = 1;
    }
    if (wanted > this.size) this.size = wanted;
  }

  /** Unsigned 64-bit value; 0n when unknown. */
  read(slot: SlotId): bigint {
    return (BigInt(this.hi[slot] ?? 0) << 32n) | BigInt(this.lo[slot] ?? 0);
  }

  isKnown(slot: SlotId): boolean {
    return this.known[slot] === 1;
  }

  /** The value, or undefined when unknown. */
  value(slot: SlotId): bigint | undefined {
    return this.isKnown(slot) ? this.read(slot) : undefined;
  }

  clone(): StateVector {
    const copy = new StateVector(Math.max(16, this.size));
    copy.lo.set(this.lo.subarray(0, this.size));
    copy.hi.set(this.hi.subarray(0, this.size));
    copy.known.set(this.known.subarray(0, this.size));
    copy.size = this.size;
    return copy;
  }

  equals(other: StateVector): boolean {
    if (this.size !== other.size) return false;
    for (let slot = 0; slot < this.size; slot++)
      if (
        this.lo[slot] !== other.lo[slot] ||
        this.hi[slot] !== other.hi[slot] ||
        this.known[slot] !== other.known[slot]
      )
        return false;
    return true;
  }

  #reserve(capacity: number): void {
    const grow = <T extends Uint32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.lo = grow(this.lo, new Uint32Array(capacity));
    this.hi = grow(this.hi, new Uint32Array(capacity));
    this.known = grow(this.known, new Uint8Array(capacity));
  }
}
