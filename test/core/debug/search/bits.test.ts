import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { complement, normal, type Interval } from '../../../../core/debug/condition/tests.ts';
import { edgeTest, wordTest } from '../../../../core/debug/search/bits.ts';

const MAX = (1n << 64n) - 1n;
const u64 = fc.oneof(fc.bigInt(0n, MAX), fc.bigInt(0n, 20n), fc.constantFrom(0n, 1n, 0xffff_ffffn, 1n << 32n, MAX));
const intervals = fc.array(fc.tuple(u64, u64), { maxLength: 4 }).map((list) => normal(list.map(([a, b]): Interval => (a < b ? [a, b] : [b, a])))); // prettier-ignore
const range = fc.integer({ min: 0, max: 63 }).chain((lsb) => fc.tuple(fc.constant(lsb), fc.integer({ min: 1, max: 64 - lsb }))); // prettier-ignore
const lo = (value: bigint): number => Number(value & 0xffff_ffffn);
const hi = (value: bigint): number => Number(value >> 32n);
const inside = (list: readonly Interval[], value: bigint): boolean => list.some(([a, b]) => value >= a && value <= b);

describe('intervals of 64-bit numbers', () => {
  it('are the same set after they are put in order, and their complement is everything else', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(u64, u64), { maxLength: 5 }), u64, (list, value) => {
        const given = list.map(([a, b]): Interval => (a < b ? [a, b] : [b, a]));
        const tidy = normal(given);
        expect(inside(tidy, value)).toBe(inside(given, value));
        expect(inside(complement(tidy), value)).toBe(!inside(given, value));
        for (const [i, [from]] of tidy.entries())
          if (i > 0) expect(from).toBeGreaterThan((tidy[i - 1]?.[1] ?? 0n) + 1n);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('tests on the halves of a word', () => {
  it('decide as arithmetic on the whole word does, at any bit range', () => {
    fc.assert(
      fc.property(u64, u64, intervals, range, (value, mask, wanted, [lsb, width]) => {
        const field = (value >> BigInt(lsb)) & ((1n << BigInt(width)) - 1n) & mask;
        const passes = wordTest({ mask, intervals: wanted, absent: false }, lsb, width);
        expect(passes(lo(value), hi(value), true)).toBe(inside(wanted, field));
        expect(passes(0, 0, false)).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });

  it('find edges as the values of the field before and after do', () => {
    const known = fc.constantFrom(0, 1, 2, 3);
    fc.assert(
      fc.property(u64, u64, known, range, (before, after, flags, [lsb, width]) => {
        const field = (value: bigint): bigint => (value >> BigInt(lsb)) & ((1n << BigInt(width)) - 1n);
        // An unknown word is stored as 0.
        const [wordBefore, wordAfter] = [flags & 1 ? before : 0n, flags & 2 ? after : 0n];
        const b = flags & 1 ? field(before) : undefined;
        const a = flags & 2 ? field(after) : undefined;
        const test = (edge: 'rises' | 'falls' | 'changes'): boolean =>
          edgeTest(edge, lsb, width)(lo(wordBefore), hi(wordBefore), lo(wordAfter), hi(wordAfter), flags);
        expect(test('changes')).toBe(a !== b);
        expect(test('rises')).toBe(a !== undefined && a > (b ?? 0n));
        expect(test('falls')).toBe(a !== undefined && b !== undefined && a < b);
      }),
      { numRuns: 5000 },
    );
  });
});
