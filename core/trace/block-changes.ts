/**
 * The slots that a block touches and the changes that its events own, as bytes (block.ts says what is kept).
 *
 * Changes repeat themselves: a slot goes to and fro between few values. So a block's distinct (slot, value after) are
 * listed once, and a change is the number of one (distinct.ts). That is as small as bytes that a compressor has been
 * through, save where values never return; a jump to a position needs no decompression, which would be most of its
 * cost (150 of 250 µs), and reads nothing of the changes that it does not make (stored-changes.ts).
 */
import { type TouchedSlots } from './block.ts';
import { ByteWriter } from './bytes.ts';
import { type KeyedValues, writeDistinct } from './distinct.ts';

const touchedScratch = new ByteWriter(1 << 16);
const changeScratch = new ByteWriter(1 << 16);

/** The unwrapped table of touched slots, valid until the next call. */
export function touchedBytes(touched: TouchedSlots): Uint8Array {
  const out = touchedScratch.clear();
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

/** What the writer has of a block's changes: rows of index into `touched` × 2 + known afterwards, and the value after. */
export interface ChangeColumns extends KeyedValues {
  /** Changes of each of the block's events. */
  readonly perEvent: Uint32Array;
}

/** The unwrapped changes, valid until the next call. */
export function changeBytes(changes: ChangeColumns, events: number): Uint8Array {
  const out = changeScratch.clear();
  out.varint(events);
  out.varint(changes.count);
  out.packed(changes.perEvent, events);
  writeDistinct(changes, out);
  return out.view();
}
