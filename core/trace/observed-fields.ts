/**
 * What a writer asks of an interrupt's field at each of its changes, as columns: a look at one line of memory, where the
 * declarations (interrupt-index.ts) are objects and texts. Filled when a field changes for the first time.
 */
import { CODE_BITS, CODE_FIELDS, CODE_KNOWN, InterruptIndex } from './interrupt-index.ts';
import { INTERRUPT_FIELDS } from './interrupts.ts';
import { LIFE_FIELDS } from './lives.ts';

/** Columns of a field: see the getters. */
const WORDS = 8;
const INTERRUPT = 0;
const LSB = 1;
const WIDTH = 2;
const CODE = 3;
const LIFE = 4;
const GROUP = 5;
const INTID = 6;
const VCPU = 7;
const NOT_FILLED = -1;
export const NONE = -1;

export class ObservedFields {
  readonly #index: InterruptIndex;
  #words = new Int32Array(WORDS * 256).fill(NOT_FILLED);
  readonly #groups = new Map<number, number>();

  constructor(index: InterruptIndex) {
    this.#index = index;
  }

  /** Where the field's words are: to be asked before any of the others. */
  at(field: number): number {
    const at = field * WORDS;
    if (this.#words[at] === NOT_FILLED || at >= this.#words.length) this.#fill(field, at);
    return at;
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

  #fill(field: number, at: number): void {
    if (at >= this.#words.length) {
      const words = new Int32Array(Math.max(at + WORDS, this.#words.length * 2)).fill(NOT_FILLED);
      words.set(this.#words);
      this.#words = words;
    }
    const entry = this.#index.fields[field];
    const identity = entry === undefined ? undefined : this.#index.identity(entry.interrupt);
    if (entry === undefined || identity === undefined) throw new RangeError(`no field ${field}`);
    const words = this.#words;
    words[at + INTERRUPT] = entry.interrupt;
    words[at + LSB] = entry.range.lsb;
    words[at + WIDTH] = entry.range.width;
    words[at + CODE] = CODE_FIELDS.indexOf(entry.field);
    words[at + LIFE] = LIFE_FIELDS.findIndex((name) => name === entry.field);
    words[at + GROUP] =
      identity.vcpu === undefined
        ? NONE
        : this.#groupOf(identity.intid * INTERRUPT_FIELDS.length + InterruptIndex.fieldNumber(entry.field));
    words[at + INTID] = identity.intid;
    words[at + VCPU] = identity.vcpu ?? NONE;
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
