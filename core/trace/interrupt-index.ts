/**
 * From a changed bit to the interrupt whose field it is. Writer and reader share it.
 *
 * Fields have dense numbers in order of declaration. Per slot that holds fields: which field each of its 64 bits
 * belongs to. A change costs one XOR and a loop over the bits that differ, whether the slot holds one field or 64.
 */
import { type Intid } from '../gic/intid.ts';
import { type VcpuId } from '../state/brand.ts';
import { type StateVector } from '../state/state-vector.ts';
import { LAST_VCPU } from './limits.ts';
import {
  INTERRUPT_FIELDS,
  STATE_ACTIVE,
  STATE_ACTIVE_KNOWN,
  STATE_ENABLED,
  STATE_ENABLED_KNOWN,
  STATE_LINE,
  STATE_LINE_KNOWN,
  STATE_MASKED,
  STATE_PENDING,
  STATE_PENDING_KNOWN,
  type BitRange,
  type InterruptDescriptor,
  type InterruptField,
  type StateCode,
} from './interrupts.ts';

/** Interrupts and fields that a trace may declare; a hostile source cannot exhaust memory. */
export const INTERRUPT_LIMIT = 1 << 18;

export interface FieldEntry {
  readonly id: number;
  readonly interrupt: number;
  readonly field: InterruptField;
  readonly range: BitRange;
}

/** Private interrupts (GICv5 PPI, and SGI in the typed numbering) exist once per vCPU. */
export function isPrivate(intid: number): boolean {
  return intid >>> 29 < 2;
}

interface MutableInterrupt {
  readonly id: number;
  readonly intid: Intid;
  readonly vcpu: VcpuId | undefined;
  readonly fields: Partial<Record<InterruptField, BitRange>>;
  /** The ranges that make up the state code. */
  readonly code: (BitRange | undefined)[];
}

/**
 * The fields that make up the state code, and what each adds to it: its bit when it is not 0, and when it is known. The
 * last one counts only where neither of the first two is declared (`isLineAlone`).
 */
export const CODE_FIELDS: readonly InterruptField[] = ['pending', 'active', 'enabled', 'masked', 'line'];
export const CODE_BITS = [STATE_PENDING, STATE_ACTIVE, STATE_ENABLED, STATE_MASKED, STATE_LINE];
export const CODE_KNOWN = [STATE_PENDING_KNOWN, STATE_ACTIVE_KNOWN, STATE_ENABLED_KNOWN, 0, STATE_LINE_KNOWN];
const ALWAYS_COUNT = CODE_FIELDS.indexOf('line');

export class InterruptIndex {
  readonly #interrupts: MutableInterrupt[] = [];
  readonly #descriptors: InterruptDescriptor[] = [];
  readonly #ids = new Map<number, number>();
  readonly #fields: FieldEntry[] = [];
  readonly #bySlot: (Int32Array | undefined)[] = [];

  get size(): number {
    return this.#interrupts.length;
  }

  get fields(): readonly FieldEntry[] {
    return this.#fields;
  }

  /** All interrupts; index = number. The same list every time: it grows. */
  get descriptors(): readonly InterruptDescriptor[] {
    return this.#descriptors;
  }

  find(intid: Intid, vcpu: VcpuId | undefined): number | undefined {
    return this.#ids.get(keyOf(intid, vcpu ?? NO_VCPU));
  }

  /** As `find`, with −1 for no vCPU. */
  findNumber(intid: number, vcpu: number): number | undefined {
    return this.#ids.get(keyOf(intid, isPrivate(intid) ? vcpu : NO_VCPU));
  }

  /** Where the interrupt's fields live. */
  fieldsOf(interrupt: number): InterruptDescriptor['fields'] | undefined {
    return this.#interrupts[interrupt]?.fields;
  }

  /** Whether a one-bit field is known and set. */
  isSet(interrupt: number, field: InterruptField, state: StateVector): boolean {
    const range = this.#interrupts[interrupt]?.fields[field];
    if (range === undefined || state.known[range.slot] !== 1) return false;
    return bitsNotZero(state.lo[range.slot] ?? 0, state.hi[range.slot] ?? 0, range);
  }

  identity(interrupt: number): { readonly intid: Intid; readonly vcpu: VcpuId | undefined } | undefined {
    return this.#interrupts[interrupt];
  }

