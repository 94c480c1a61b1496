/**
 * A 64-bit fingerprint of a state, for "is this the same machine state?" and for replay checks. Not cryptographic.
 * Two independent 32-bit multiply-xor lanes over (slot, value, known); equal states give equal digests.
 * Slots that are unknown do not count, so a layout that merely grew by unknown slots keeps its digest.
 */
import { type StateVector } from './state-vector.ts';

export function digest(state: StateVector): bigint {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  const { lo, hi, known, size } = state;
  for (let slot = 0; slot < size; slot++) {
    if (known[slot] !== 1) continue;
    a = mix(mix(mix(a, slot), lo[slot] ?? 0), hi[slot] ?? 0);
    b = mix(mix(mix(b, hi[slot] ?? 0), slot), lo[slot] ?? 0);
  }
  return (BigInt(a >>> 0) << 32n) | BigInt(b >>> 0);
}

function mix(hash: number, word: number): number {
  let h = Math.imul(hash ^ word, 0xcc9e2d51);
  h = (h << 15) | (h >>> 17);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}
