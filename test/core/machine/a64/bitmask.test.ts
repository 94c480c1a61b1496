/** Bitmask immediates, every one of them, against the architecture's definition on bigint. */
import { describe, expect, it } from 'vitest';
import { decodeBitmask, encodeBitmask } from '../../../../core/machine/a64/bitmask.ts';

/** The definition: ones in an element, rotated right, repeated. */
function reference(y: number, e: number, r: number): bigint | undefined {
  const code = (y << 6) | (~e & 0x3f);
  const length = code.toString(2).length - 1;
  if (code === 0 || length < 1) return undefined;
  const size = 2 ** length;
  const levels = size - 1;
  const s = e & levels;
  const turn = BigInt(r & levels);
  if (s === levels) return undefined;
  const ones = (1n << BigInt(s + 1)) - 1n;
  const element = BigInt.asUintN(size, (ones >> turn) | (ones << (BigInt(size) - turn)));
  let value = 0n;
  for (let at = 0; at < 64; at += size) value |= element << BigInt(at);
  return value;
}

describe('bitmask immediates', () => {
  it('decodes all 8192 encodings as defined', () => {
    for (let y = 0; y < 2; y++)
      for (let e = 0; e < 64; e++)
        for (let r = 0; r < 64; r++) {
          const value = decodeBitmask({ y, e, r });
          expect(value && (BigInt(value.hi) << 32n) | BigInt(value.lo)).toBe(reference(y, e, r));
        }
  });

  it('encodes each of the 5334 values and decodes it to the same', () => {
    const values = new Set<bigint>();
    for (let y = 0; y < 2; y++)
      for (let e = 0; e < 64; e++)
        for (let r = 0; r < 64; r++) {
          const value = reference(y, e, r);
          if (value !== undefined) values.add(value);
        }
    expect(values.size).toBe(5334);
    for (const value of values) {
      const code = encodeBitmask(Number(value & 0xffff_ffffn), Number(value >> 32n));
      expect(code && reference(code.y, code.e, code.r)).toBe(value);
    }
  });

  it('has no encoding of all zeros, all ones, or two runs', () => {
    expect(encodeBitmask(0, 0)).toBeUndefined();
    expect(encodeBitmask(0xffff_ffff, 0xffff_ffff)).toBeUndefined();
    expect(encodeBitmask(0b101, 0)).toBeUndefined();
    expect(encodeBitmask(0x1234_5678, 0x9abc_def0)).toBeUndefined();
  });
});
