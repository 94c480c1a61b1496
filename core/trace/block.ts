/**
 * The blobs of one block of at most 4096 events. What is kept:
 * - events: the columns of columns.ts; times and lines as differences.
 * - touched: every slot that the block changes, with its value at the block's start and at its end. It crosses the
 *   whole block in either direction from anywhere inside, and it is the dictionary and the starting point from which
 *   `changes` rebuilds the value before each change.
 * - changes: per event how many, then per change the index into the touched table and the value after.
 * - lives: which events are a leg of which life; only of blocks that have any.
 * - keyframe: the value of every slot at the block's start; only some blocks have one (writer.ts says which).
 *
 * Invariant: start state + changes = start state + touched.after = end state; end state + touched.before = start state.
 * Decoding bounds: counts are checked against the block's event count, the trace's slot count and the bytes at hand.
 */
import { type StateVector } from '../state/state-vector.ts';
import { unwrap, wrap } from './blob.ts';
import { ByteReader, ByteWriter, type StoredColumn, readColumn } from './bytes.ts';
import { type EventColumns } from './columns.ts';
import { damaged } from './errors.ts';

export const BLOCK_SHIFT = 12;
/** Events a block; event `seq` is in block `seq >> BLOCK_SHIFT`. */
export const BLOCK_EVENTS = 1 << BLOCK_SHIFT;
/** Changes that a block may own: a reset of 131,072 slots once every eighth event is far below. */
const CHANGE_LIMIT = 1 << 26;
const TWO31 = 0x8000_0000;
const TWO32 = 0x1_0000_0000;

export interface BlockEvents extends EventColumns {
  readonly firstSeq: number;
}

/** The slots that a block changes, with the value at its start and its end, as columns. */
export interface TouchedSlots {
  readonly count: number;
  readonly slot: Uint32Array;
  readonly beforeLo: Uint32Array;
  readonly beforeHi: Uint32Array;
  readonly afterLo: Uint32Array;
  readonly afterHi: Uint32Array;
  /** Bit 0: known at the start, bit 1: known at the end. */
  readonly known: Uint8Array;
}

/** All changes of a block: those of its event `i` have index `start[i]` … `start[i + 1]` − 1. */
export interface BlockChanges {
  readonly count: number;
  readonly start: Uint32Array;
  readonly slot: Uint32Array;
  readonly beforeLo: Uint32Array;
  readonly beforeHi: Uint32Array;
  readonly afterLo: Uint32Array;
  readonly afterHi: Uint32Array;
  /** Bit 0: known before, bit 1: known after (as in the journal). */
  readonly known: Uint8Array;
  /** Index of the change's slot in `touched`. */
  readonly local: Uint32Array;
  readonly touched: TouchedSlots;
}

const scratch = new ByteWriter(1 << 20);
const scratchLo = new Uint32Array(BLOCK_EVENTS);
const scratchHi = new Uint32Array(BLOCK_EVENTS);

/** `columns` of the first `count` events of a block, wrapped. */
export function encodeEvents(columns: EventColumns, count: number): Buffer {
  return wrap(eventBytes(columns, count));
}

/** The unwrapped form, valid until the next call; also what the content digest covers. */
export function eventBytes(columns: EventColumns, count: number): Uint8Array {
  const out = scratch.clear();
  out.varint(count);
  out.varint(columns.time[0] ?? 0);
  differences(columns.time, count, out);
  out.columnOf(columns.type, count);
  for (let i = 0; i < count; i++) scratchLo[i] = (columns.vcpu[i] ?? 0) + 1;
  out.column(scratchLo, count);
  out.columnOf(columns.small, count);
  out.column(columns.name, count);
  out.columnOf(columns.flags, count);
  out.column(columns.valueLo, count);
  out.column(columns.valueHi, count);
  out.column(columns.argLo, count);
  out.column(columns.argHi, count);
  out.varint(columns.line[0] ?? 0);
  differences(columns.line, count, out);
  return out.view();
}

