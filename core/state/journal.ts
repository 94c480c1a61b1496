/**
 * The one door: architectural state changes only through `write` and `forget`, and every change is logged with the
 * value before and after, so that it can be undone, redone, recorded and searched.
 *
 * The log holds the changes since the last `clear`; a recorder drains it at each event. A write of the value that
 * is already there logs nothing. Cost: one write is a handful of typed-array stores, no allocation except when
 * the log doubles.
 */
import { type SlotId, slotId } from './brand.ts';
import { type Layout } from './layout.ts';
import { StateVector } from './state-vector.ts';

/** Changes in order, as columns. `count` entries are valid. Known flags: bit 0 = known before, bit 1 = known after. */
export interface ChangeLog {
  readonly count: number;
  readonly slot: Uint32Array;
  readonly beforeLo: Uint32Array;
  readonly beforeHi: Uint32Array;
  readonly afterLo: Uint32Array;
  readonly afterHi: Uint32Array;
  readonly known: Uint8Array;
}

/** One change with values at the edges: undefined = unknown. */
export interface Change {
  readonly slot: SlotId;
  readonly before: bigint | undefined;
  readonly after: bigint | undefined;
}

export const KNOWN_BEFORE = 1;
export const KNOWN_AFTER = 2;

export class Journal {
  readonly layout: Layout;
  count = 0;
  slot = new Uint32Array(1024);
  beforeLo = new Uint32Array(1024);
  beforeHi = new Uint32Array(1024);
  afterLo = new Uint32Array(1024);
  afterHi = new Uint32Array(1024);
  known = new Uint8Array(1024);
  /** How often `undoTo` or `redoTo` moved the state: an index kept beside the slots is stale when this has changed. */
  rewinds = 0;
  /** How often the log was cleared or compacted: a position in it means nothing any more when this has changed. */
  clearings = 0;
  readonly #state: StateVector;
  /** Entries that are still in the log's memory: what was undone lies between `count` and here. */
  #end = 0;
  /** Where the log ends when its last entries, from `#goingFrom` on, are all of slots that only go on. */
  #goingTo = -1;
  #goingFrom = 0;

  constructor(layout: Layout) {
    this.layout = layout;
    this.#state = StateVector.initial(layout);
  }

  /** The present state, with every slot claimed so far; always the same object. */
  get state(): StateVector {
    const state = this.#state;
    if (state.size !== this.layout.size) state.growTo(this.layout);
    return state;
  }

  /** Unsigned 64-bit value of a slot; 0n when unknown. */
  read(slot: SlotId): bigint {
    return this.state.read(slot);
  }

  /** Low 32 bits of a slot, for hot paths; 0 when unknown. */
  readLo(slot: SlotId): number {
    return this.state.lo[slot] ?? 0;
  }

  /** High 32 bits of a slot, for hot paths; 0 when unknown. */
  readHi(slot: SlotId): number {
    return this.state.hi[slot] ?? 0;
  }

  isKnown(slot: SlotId): boolean {
    return this.state.isKnown(slot);
  }

