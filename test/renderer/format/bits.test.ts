import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitRange, fieldValue, rulerBits, setBits } from '../../../renderer/format/bits.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const hex = (value: bigint): string => `0x${value.toString(16)}`;

describe('bits of a register', () => {
  it('give a field its value', () => {
    expect(fieldValue('0x78000001', 31, 27)).toBe('0xf');
    expect(fieldValue('0xffffffffffffffff', 63, 0)).toBe('0xffffffffffffffff');
  });
  it('rebuild the value that they were cut from', () => {
    fc.assert(
      fc.property(u64, u64, (value, before) => {
        const bits = rulerBits(hex(value), 64, hex(before), []);
        const rebuilt = bits.reduce((sum, { index, set }) => sum | (set ? 1n << BigInt(index) : 0n), 0n);
        const changed = bits.reduce((sum, { index, changed: is }) => sum | (is ? 1n << BigInt(index) : 0n), 0n);
        // With 32 bits shown, the upper half is zero now and before.
        expect(rebuilt).toBe(value);
        expect(changed).toBe(value ^ before);
      }),
    );
  });
  it('leave out an upper half that is zero now and before', () => {
    expect(rulerBits('0x1', 64, null, [])).toHaveLength(32);
    expect(rulerBits('0x1', 64, '0x100000000', [])).toHaveLength(64);
    expect(rulerBits('0x1', 64, null, [{ name: 'HI', msb: 40, lsb: 33 }])).toHaveLength(64);
    expect(rulerBits('0x1', 64, null, [{ name: 'RES0', msb: 63, lsb: 32 }])).toHaveLength(32);
  });
  it('carry numbers at the ends of fields', () => {
    const fields = [
      { name: 'VPMR', msb: 31, lsb: 27 },
      { name: 'EN', msb: 0, lsb: 0 },
    ];
    const labels = rulerBits('0x78000001', 64, null, fields).flatMap(({ index, label }) => (label ? [index] : []));
    expect(labels).toEqual([31, 27, 0]);
  });
  it('are written as ranges and listed from a mask', () => {
    expect(bitRange(31, 27)).toBe('31:27');
    expect(bitRange(0, 0)).toBe('0');
    expect(setBits('0x8000000000000005')).toEqual([0, 2, 63]);
  });
});
