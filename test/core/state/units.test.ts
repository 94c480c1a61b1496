import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesText,
  countText,
  durationText,
  parseDuration,
  printable,
  secondsText,
} from '../../../core/state/units.ts';

describe('units', () => {
  it('write durations with three significant digits in the unit that fits', () => {
    expect(
      [0, 7, 999, 1000, 29_400, 999_949, 999_999, 41_300_000, 2_210_000_000, 72_000_000_000].map(durationText),
    ).toEqual(['0 ns', '7 ns', '999 ns', '1.00 µs', '29.4 µs', '1.00 ms', '1.00 ms', '41.3 ms', '2.21 s', '72.0 s']);
    expect(durationText(-29_400)).toBe('−29.4 µs');
  });

  it('write durations within half of their last digit', () => {
    const scale: Readonly<Record<string, number>> = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), (ns) => {
        const [number = '', unit = ''] = durationText(ns).split(' ');
        expect(Math.abs(Number(number) * (scale[unit] ?? Number.NaN) - ns)).toBeLessThanOrEqual(
          Math.max(0.5, ns * 0.0051),
        );
      }),
    );
  });

  it('write times in seconds without losing a nanosecond', () => {
    expect([0, 1, 999_999_999, 4_182_585_123].map(secondsText)).toEqual([
      '0.000000000',
      '0.000000001',
      '0.999999999',
      '4.182585123',
    ]);
    fc.assert(
      fc.property(fc.maxSafeNat(), (ns) => {
        expect(BigInt(secondsText(ns).replace('.', ''))).toBe(BigInt(ns));
      }),
    );
  });

  it('are read back in every unit, with a sign', () => {
    expect(['+1.5ms', '-2 s', '300 µs', '300us', ' 7ns '].map(parseDuration)).toEqual([1_500_000, -2e9, 3e5, 3e5, 7]);
    expect(['', '5', 'ms', '1e3s', '1.5 h', '1.0000000001s'].map(parseDuration)).toEqual(Array(6).fill(undefined));
  });

  it('group counts by three', () => {
    expect([0, 999, 1000, 211_613, 1_284_062].map(countText)).toEqual(['0', '999', '1,000', '211,613', '1,284,062']);
  });

  it('write sizes in powers of a thousand', () => {
    expect([0, 512, 1050, 1_054_636, 999_999, 5e12, 7e15].map(bytesText)).toEqual([
      '0 B',
      '512 B',
      '1.05 kB',
      '1.05 MB',
      '1.00 MB',
      '5.00 TB',
      '7000 TB',
    ]);
  });

  it('show control and direction characters as escapes and leave the rest', () => {
    expect(printable('a\x1b[31m\n\u202eb → µ')).toBe(String.raw`a\x1b[31m\x0a\u202eb → µ`);
  });
});
