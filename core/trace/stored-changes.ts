/**
 * A block's changes as they are read. To move forwards over events, only the last change of each slot counts: the numbers
 * of the changes are gone through, and the values of those that are left are read where they lie; nothing is made. The
 * columns with values before and after are made when something asks for them: steps backwards, and searches, of which
 * most want the changes of a few slots.
 */
import { type StateVector } from '../state/state-vector.ts';
import { unwrap } from './blob.ts';
import { BLOCK_EVENTS, type BlockChanges, CHANGE_LIMIT, type SlotChanges, type TouchedSlots } from './block.ts';
import { ByteReader } from './bytes.ts';
import { type StoredDistinct, readDistinct, unpackDistinct } from './distinct.ts';
import { damaged } from './errors.ts';
import { type Packed } from './packed.ts';

type Columns = Omit<BlockChanges, 'count' | 'touched' | 'ofTouched'>;

export class StoredChanges implements BlockChanges {
  readonly count: number;
  readonly touched: TouchedSlots;
  readonly #what: string;
  /** Changes of each event. */
  readonly #perEvent: Packed;
  /** The distinct ones, with a value after each. */
  readonly #distinct: StoredDistinct;
  /** Their keys: index into `touched` × 2 + whether the value after is known. */
  readonly #key: Uint32Array;
  #columns: Columns | undefined;