/** Differences from one number to the next as two columns: zigzag, so that falling numbers stay small. */
function differences(values: Float64Array, count: number, out: ByteWriter): void {
  let last = values[0] ?? 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    const step = value - last;
    last = value;
    if (step >= 0 && step < TWO31) {
      scratchLo[i] = step * 2;
      scratchHi[i] = 0;
    } else {
      const zigzag = step < 0 ? -2 * step - 1 : 2 * step;
      scratchLo[i] = zigzag;
      scratchHi[i] = Math.floor(zigzag / TWO32);
    }
  }
  out.column(scratchLo, count);
  out.column(scratchHi, count);
}

/** @throws TraceError `damaged` */
export function decodeEvents(blob: Uint8Array, block: number, count: number): BlockEvents {
  return new StoredEvents(blob, block, count);
}

/**
 * A block's events, whose columns are unpacked when they are first asked for: a search that tests one column costs
 * a quarter of one that reads all. The layout is checked at once.
 */
class StoredEvents implements BlockEvents {
  readonly firstSeq: number;
  readonly count: number;
  readonly #what: string;
  readonly #firstTime: number;
  readonly #firstLine: number;
  readonly #times: readonly [StoredColumn, StoredColumn];
  readonly #lines: readonly [StoredColumn, StoredColumn];
  readonly #stored;
  #time: Float64Array | undefined;
  #type: Uint16Array | undefined;
  #vcpu: Int16Array | undefined;
  #small: Uint16Array | undefined;
  #name: Uint32Array | undefined;
  #flags: Uint8Array | undefined;
  #valueLo: Uint32Array | undefined;
  #valueHi: Uint32Array | undefined;
  #argLo: Uint32Array | undefined;
  #argHi: Uint32Array | undefined;
  #line: Float64Array | undefined;