  /** The interrupt's number, declared if it is new; undefined when there are too many. */
  declare(intid: Intid, vcpu: VcpuId | undefined): number | undefined {
    const key = keyOf(intid, vcpu ?? NO_VCPU);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.#interrupts.length;
    if (id >= INTERRUPT_LIMIT) return undefined;
    const fields = {};
    this.#interrupts.push({ id, intid, vcpu, fields, code: CODE_FIELDS.map(() => undefined) });
    this.#descriptors.push(vcpu === undefined ? { intid, fields } : { intid, vcpu, fields });
    this.#ids.set(key, id);
    return id;
  }

  /**
   * Declares where a field lives.
   * @throws RangeError when the range leaves the slot, overlaps another field, or the field is already elsewhere.
   */
  addField(interrupt: number, field: InterruptField, range: BitRange): FieldEntry | undefined {
    const owner = this.#interrupts[interrupt];
    if (owner === undefined) throw new RangeError(`no interrupt ${interrupt}`);
    const { slot, lsb, width } = range;
    const present = owner.fields[field];
    if (present !== undefined) {
      if (present.slot === slot && present.lsb === lsb && present.width === width) return undefined;
      throw new RangeError(`field ${field} of interrupt ${interrupt} is already in slot ${present.slot}`);
    }
    if (!(lsb >= 0 && width >= 1 && lsb + width <= 64)) throw new RangeError(`bits ${lsb} + ${width} of slot ${slot}`);
    const bits = this.#bySlot[slot] ?? new Int32Array(64).fill(-1);
    for (let bit = lsb; bit < lsb + width; bit++)
      if (bits[bit] !== -1) throw new RangeError(`bit ${bit} of slot ${slot} already belongs to field ${bits[bit]}`);
    const entry: FieldEntry = { id: this.#fields.length, interrupt, field, range };
    bits.fill(entry.id, lsb, lsb + width);
    this.#bySlot[slot] = bits;
    this.#fields.push(entry);
    owner.fields[field] = range;
    const at = CODE_FIELDS.indexOf(field);
    if (at >= 0) owner.code[at] = range;
    return entry;
  }

  /** Field number of each bit of a slot (−1: none), or undefined when it holds no fields. */
  bitsOf(slot: number): Int32Array | undefined {
    return this.#bySlot[slot];
  }

  /** The number of a declared field; −1: it is not declared. */
  fieldOf(interrupt: number, field: InterruptField): number {
    const range = this.#interrupts[interrupt]?.fields[field];
    return range === undefined ? -1 : (this.#bySlot[range.slot]?.[range.lsb] ?? -1);
  }

  /** The interrupt's state code in `state`. */
  stateCode(interrupt: number, state: StateVector): StateCode {
    const ranges = this.#interrupts[interrupt]?.code;
    if (ranges === undefined) return 0;
    let code = 0;
    const [pending, active] = ranges;
    const count = pending === undefined && active === undefined ? ranges.length : ALWAYS_COUNT;
    for (let i = 0; i < count; i++) {
      const range = ranges[i];
      if (range === undefined || state.known[range.slot] !== 1) continue;
      code |= CODE_KNOWN[i] ?? 0;
      if (bitsNotZero(state.lo[range.slot] ?? 0, state.hi[range.slot] ?? 0, range)) code |= CODE_BITS[i] ?? 0;
    }
    return code;
  }

  static fieldNumber(field: InterruptField): number {
    return INTERRUPT_FIELDS.indexOf(field);
  }
}

const NO_VCPU = -1;
/** vCPUs, and none. */
const VCPU_KEYS = LAST_VCPU + 2;
const keyOf = (intid: number, vcpu: number): number => intid * VCPU_KEYS + vcpu + 1;

function bitsNotZero(lo: number, hi: number, { lsb, width }: BitRange): boolean {
  return (fieldLo(lo, hi, lsb, width) | fieldHi(hi, lsb, width)) !== 0;
}

/** Low 32 bits of `width` bits from `lsb` up. */
export function fieldLo(lo: number, hi: number, lsb: number, width: number): number {
  const value = lsb >= 32 ? hi >>> (lsb - 32) : lsb === 0 ? lo : (lo >>> lsb) | (hi << (32 - lsb));
  return width >= 32 ? value >>> 0 : (value & ~(-1 << width)) >>> 0;
}

/** High 32 bits of `width` bits from `lsb` up. */
export function fieldHi(hi: number, lsb: number, width: number): number {
  if (width <= 32) return 0;
  const value = lsb === 0 ? hi : hi >>> lsb;
  return width >= 64 ? value >>> 0 : (value & ~(-1 << (width - 32))) >>> 0;
}
