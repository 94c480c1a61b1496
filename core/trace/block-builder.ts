/**
 * The block that a writer is filling: event columns, the changes that its events own, and the table of touched slots.
 *
 * The table grows at the first change of a slot in the block; `#stamp[slot]` says in which block that was, so
 * starting a new block costs nothing per slot. Cost of a change: a few typed-array stores.
 */
import { type ChangeLog, KNOWN_AFTER, KNOWN_BEFORE } from '../state/journal.ts';
import { type StateVector } from '../state/state-vector.ts';
import { type ChangeColumns } from './block-changes.ts';
import { BLOCK_EVENTS, type TouchedSlots } from './block.ts';
import { type EventColumns, makeColumns } from './columns.ts';
import { type Stretch } from './stretch.ts';

type Words = Uint32Array<ArrayBuffer>;
const words = (capacity: number): Words => new Uint32Array(capacity);

const NO_EVENT = 0xffff_ffff;

function grown(from: Words, capacity: number): Words {
  const to = words(capacity);
  to.set(from);
  return to;
}

function grownBytes(from: Uint8Array<ArrayBuffer>, capacity: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(capacity);
  to.set(from);
  return to;
}

export class BlockBuilder {
  readonly columns: EventColumns = makeColumns(BLOCK_EVENTS);
  /** Per event the number of its detail's text + 1; 0: none. */
  readonly details = words(BLOCK_EVENTS);
  count = 0;

  readonly #perEvent = words(BLOCK_EVENTS);
  #changes = 0;
  /** Index in the table of touched slots × 2 + known afterwards. */
  #key = words(8192);
  #afterLo = words(8192);
  #afterHi = words(8192);
  /** What else the log of changes has: slot, value before, and what is known. */
  #changedSlot = words(8192);
  #logBeforeLo = words(8192);
  #logBeforeHi = words(8192);
  #logKnown = new Uint8Array(8192);

  #touched = 0;
  #slot = words(1024);
  #beforeLo = words(1024);
  #beforeHi = words(1024);
  #endLo = words(1024);
  #endHi = words(1024);
  #known = new Uint8Array(1024);
  /** Per touched slot: how many events changed it, and the last of them. */
  #eventsOf = words(1024);
  #lastEvent = words(1024);
  /** Per slot: number of the block that touched it last, plus 1, and its index in that block's table. */
  #stamp = words(1024);
  #localOf = words(1024);
  #block = 1;

  get changeCount(): number {
    return this.#changes;
  }

  get changes(): ChangeColumns {
    return {
      count: this.#changes,
      perEvent: this.#perEvent,
      key: this.#key,
      lo: this.#afterLo,
      hi: this.#afterHi,
    };
  }

  /** The block's changes as a journal logs them; to be asked again after `reserve`. */
  get log(): ChangeLog {
    return {
      count: this.#changes,
      slot: this.#changedSlot,
      beforeLo: this.#logBeforeLo,
      beforeHi: this.#logBeforeHi,
      afterLo: this.#afterLo,
      afterHi: this.#afterHi,
      known: this.#logKnown,
    };
  }

  get touched(): TouchedSlots {
    return {
      count: this.#touched,
      slot: this.#slot,
      beforeLo: this.#beforeLo,
      beforeHi: this.#beforeHi,
      afterLo: this.#endLo,
      afterHi: this.#endHi,
      known: this.#known,
    };
  }

  /** How many of the block's events changed each touched slot; index as in `touched`. */
  get eventsOfTouched(): Uint32Array {
    return this.#eventsOf;
  }

