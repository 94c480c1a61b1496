/**
 * The fields of interrupts as a writer looks at them at each change, as columns: a look at one line of memory, where the
 * declarations (interrupt-index.ts) are objects and texts. Per slot: which field it holds, or of each of its bits which.
 */
import { CODE_BITS, CODE_FIELDS, CODE_KNOWN } from './interrupt-index.ts';
import { INTERRUPT_FIELDS } from './interrupts.ts';
import { LIFE_FIELDS } from './lives.ts';
import { FIELD } from './stretch.ts';

/** Columns of a field: see the getters. */
const WORDS = 9;
const INTERRUPT = 0;
const LSB = 1;
const WIDTH = 2;
const CODE = 3;
const LIFE = 4;
const GROUP = 5;
const INTID = 6;
const VCPU = 7;
const SLOT = 8;
export const NONE = -1;
/** Of a slot: it holds several fields. */
export const SEVERAL = -2;

const PENDING = INTERRUPT_FIELDS.indexOf('pending');
const ACTIVE = INTERRUPT_FIELDS.indexOf('active');
/** Place of the line among the fields of the state code. */
export const LINE = CODE_FIELDS.indexOf('line');
/** By index of INTERRUPT_FIELDS. */
const PLACE_OF_CODE = INTERRUPT_FIELDS.map((field) => CODE_FIELDS.indexOf(field));
const PLACE_OF_LIFE = INTERRUPT_FIELDS.map((field) => LIFE_FIELDS.findIndex((name) => name === field));

export class ObservedFields {
  #words = new Int32Array(WORDS * 256);
  #count = 0;
  /** By slot: NONE, SEVERAL, or the only one. */
  #ofSlot = new Int32Array(1024).fill(NONE);
  /** By slot, of those with several: the field of each bit, or NONE. */
  readonly #bits: (Int32Array | undefined)[] = [];
  readonly #groups = new Map<number, number>();
  /** The field that says whether an interrupt is pending, by vCPU + 1 and INTID. */
  readonly #pending: (Map<number, number> | undefined)[] = [];
  /** Per interrupt: 1 once its pending or active state is declared. */
  #stateful = new Uint8Array(256);

  /** Takes in a declaration, FIELD words of `told` from `from` on; a field that is known is left as it is. */
  declare(told: Float64Array, from: number): void {
    const word = (name: keyof typeof FIELD): number => told[from + FIELD[name]] ?? 0;
    const field = word('field');
    const id = word('id');
    if (id < this.#count) return;
    this.#count = id + 1;
    const at = id * WORDS;
    if (at >= this.#words.length) {
      const words = new Int32Array(this.#words.length * 2);
      words.set(this.#words);
      this.#words = words;
    }
    const words = this.#words;
    const intid = word('intid');
    const vcpu = word('vcpu');
    words[at + INTERRUPT] = word('interrupt');
    words[at + LSB] = word('lsb');
    words[at + WIDTH] = word('width');
    words[at + CODE] = PLACE_OF_CODE[field] ?? NONE;
    words[at + LIFE] = PLACE_OF_LIFE[field] ?? NONE;
    words[at + GROUP] = vcpu === NONE ? NONE : this.#groupOf(intid * INTERRUPT_FIELDS.length + field);
    words[at + INTID] = intid;
    words[at + VCPU] = vcpu;
    words[at + SLOT] = word('slot');
    if (field === PENDING) (this.#pending[vcpu + 1] ??= new Map()).set(intid, id);
    if (field === PENDING || field === ACTIVE) this.#hasState(word('interrupt'));
    this.#place(id, at);
  }

  /** Whether nothing but its line can be in the interrupt's state code (`isLineAlone` of interrupts.ts). */
  isLineAlone(interrupt: number): boolean {
    return this.#stateful[interrupt] !== 1;
  }

  /** The field that a slot holds, NONE or SEVERAL. */
  ofSlot(slot: number): number {
    return this.#ofSlot[slot] ?? NONE;
  }

  /** Of a slot with several: the field of each bit, or NONE. */
  bitsOf(slot: number): Int32Array | undefined {
    return this.#bits[slot];
  }

  /** The field that says whether an interrupt is pending; `vcpu` −1: a shared one. */
  pendingOf(intid: number, vcpu: number): number | undefined {
    return this.#pending[vcpu + 1]?.get(intid);
  }

  /** Where the field's words are: the argument of the others. */
  at(field: number): number {
    return field * WORDS;
  }

  slot(at: number): number {
    return this.#words[at + SLOT] ?? 0;
  }

  interrupt(at: number): number {
    return this.#words[at + INTERRUPT] ?? 0;
  }

  lsb(at: number): number {
    return this.#words[at + LSB] ?? 0;
  }

  width(at: number): number {
    return this.#words[at + WIDTH] ?? 0;
  }

  /** Place among the fields of the state code, or NONE. */
  code(at: number): number {
    return this.#words[at + CODE] ?? NONE;
  }

  /** Place in LIFE_FIELDS, or NONE. */
  life(at: number): number {
    return this.#words[at + LIFE] ?? NONE;
  }

  /** The same field of the same INTID on all vCPUs; NONE for shared interrupts. */
  group(at: number): number {
    return this.#words[at + GROUP] ?? NONE;
  }

  intid(at: number): number {
    return (this.#words[at + INTID] ?? 0) >>> 0;
  }

  /** −1: a shared interrupt. */
  vcpu(at: number): number {
    return this.#words[at + VCPU] ?? NONE;
  }

  #hasState(interrupt: number): void {
    if (interrupt >= this.#stateful.length) {
      const stateful = new Uint8Array(Math.max(interrupt + 1, this.#stateful.length * 2));
      stateful.set(this.#stateful);
      this.#stateful = stateful;
    }
    this.#stateful[interrupt] = 1;
  }

  /** Gives a field its bits of its slot. */
  #place(id: number, at: number): void {
    const slot = this.slot(at);
    if (slot >= this.#ofSlot.length) {
      const ofSlot = new Int32Array(Math.max(slot + 1, this.#ofSlot.length * 2)).fill(NONE);
      ofSlot.set(this.#ofSlot);
      this.#ofSlot = ofSlot;
    }
    const only = this.ofSlot(slot);
    if (only === NONE) {
      this.#ofSlot[slot] = id;
      return;
    }
    const bits = this.#bits[slot] ?? new Int32Array(64).fill(NONE);
    if (only !== SEVERAL) this.#fill(bits, only);
    this.#fill(bits, id);
    this.#bits[slot] = bits;
    this.#ofSlot[slot] = SEVERAL;
  }

  #fill(bits: Int32Array, field: number): void {
    const at = this.at(field);
    bits.fill(field, this.lsb(at), this.lsb(at) + this.width(at));
  }

  #groupOf(key: number): number {
    const group = this.#groups.get(key) ?? this.#groups.size;
    this.#groups.set(key, group);
    return group;
  }
}

/** What a field of the state code, by its place, adds to it. */
export function codeOf(place: number, isKnown: boolean, isSet: boolean): number {
  return isKnown ? (CODE_KNOWN[place] ?? 0) | (isSet ? (CODE_BITS[place] ?? 0) : 0) : 0;
}

/** All bits that it can add. */
export const CODE_MASKS: readonly number[] = CODE_BITS.map((bit, place) => bit | (CODE_KNOWN[place] ?? 0));