  /** Sets a slot. Bits above the slot's width are the caller's error. */
  write(slot: SlotId, value: bigint): void {
    this.writeWords(slot, Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn));
  }

  /** Sets a slot from two u32 halves, for hot paths. */
  writeWords(slot: SlotId, lo: number, hi: number): void {
    this.#change(slot, lo >>> 0, hi >>> 0, 1);
  }

  /**
   * Sets a slot that only goes on, such as the time: while nothing else changes and nobody marks, the log keeps one
   * change of it, from where it was to where it is. So a long time without events costs no more than a short one, and
   * the log does not tell in how many steps it passed.
   */
  moveOn(slot: SlotId, lo: number, hi: number): void {
    if (this.#goingTo !== this.count) this.#goingFrom = this.count;
    for (let i = this.#goingFrom; i < this.count; i++) {
      if (this.slot[i] !== slot) continue;
      const { state } = this;
      this.afterLo[i] = state.lo[slot] = lo;
      this.afterHi[i] = state.hi[slot] = hi;
      return;
    }
    this.#change(slot, lo >>> 0, hi >>> 0, 1);
    this.#goingTo = this.count;
  }

  /** Makes a slot unknown: what was proven is no longer so (lost events, reset to an UNKNOWN value). */
  forget(slot: SlotId): void {
    this.#change(slot, 0, 0, 0);
  }

  /** Position in the log; give it to `undoTo` or `redoTo`. */
  mark(): number {
    this.#goingTo = -1;
    return this.count;
  }

  /**
   * The logged changes with index `from` … `to` − 1.
   * @throws RangeError when the log holds no such stretch.
   */
  changes(from = 0, to = this.count): Change[] {
    this.#check(from, 0, to);
    this.#check(to, from, this.count);
    const out: Change[] = [];
    for (let i = from; i < to; i++) {
      const flags = this.known[i] ?? 0;
      out.push({
        slot: slotId(this.slot[i] ?? 0),
        before: flags & KNOWN_BEFORE ? join(this.beforeHi[i] ?? 0, this.beforeLo[i] ?? 0) : undefined,
        after: flags & KNOWN_AFTER ? join(this.afterHi[i] ?? 0, this.afterLo[i] ?? 0) : undefined,
      });
    }
    return out;
  }

  /**
   * Takes back logged changes down to `mark`, last first; they stay in the log's memory for `redoTo` until the next write.
   * @throws RangeError when `mark` is not a position of the log.
   */
  undoTo(mark: number): void {
    this.#check(mark, 0, this.count);
    this.#goingTo = -1;
    this.rewinds++;
    const state = this.state;
    for (let i = this.count - 1; i >= mark; i--) {
      const slot = this.slot[i] ?? 0;
      state.lo[slot] = this.beforeLo[i] ?? 0;
      state.hi[slot] = this.beforeHi[i] ?? 0;
      state.known[slot] = (this.known[i] ?? 0) & KNOWN_BEFORE;
    }
    this.count = mark;
  }

  /**
   * Applies undone changes again up to `mark`.
   * @throws RangeError when `mark` is before the present position or the changes up to it were not undone, or were
   * overwritten by a write since.
   */
  redoTo(mark: number): void {
    this.#check(mark, this.count, this.#end);
    this.#goingTo = -1;
    this.rewinds++;
    const state = this.state;
    for (let i = this.count; i < mark; i++) {
      const slot = this.slot[i] ?? 0;
      state.lo[slot] = this.afterLo[i] ?? 0;
      state.hi[slot] = this.afterHi[i] ?? 0;
      state.known[slot] = ((this.known[i] ?? 0) & KNOWN_AFTER) >> 1;
    }
    this.count = mark;
  }

  /** Forgets the log (not the state): the changes were recorded elsewhere. */
  clear(): void {
    this.count = 0;
    this.#end = 0;
    this.#goingTo = -1;
    this.clearings++;
  }

  /**
   * Makes one change of all that the log has of a slot: from the value before its first to that after its last, in the
   * order of the first ones. For whoever takes no marks and lets the log grow: marks taken before mean nothing any more.
   */
  compact(): void {
    const places = new Int32Array(this.layout.size).fill(-1);
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const slot = this.slot[i] ?? 0;
      const flags = this.known[i] ?? 0;
      let place = places[slot] ?? -1;
      if (place < 0) {
        place = kept++;
        places[slot] = place;
        this.slot[place] = slot;
        this.beforeLo[place] = this.beforeLo[i] ?? 0;
        this.beforeHi[place] = this.beforeHi[i] ?? 0;
        this.known[place] = flags;
      }
      this.afterLo[place] = this.afterLo[i] ?? 0;
      this.afterHi[place] = this.afterHi[i] ?? 0;
      this.known[place] = ((this.known[place] ?? 0) & KNOWN_BEFORE) | (flags & KNOWN_AFTER);
    }
    this.count = kept;
    this.#end = kept;
    this.clearings++;
    this.#goingTo = -1;
  }

  #check(mark: number, from: number, to: number): void {
    if (!Number.isInteger(mark) || mark < from || mark > to)
      throw new RangeError(`no position ${mark} in the log; wanted ${from} … ${to}`);
  }

  #change(slot: SlotId, lo: number, hi: number, known: 0 | 1): void {
    // Slots are claimed long before they are written: the layout is looked at only when one is not there.
    const state = slot < this.#state.size ? this.#state : this.state;
    if (!(slot >= 0 && slot < state.size)) throw new RangeError(`no slot ${slot}; the layout has ${state.size}`);
    const beforeLo = state.lo[slot] ?? 0;
    const beforeHi = state.hi[slot] ?? 0;
    const beforeKnown = state.known[slot] ?? 0;
    if (beforeLo === lo && beforeHi === hi && beforeKnown === known) return;
    const i = this.count;
    if (i === this.slot.length) this.#reserve(i * 2);
    this.slot[i] = slot;
    this.beforeLo[i] = beforeLo;
    this.beforeHi[i] = beforeHi;
    this.afterLo[i] = lo;
    this.afterHi[i] = hi;
    this.known[i] = beforeKnown | (known << 1);
    this.count = i + 1;
    this.#end = i + 1;
    state.lo[slot] = lo;
    state.hi[slot] = hi;
    state.known[slot] = known;
  }

  #reserve(capacity: number): void {
    const grow = (from: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
      const to = new Uint32Array(capacity);
      to.set(from);
      return to;
    };
    this.slot = grow(this.slot);
    this.beforeLo = grow(this.beforeLo);
    this.beforeHi = grow(this.beforeHi);
    this.afterLo = grow(this.afterLo);
    this.afterHi = grow(this.afterHi);
    const known = new Uint8Array(capacity);
    known.set(this.known);
    this.known = known;
  }
}

function join(hi: number, lo: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}