  /** Makes room for `n` more changes, of slots below `slots`. */
  reserve(n: number, slots: number): void {
    if (this.#changes + n > this.#key.length) this.#growChanges(this.#changes + n);
    if (slots > this.#stamp.length) this.#growSlots(slots);
  }

  /**
   * Takes `n` changes of a stretch, from `from` on, as those of event `index`, and lets the state have them. Room must
   * have been made.
   */
  take({ key, lo, hi }: Stretch, from: number, n: number, index: number, state: StateVector): void {
    this.#perEvent[index] = n;
    const { lo: stateLo, hi: stateHi, known: stateKnown } = state;
    let to = this.#changes;
    for (let i = from; i < from + n; i++, to++) {
      const word = key[i] ?? 0;
      const slot = word >>> 1;
      const known = word & 1;
      const afterLo = lo[i] ?? 0;
      const afterHi = hi[i] ?? 0;
      const beforeLo = stateLo[slot] ?? 0;
      const beforeHi = stateHi[slot] ?? 0;
      const wasKnown = stateKnown[slot] ?? 0;
      stateLo[slot] = afterLo;
      stateHi[slot] = afterHi;
      stateKnown[slot] = known;
      this.#changedSlot[to] = slot;
      this.#logBeforeLo[to] = beforeLo;
      this.#logBeforeHi[to] = beforeHi;
      this.#logKnown[to] = wasKnown | (known << 1);
      const local =
        this.#stamp[slot] === this.#block
          ? (this.#localOf[slot] ?? 0)
          : this.#touch(slot, beforeLo, beforeHi, wasKnown);
      this.#key[to] = local * 2 + known;
      this.#afterLo[to] = afterLo;
      this.#afterHi[to] = afterHi;
      this.#endLo[local] = afterLo;
      this.#endHi[local] = afterHi;
      if (this.#lastEvent[local] !== index) {
        this.#lastEvent[local] = index;
        this.#eventsOf[local] = (this.#eventsOf[local] ?? 0) + 1;
      }
      this.#known[local] = ((this.#known[local] ?? 0) & KNOWN_BEFORE) | (known * KNOWN_AFTER);
    }
    this.#changes = to;
  }

  /** Empties the builder for the next block. */
  reset(): void {
    this.count = 0;
    this.#changes = 0;
    this.#touched = 0;
    this.#block++;
  }

  #touch(slot: number, lo: number, hi: number, known: number): number {
    const local = this.#touched++;
    if (local === this.#slot.length) this.#growTouched(local * 2);
    this.#slot[local] = slot;
    this.#beforeLo[local] = lo;
    this.#beforeHi[local] = hi;
    this.#known[local] = known;
    this.#eventsOf[local] = 0;
    this.#lastEvent[local] = NO_EVENT;
    this.#stamp[slot] = this.#block;
    this.#localOf[slot] = local;
    return local;
  }

  #growChanges(need: number): void {
    const capacity = Math.max(need, this.#key.length * 2);
    this.#key = grown(this.#key, capacity);
    this.#afterLo = grown(this.#afterLo, capacity);
    this.#afterHi = grown(this.#afterHi, capacity);
    this.#changedSlot = grown(this.#changedSlot, capacity);
    this.#logBeforeLo = grown(this.#logBeforeLo, capacity);
    this.#logBeforeHi = grown(this.#logBeforeHi, capacity);
    this.#logKnown = grownBytes(this.#logKnown, capacity);
  }

  #growTouched(capacity: number): void {
    this.#slot = grown(this.#slot, capacity);
    this.#beforeLo = grown(this.#beforeLo, capacity);
    this.#beforeHi = grown(this.#beforeHi, capacity);
    this.#endLo = grown(this.#endLo, capacity);
    this.#endHi = grown(this.#endHi, capacity);
    this.#known = grownBytes(this.#known, capacity);
    this.#eventsOf = grown(this.#eventsOf, capacity);
    this.#lastEvent = grown(this.#lastEvent, capacity);
  }

  #growSlots(need: number): void {
    const capacity = Math.max(need, this.#stamp.length * 2);
    this.#stamp = grown(this.#stamp, capacity);
    this.#localOf = grown(this.#localOf, capacity);
  }
}
