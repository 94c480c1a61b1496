/** The state changes of a block and the slots that it touches, as bytes and back (block.ts says what is kept). */
import { unwrap } from './blob.ts';
import { BLOCK_EVENTS, type BlockChanges, CHANGE_LIMIT, type TouchedSlots } from './block.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

const scratch = new ByteWriter(1 << 18);

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

/** A column of known flags, none above `mask`. */
export function knownColumn(input: ByteReader, count: number, mask: number): Uint8Array {
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
