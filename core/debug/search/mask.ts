/**
 * One byte per event of a block: 1 where a test holds. Joined four bytes at a time. Bytes behind the block's last
 * event may hold anything.
 */
import { BLOCK_EVENTS } from '../../trace/block.ts';

export interface Mask {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

const ONES = 0x0101_0101;

export function makeMask(): Mask {
  const buffer = new ArrayBuffer(BLOCK_EVENTS);
  return { bytes: new Uint8Array(buffer), words: new Uint32Array(buffer) };
}

export function andInto(into: Mask, other: Mask): void {
  for (let i = 0; i < into.words.length; i++) into.words[i] = (into.words[i] ?? 0) & (other.words[i] ?? 0);
}

export function orInto(into: Mask, other: Mask): void {
  for (let i = 0; i < into.words.length; i++) into.words[i] = (into.words[i] ?? 0) | (other.words[i] ?? 0);
}

export function invert(mask: Mask): void {
  for (let i = 0; i < mask.words.length; i++) mask.words[i] = (mask.words[i] ?? 0) ^ ONES;
}

export function isEmpty(mask: Mask, count: number): boolean {
  const whole = count >> 2;
  for (let i = 0; i < whole; i++) if (mask.words[i] !== 0) return false;
  for (let i = whole << 2; i < count; i++) if (mask.bytes[i] === 1) return false;
  return true;
}

/** Number of hits among events `from` … `to` − 1. */
export function countOnes(mask: Mask, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += mask.bytes[i] ?? 0;
  return sum;
}