  constructor(blob: Uint8Array, block: number, count: number) {
    this.#what = `events of block ${block}`;
    const input = new ByteReader(unwrap(blob, this.#what, 64 + BLOCK_EVENTS * 64), this.#what);
    const stored = input.count(BLOCK_EVENTS, 'events');
    if (stored !== count) throw input.fail(`${stored} events, the table of blocks says ${count}`);
    this.firstSeq = block * BLOCK_EVENTS;
    this.count = count;
    const column = (): StoredColumn => input.skipColumn(count);
    this.#firstTime = input.varint();
    this.#times = [column(), column()];
    this.#stored = {
      type: column(),
      vcpu: column(),
      small: column(),
      name: column(),
      flags: column(),
      valueLo: column(),
      valueHi: column(),
      argLo: column(),
      argHi: column(),
    };
    this.#firstLine = input.varint();
    this.#lines = [column(), column()];
    input.end();
  }

  get time(): Float64Array {
    return (this.#time ??= this.#differences(this.#firstTime, this.#times));
  }

  get line(): Float64Array {
    return (this.#line ??= this.#differences(this.#firstLine, this.#lines));
  }

  get vcpu(): Int16Array {
    if (this.#vcpu !== undefined) return this.#vcpu;
    const { count } = this;
    const stored = readColumn(this.#stored.vcpu, scratchLo, count);
    const vcpu = new Int16Array(count);
    for (let i = 0; i < count; i++) vcpu[i] = (stored[i] ?? 0) - 1;
    this.#vcpu = vcpu;
    return vcpu;
  }

  get type(): Uint16Array {
    return (this.#type ??= readColumn(this.#stored.type, new Uint16Array(this.count), this.count));
  }

  get small(): Uint16Array {
    return (this.#small ??= readColumn(this.#stored.small, new Uint16Array(this.count), this.count));
  }

  get flags(): Uint8Array {
    return (this.#flags ??= readColumn(this.#stored.flags, new Uint8Array(this.count), this.count));
  }

  get name(): Uint32Array {
    return (this.#name ??= this.#words(this.#stored.name));
  }

  get valueLo(): Uint32Array {
    return (this.#valueLo ??= this.#words(this.#stored.valueLo));
  }

  get valueHi(): Uint32Array {
    return (this.#valueHi ??= this.#words(this.#stored.valueHi));
  }

  get argLo(): Uint32Array {
    return (this.#argLo ??= this.#words(this.#stored.argLo));
  }

  get argHi(): Uint32Array {
    return (this.#argHi ??= this.#words(this.#stored.argHi));
  }

  #words(column: StoredColumn): Uint32Array {
    return readColumn(column, new Uint32Array(this.count), this.count);
  }

  #differences(first: number, columns: readonly [StoredColumn, StoredColumn]): Float64Array {
    const { count } = this;
    const lo = readColumn(columns[0], scratchLo, count);
    const hi = readColumn(columns[1], scratchHi, count);
    const out = new Float64Array(count);
    let value = first;
    for (let i = 0; i < count; i++) {
      const low = lo[i] ?? 0;
      const high = hi[i] ?? 0;
      if (high === 0) value += (low & 1) === 0 ? low >>> 1 : -(low >>> 1) - 1;
      else {
        const half = high * TWO31 + (low >>> 1);
        value += (low & 1) === 0 ? half : -half - 1;
      }
      out[i] = value;
    }
    if (!Number.isSafeInteger(value)) throw damaged(this.#what, 'a sum of differences exceeds 53 bits');
    return out;
  }
}

/** The unwrapped table of touched slots, valid until the next call. */
export function touchedBytes(touched: TouchedSlots): Uint8Array {
  const out = scratch.clear();
  const { count } = touched;
  out.varint(count);
  out.column(touched.slot, count);
  out.column(touched.beforeLo, count);
  out.column(touched.beforeHi, count);
  out.column(touched.afterLo, count);
  out.column(touched.afterHi, count);
  out.columnOf(touched.known, count);
  return out.view();
}

/** @throws TraceError `damaged` */
export function decodeTouched(blob: Uint8Array, block: number, slots: number): TouchedSlots {
  const what = `touched slots of block ${block}`;
  const input = new ByteReader(unwrap(blob, what, 64 + slots * 24), what);
  const count = input.count(slots, 'slots');
  const slot = input.column(new Uint32Array(count), count);
  for (let i = 0; i < count; i++)
    if ((slot[i] ?? 0) >= slots) throw input.fail(`slot ${slot[i]}, the trace has ${slots}`);
  const beforeLo = input.column(new Uint32Array(count), count);
  const beforeHi = input.column(new Uint32Array(count), count);
  const afterLo = input.column(new Uint32Array(count), count);
  const afterHi = input.column(new Uint32Array(count), count);
  const known = knownColumn(input, count, 3);
  input.end();
  return { count, slot, beforeLo, beforeHi, afterLo, afterHi, known };
}

function knownColumn(input: ByteReader, count: number, mask: number): Uint8Array {
  const known = input.column(new Uint8Array(count), count);
  for (let i = 0; i < count; i++) if ((known[i] ?? 0) > mask) throw input.fail(`known flags ${known[i]}`);
  return known;
}

/** What the writer has of a block's changes; `knownAfter` is 0 or 1. */
export interface ChangeColumns {
  readonly count: number;
  /** Changes of each of the block's events. */
  readonly perEvent: Uint32Array;
  readonly local: Uint32Array;
  readonly afterLo: Uint32Array;
  readonly afterHi: Uint32Array;
  readonly knownAfter: Uint8Array;
}

/** The unwrapped changes, valid until the next call. */
export function changeBytes(changes: ChangeColumns, events: number): Uint8Array {
  const out = scratch.clear();
  out.varint(events);
  out.varint(changes.count);
  out.column(changes.perEvent, events);
  out.column(changes.local, changes.count);
  out.column(changes.afterLo, changes.count);
  out.column(changes.afterHi, changes.count);
  out.columnOf(changes.knownAfter, changes.count);
  return out.view();
}

/** @throws TraceError `damaged` */
export function decodeChanges(blob: Uint8Array, touched: TouchedSlots, block: number, events: number): BlockChanges {
  const what = `changes of block ${block}`;
  const input = new ByteReader(unwrap(blob, what), what);
  const stored = input.count(BLOCK_EVENTS, 'events');
  if (stored !== events) throw input.fail(`${stored} events, the table of blocks says ${events}`);
  const count = input.count(CHANGE_LIMIT, 'changes');
  const perEvent = input.column(new Uint32Array(events), events);
  const start = new Uint32Array(events + 1);
  let sum = 0;
  for (let i = 0; i < events; i++) {
    sum += perEvent[i] ?? 0;
    start[i + 1] = sum;
  }
  if (sum !== count) throw input.fail(`events claim ${sum} changes, there are ${count}`);
  const local = input.column(new Uint32Array(count), count);
  const afterLo = input.column(new Uint32Array(count), count);
  const afterHi = input.column(new Uint32Array(count), count);
  const known = knownColumn(input, count, 1);
  input.end();
  const slot = new Uint32Array(count);
  const beforeLo = new Uint32Array(count);
  const beforeHi = new Uint32Array(count);
  const lo = touched.beforeLo.slice();
  const hi = touched.beforeHi.slice();
  const isKnown = touched.known.map((flags) => flags & 1);
  for (let i = 0; i < count; i++) {
    const at = local[i] ?? 0;
    if (at >= touched.count) throw input.fail(`change ${i} names entry ${at} of ${touched.count} slots`);
    slot[i] = touched.slot[at] ?? 0;
    beforeLo[i] = lo[at] ?? 0;
    beforeHi[i] = hi[at] ?? 0;
    const knownAfter = known[i] ?? 0;
    known[i] = (isKnown[at] ?? 0) | (knownAfter << 1);
    lo[at] = afterLo[i] ?? 0;
    hi[at] = afterHi[i] ?? 0;
    isKnown[at] = knownAfter;
  }
  return { count, start, slot, beforeLo, beforeHi, afterLo, afterHi, known, local, touched };
}

/** Legs of lives among a block's events, ordered as they came. */
export interface BlockLives {
  readonly count: number;
  /** Index of the event in the block. */
  readonly event: Uint32Array;
  readonly life: Float64Array;
  /** Index of LEGS. */
  readonly leg: Uint8Array;
}

/** `moments`: position, life, leg, position, life, leg … of block `block`. */
export function encodeLives(moments: readonly number[], block: number): Buffer {
  const count = Math.floor(moments.length / 3);
  const column = new Uint32Array(count);
  let first = count === 0 ? 0 : Number.MAX_SAFE_INTEGER;
  for (let i = 0; i < count; i++) first = Math.min(first, moments[3 * i + 1] ?? 0);
  const out = scratch.clear();
  out.varint(count);
  for (let i = 0; i < count; i++) column[i] = (moments[3 * i] ?? 0) - block * BLOCK_EVENTS;
  out.column(column, count);
  out.varint(first);
  for (let i = 0; i < count; i++) column[i] = (moments[3 * i + 1] ?? 0) - first;
  out.column(column, count);
  for (let i = 0; i < count; i++) column[i] = moments[3 * i + 2] ?? 0;
  out.column(column, count);
  return wrap(out.view());
}

/** @throws TraceError `damaged` */
export function decodeLives(blob: Uint8Array, block: number, events: number): BlockLives {
  const what = `lives of block ${block}`;
  const input = new ByteReader(unwrap(blob, what), what);
  const count = input.count(CHANGE_LIMIT, 'moments');
  const event = input.column(new Uint32Array(count), count);
  const first = input.varint();
  const life = Float64Array.from(input.column(new Uint32Array(count), count), (step) => first + step);
  const leg = input.column(new Uint8Array(count), count);
  input.end();
  for (let i = 0; i < count; i++)
    if ((event[i] ?? 0) >= events || (leg[i] ?? 0) > 4) throw input.fail(`event ${event[i]} has leg ${leg[i]}`);
  return { count, event, life, leg };
}

/** The state as a wrapped keyframe. */
export function encodeKeyframe(state: StateVector): Buffer {
  const out = scratch.clear();
  out.varint(state.size);
  out.column(state.lo, state.size);
  out.column(state.hi, state.size);
  out.columnOf(state.known, state.size);
  return wrap(out.view());
}

/**
 * Loads a keyframe into `into`. Slots that were claimed after it was made get their value of `initial`, which holds
 * every slot of the layout.
 * @throws TraceError `damaged`
 */
export function loadKeyframe(blob: Uint8Array, block: number, into: StateVector, initial: StateVector): void {
  const what = `keyframe of block ${block}`;
  const input = new ByteReader(unwrap(blob, what, 64 + into.size * 16), what);
  const count = input.count(Math.min(into.size, initial.size), 'slots');
  input.column(into.lo, count);
  input.column(into.hi, count);
  into.known.set(knownColumn(input, count, 1));
  input.end();
  into.lo.set(initial.lo.subarray(count, initial.size), count);
  into.hi.set(initial.hi.subarray(count, initial.size), count);
  into.known.set(initial.known.subarray(count, initial.size), count);
}
