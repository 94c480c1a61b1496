/** Keyframes: the value of every slot at the start of a block, as a blob and back. */
import { type StateVector } from '../state/state-vector.ts';
import { unwrap } from './blob.ts';
import { knownColumn } from './block-changes.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

const scratch = new ByteWriter(1 << 16);

/** The state as the content of a keyframe, valid until the next call. */
export function keyframeBytes(state: StateVector): Uint8Array {
  const out = scratch.clear();
  out.varint(state.size);
  out.column(state.lo, state.size);
  out.column(state.hi, state.size);
  out.columnOf(state.known, state.size);
  return out.view();
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