  /** @throws TraceError `damaged` */
  constructor(blob: Uint8Array, touched: TouchedSlots, block: number, events: number) {
    this.#what = `changes of block ${block}`;
    const input = new ByteReader(unwrap(blob, this.#what), this.#what);
    const stored = input.count(BLOCK_EVENTS, 'events');
    if (stored !== events) throw input.fail(`${stored} events, the table of blocks says ${events}`);
    this.count = input.count(CHANGE_LIMIT, 'changes');
    this.touched = touched;
    this.#perEvent = input.packed(events);
    this.#distinct = readDistinct(input, this.count);
    input.end();
    const { count, key } = this.#distinct;
    this.#key = key.read(new Uint32Array(count));
    // Without a branch a number: this is a part of what each jump costs.
    let highest = 0;
    for (let i = 0; i < count; i++) highest = Math.max(highest, this.#key[i] ?? 0);
    if (count > 0 && highest >>> 1 >= touched.count)
      throw damaged(this.#what, `a change names entry ${highest >>> 1} of ${touched.count} slots`);
  }

  /** Makes the changes of events `from` … `to` − 1. */
  apply(state: StateVector, from: number, to: number): void {
    const start = this.#columns?.start;
    const first = start?.[from] ?? this.#perEvent.sum(0, from);
    const end = start?.[to] ?? first + this.#perEvent.sum(from, to);
    const changes = end - first;
    const numbers = this.#numbers(first, end);
    const key = this.#key;
    const { count } = this.touched;
    if (changes < count) {
      for (let i = 0; i < changes; i++) {
        const number = numbers[i] ?? 0;
        this.#make(state, (key[number] ?? 0) >>> 1, number);
      }
      return;
    }
    if (last.length < count) last = new Uint32Array(2 * count);
    last.fill(0, 0, count);
    for (let i = 0; i < changes; i++) {
      const number = numbers[i] ?? 0;
      last[(key[number] ?? 0) >>> 1] = number + 1;
    }
    for (let at = 0; at < count; at++) {
      const number = (last[at] ?? 0) - 1;
      if (number >= 0) this.#make(state, at, number);
    }
  }

  /** Gives a slot, the one at `at` of the touched ones, the value of a distinct change. */
  #make(state: StateVector, at: number, number: number): void {
    const slot = this.touched.slot[at] ?? 0;
    const { lo, hi } = this.#distinct;
    state.lo[slot] = lo.at(number);
    state.hi[slot] = hi.at(number);
    state.known[slot] = (this.#key[number] ?? 0) & 1;
  }

  get start(): Uint32Array {
    return this.#all.start;
  }

  get slot(): Uint32Array {
    return this.#all.slot;
  }

  get local(): Uint32Array {
    return this.#all.local;
  }

  get beforeLo(): Uint32Array {
    return this.#all.beforeLo;
  }

  get beforeHi(): Uint32Array {
    return this.#all.beforeHi;
  }

  get afterLo(): Uint32Array {
    return this.#all.afterLo;
  }

  get afterHi(): Uint32Array {
    return this.#all.afterHi;
  }

  get known(): Uint8Array {
    return this.#all.known;
  }

  get #all(): Columns {
    return (this.#columns ??= this.#unpacked());
  }

  /** Goes through the numbers of all changes, and makes rows of those that are wanted. */
  ofTouched(wanted: Uint8Array): SlotChanges {
    const { touched } = this;
    const numbers = this.#numbers(0, this.count);
    let count = 0;
    for (let i = 0; i < this.count; i++) if (wanted[(this.#key[numbers[i] ?? 0] ?? 0) >>> 1]) count++;
    const words = (): Uint32Array => new Uint32Array(count);
    const change = words();
    const number = words();
    for (let i = 0, at = 0; at < count; i++) {
      const of = numbers[i] ?? 0;
      if (!wanted[(this.#key[of] ?? 0) >>> 1]) continue;
      change[at] = i;
      number[at++] = of;
    }
    const out = {
      count,
      event: this.#eventsOf(change),
      local: words(),
      beforeLo: words(),
      beforeHi: words(),
      afterLo: words(),
      afterHi: words(),
      known: new Uint8Array(count),
    };
    if (count === 0) return out;
    // What each slot was before its next change: index of that row + 1, or 0 for its value at the block's start.
    const before = new Uint32Array(touched.count);
    for (let i = 0; i < count; i++) {
      const of = number[i] ?? 0;
      const key = this.#key[of] ?? 0;
      const at = key >>> 1;
      const row = (before[at] ?? 0) - 1;
      const known = row < 0 ? (touched.known[at] ?? 0) & 1 : (out.known[row] ?? 0) >>> 1;
      out.local[i] = at;
      out.beforeLo[i] = (row < 0 ? touched.beforeLo[at] : out.afterLo[row]) ?? 0;
      out.beforeHi[i] = (row < 0 ? touched.beforeHi[at] : out.afterHi[row]) ?? 0;
      out.afterLo[i] = this.#distinct.lo.at(of);
      out.afterHi[i] = this.#distinct.hi.at(of);
      out.known[i] = known | ((key & 1) << 1);
      before[at] = i + 1;
    }
    return out;
  }

  /** The events that own these changes, which ascend. */
  #eventsOf(change: Uint32Array): Uint32Array {
    const out = new Uint32Array(change.length);
    const events = this.#perEvent.count;
    const perEvent = this.#perEvent.take(0, events);
    let at = 0;
    for (let event = 0, end = 0; event < events && at < change.length; event++) {
      end += perEvent[event] ?? 0;
      while ((change[at] ?? Infinity) < end) out[at++] = event;
    }
    if (at < change.length) throw damaged(this.#what, `no event owns change ${change[at]}`);
    return out;
  }

  /** For changes `first` … `end` − 1 the numbers of the distinct ones that they are; valid until the next call. */
  #numbers(first: number, end: number): Uint32Array {
    const distinct = this.#distinct.count;
    if (end > this.count) throw damaged(this.#what, `events claim ${end} changes, there are ${this.count}`);
    const numbers = this.#distinct.entry.take(first, end);
    let most = 0;
    for (let i = 0; i < end - first; i++) most = Math.max(most, numbers[i] ?? 0);
    if (most >= distinct && end > first) throw damaged(this.#what, `a change is number ${most} of ${distinct}`);
    return numbers;
  }

  /** The value before a change is the one after the slot's last change, or the one at the block's start. */
  #unpacked(): Columns {
    const { count, touched } = this;
    const events = this.#perEvent.count;
    const after = unpackDistinct(this.#distinct);
    const words = (): Uint32Array => new Uint32Array(count);
    const out = {
      start: new Uint32Array(events + 1),
      slot: words(),
      local: words(),
      beforeLo: words(),
      beforeHi: words(),
      afterLo: words(),
      afterHi: words(),
      known: new Uint8Array(count),
    };
    const perEvent = this.#perEvent.take(0, events);
    let sum = 0;
    for (let i = 0; i < events; i++) {
      sum += perEvent[i] ?? 0;
      out.start[i + 1] = sum;
    }
    if (sum !== count) throw damaged(this.#what, `events claim ${sum} changes, there are ${count}`);
    const lo = touched.beforeLo.slice();
    const hi = touched.beforeHi.slice();
    const isKnown = touched.known.map((flags) => flags & 1);
    const numbers = this.#numbers(0, count);
    for (let i = 0; i < count; i++) {
      const entry = numbers[i] ?? 0;
      const key = after.key[entry] ?? 0;
      const at = key >>> 1;
      const known = key & 1;
      out.slot[i] = touched.slot[at] ?? 0;
      out.local[i] = at;
      out.beforeLo[i] = lo[at] ?? 0;
      out.beforeHi[i] = hi[at] ?? 0;
      out.known[i] = (isKnown[at] ?? 0) | (known << 1);
      out.afterLo[i] = lo[at] = after.lo[entry] ?? 0;
      out.afterHi[i] = hi[at] = after.hi[entry] ?? 0;
      isKnown[at] = known;
    }
    return out;
  }
}

/** Per touched slot the number of its last change + 1; 0: none. */
let last = new Uint32Array(256);
