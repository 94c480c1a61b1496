/** Parts of registers as a recording of the IRS shows them (gicv5-irs-registers §3 rule 1). */
import { describe, expect, it } from 'vitest';
import { merged, partOf } from '../../../../core/analysis/replay/v5/values.ts';

describe('half of IRS_IST_BASER', () => {
  it('reads as that half, also where it is 0', () => {
    for (const value of [0x4_8010_0001n, 0x8010_0001n])
      expect([0x180n, 0x184n].map((offset) => partOf(value, 4, offset))).toEqual([0x8010_0001n, value >> 32n]);
    expect(partOf(0x4_8010_0001n, 8, 0x180n)).toBe(0x4_8010_0001n);
  });

  it('replaces that half', () => {
    expect(merged(0x4_8010_0000n, 4, 0x180n, 1n)).toBe(0x4_0000_0001n);
    expect(merged(0x4_8010_0000n, 4, 0x184n, 5n)).toBe(0x5_8010_0000n);
    expect(merged(0x4_8010_0000n, 8, 0x180n, 1n)).toBe(1n);
  });
});

describe('a register of 32 bits at an odd word', () => {
  it('is not half of anything', () => {
    expect([partOf(0x4f_0001n, 4, 4n), merged(0n, 4, 0x84n, 0xf5d7n)]).toEqual([0x4f_0001n, 0xf5d7n]);
  });
});
