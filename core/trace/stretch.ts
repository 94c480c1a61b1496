/**
 * What a writer collects of its events before anything is made of it (assembler.ts): their columns, the changes that
 * they own, and what was declared between them. A stretch is at most one block; it is what crosses to the thread that
 * writes, so there is nothing in it but numbers. Cost of a change: three stores.
 *
 * A change has no value before: whoever takes all stretches in order knows the state.
 */
import { type Journal, KNOWN_AFTER } from '../state/journal.ts';
import { type Layout } from '../state/layout.ts';
import { BLOCK_EVENTS } from './block.ts';
import { type ClaimedSlots, claimedSince, copyOfClaimed } from './claimed-slots.ts';
import { type EventColumns, copyOfEvents, makeColumns } from './columns.ts';
import { type TypeTable } from './dictionary.ts';
import { KINDS } from './kinds.ts';
import { type MessageMemory } from './message-memory.ts';

export interface Stretch {
  /** Of each event the number of its detail's text + 1; 0: none. */
  readonly details: Uint32Array;
  readonly columns: EventColumns;
  /** How many changes each event owns; of each change slot × 2 + known afterwards, and the value after. */
  readonly perEvent: Uint32Array;
  readonly changes: number;
  readonly key: Uint32Array;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  /** Slots that are new. */
  readonly claimed: ClaimedSlots | undefined;
  /** Numbers of the kinds of the event types that are new. */
  readonly kinds: readonly number[];
  /** FIELD_WORDS numbers for each field of an interrupt that was declared. */
  readonly fields: Float64Array;
}

/** What is told of a declared field, by index; `after`: so many events of the stretch came before it. */
export const FIELD = {
  after: 0,
  id: 1,
  interrupt: 2,
  intid: 3,
  /** −1: a shared interrupt. */
  vcpu: 4,
  /** Index of INTERRUPT_FIELDS. */
  field: 5,
  slot: 6,
  lsb: 7,
  width: 8,
  /** The interrupt's state code at that moment. */
  code: 9,
} as const;
export const FIELD_WORDS = Object.keys(FIELD).length;

export class StretchBuilder {
  readonly columns = makeColumns(BLOCK_EVENTS);
  readonly details = new Uint32Array(BLOCK_EVENTS);
  count = 0;
  readonly #perEvent = new Uint32Array(BLOCK_EVENTS);
  #changes = 0;
  #key = new Uint32Array(8192);
  #lo = new Uint32Array(8192);
  #hi = new Uint32Array(8192);
  #fields = new Float64Array(16 * FIELD_WORDS);
  #fieldsUsed = 0;
  /** Slots and types that whoever takes the stretches knows. */
  #slots: number;
  #types = 0;

  /** Slots of the layout so far are known. */
  constructor(layout: Layout) {
    this.#slots = layout.size;
  }

  /** Whether anything came since the last stretch. */
  get isEmpty(): boolean {
    return this.count === 0 && this.#fieldsUsed === 0;
  }

  /** Takes the journal's changes as those of event `index`. */
  take({ count, slot, afterLo, afterHi, known }: Journal, index: number): void {
    this.#perEvent[index] = count;
    let to = this.#changes;
    if (to + count > this.#key.length) this.#growChanges(to + count);
    const key = this.#key;
    const lo = this.#lo;
    const hi = this.#hi;
    for (let i = 0; i < count; i++) {
      key[to] = (slot[i] ?? 0) * 2 + (((known[i] ?? 0) & KNOWN_AFTER) >> 1);
      lo[to] = afterLo[i] ?? 0;
      hi[to] = afterHi[i] ?? 0;
      to++;
    }
    this.#changes = to;
  }

  /** Event `index` changed nothing. */
  takeNone(index: number): void {
    this.#perEvent[index] = 0;
  }

  /** A field of an interrupt was declared: what FIELD lists after `after`. */
  declare(
    id: number,
    interrupt: number,
    intid: number,
    vcpu: number,
    field: number,
    slot: number,
    lsb: number,
    width: number,
    code: number,
  ): void {
    const at = this.#fieldsUsed;
    if (at === this.#fields.length) {
      const fields = new Float64Array(at * 2);
      fields.set(this.#fields);
      this.#fields = fields;
    }
    this.#fields.set([this.count, id, interrupt, intid, vcpu, field, slot, lsb, width, code], at);
    this.#fieldsUsed = at + FIELD_WORDS;
  }

  /** All that came since the last call, in this builder's memory, which the next event overwrites. */
  end(layout: Layout, types: TypeTable): Stretch {
    const { count } = this;
    const changes = this.#changes;
    const stretch = {
      columns: { ...this.columns, count },
      details: this.details.subarray(0, count),
      perEvent: this.#perEvent.subarray(0, count),
      changes,
      key: this.#key.subarray(0, changes),
      lo: this.#lo.subarray(0, changes),
      hi: this.#hi.subarray(0, changes),
      claimed: layout.size > this.#slots ? claimedSince(layout, this.#slots) : undefined,
      kinds: types.types.slice(this.#types).map(({ kind }) => KINDS[kind].id),
      fields: this.#fields.subarray(0, this.#fieldsUsed),
    };
    this.count = 0;
    this.#changes = 0;
    this.#slots = layout.size;
    this.#types = types.size;
    this.#fieldsUsed = 0;
    return stretch;
  }

  #growChanges(need: number): void {
    const capacity = Math.max(need, this.#key.length * 2);
    const grown = (from: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(capacity);
      to.set(from);
      return to;
    };
    this.#key = grown(this.#key);
    this.#lo = grown(this.#lo);
    this.#hi = grown(this.#hi);
  }
}

/** The stretch in memory that another thread sees. */
export function copyOfStretch(stretch: Stretch, memory: MessageMemory): Stretch {
  const { columns, details, perEvent, key, lo, hi, claimed, fields } = stretch;
  return {
    ...stretch,
    columns: copyOfEvents(columns, memory),
    details: memory.words(details),
    perEvent: memory.words(perEvent),
    key: memory.words(key),
    lo: memory.words(lo),
    hi: memory.words(hi),
    claimed: claimed === undefined ? undefined : copyOfClaimed(claimed, memory),
    fields: memory.numbers(fields),
  };
}
