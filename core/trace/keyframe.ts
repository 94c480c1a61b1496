/**
 * Keyframes: the value of every slot at the start of a block, as a blob and back. Most slots have one of few values, so
 * the distinct ones are listed (distinct.ts).
 */
import { type StateVector } from '../state/state-vector.ts';
import { unwrap } from './blob.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { readDistinct, writeDistinct } from './distinct.ts';
import { damaged } from './errors.ts';

const scratch = new ByteWriter(1 << 16);
let known = new Uint32Array(0);
/** The distinct values of the keyframe that is being loaded. */
let key = new Uint32Array(0);
let lo = new Uint32Array(0);
let hi = new Uint32Array(0);

/** The state as the content of a keyframe, valid until the next call. */
export function keyframeBytes(state: StateVector): Uint8Array {
  const out = scratch.clear();
  out.varint(state.size);
  if (known.length < state.size) known = new Uint32Array(state.lo.length);
  known.set(state.known.subarray(0, state.size));
  writeDistinct({ count: state.size, key: known, lo: state.lo, hi: state.hi }, out);
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
  const stored = readDistinct(input, count);
  input.end();
  const values = stored.count;
  if (key.length < values) {
    key = new Uint32Array(values);
    lo = new Uint32Array(values);
    hi = new Uint32Array(values);
  }
  stored.key.read(key);
  stored.lo.read(lo);
  stored.hi.read(hi);
  for (let i = 0; i < values; i++) if ((key[i] ?? 0) > 1) throw damaged(what, `known flag ${key[i]}`);
  const numbers = stored.entry.take(0, count);
  for (let slot = 0; slot < count; slot++) {
    const number = numbers[slot] ?? 0;
    if (number >= values) throw damaged(what, `slot ${slot} has value ${number} of ${values}`);
    into.lo[slot] = lo[number] ?? 0;
    into.hi[slot] = hi[number] ?? 0;
    into.known[slot] = key[number] ?? 0;
  }
  into.lo.set(initial.lo.subarray(count, initial.size), count);
  into.hi.set(initial.hi.subarray(count, initial.size), count);
  into.known.set(initial.known.subarray(count, initial.size), count);
}
