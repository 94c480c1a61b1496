/**
 * Bitmask immediates of the logical instructions: a run of ones, rotated, in an element of 2 … 64 bits, repeated.
 * Fields N (`y`), imms (`e`) and immr (`r`): the element's size is the position of the highest set bit of N:NOT(imms).
 * Bits of immr above the element's size are ignored, so a value has several encodings; `encodeBitmask` gives the one
 * with zeros there. All ones and all zeros have none.
 */

export interface BitmaskFields {
  readonly y: number;
  readonly e: number;
  readonly r: number;
}

export interface Halves {
  readonly lo: number;
  readonly hi: number;
}

/** The 64-bit value (for a 32-bit instruction, both halves alike); undefined for reserved encodings. */
export function decodeBitmask({ y, e, r }: BitmaskFields): Halves | undefined {
  const code = (y << 6) | (~e & 0x3f);
  if (code < 2) return undefined;
  const size = 1 << (31 - Math.clz32(code));
  const ones = (e & (size - 1)) + 1;
  if (ones === size) return undefined;
  const turn = r & (size - 1);
  let lo = 0;
  let hi = 0;
  for (let bit = 0; bit < 64; bit++) {
    const source = (bit + turn) & (size - 1);
    if (source >= ones) continue;
    if (bit < 32) lo |= 1 << bit;
    else hi |= 1 << (bit - 32);
  }
  return { lo: lo >>> 0, hi: hi >>> 0 };
}

/** The encoding of a value of 64 bits, or of 32 bits repeated; undefined when it has none. */
export function encodeBitmask(lo: number, hi: number): BitmaskFields | undefined {
  const value = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
  for (let size = 2; size <= 64; size *= 2) {
    const width = BigInt(size);
    const element = BigInt.asUintN(size, value);
    if (repeat(element, size) !== value) continue;
    const ones = countOnes(element);
    if (ones === 0 || ones === size) return undefined;
    const run = (1n << BigInt(ones)) - 1n;
    for (let r = 0; r < size; r++) {
      const turned = BigInt.asUintN(size, (run >> BigInt(r)) | (run << (width - BigInt(r))));
      if (turned === element) return { y: size === 64 ? 1 : 0, e: (~(size * 2 - 1) & 0x3f) | (ones - 1), r };
    }
    return undefined;
  }
  return undefined;
}

function repeat(element: bigint, size: number): bigint {
  let value = 0n;
  for (let at = 0; at < 64; at += size) value |= element << BigInt(at);
  return value;
}

function countOnes(value: bigint): number {
  let count = 0;
  for (let rest = value; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}
