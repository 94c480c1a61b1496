import fc from 'fast-check';
import { expect, it } from 'vitest';
import { extract, update } from '../../../core/gic/wide.ts';

const part = fc
  .constantFrom(1, 2, 4, 8)
  .chain((length) => fc.record({ offset: fc.nat(15).map((n) => n - (n % length)), length: fc.constant(length) }));
const word = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

it('a part of a register that is written reads as written, and the rest as before', () => {
  fc.assert(
    fc.property(word, word, part, part, (old, value, written, other) => {
      const now = update(old, written, BigInt.asUintN(written.length * 8, value));
      expect(extract(now, written)).toBe(BigInt.asUintN(written.length * 8, value));
      const [from, at] = [written.offset & 7, other.offset & 7];
      if (at + other.length <= from || at >= from + written.length)
        expect(extract(now, other)).toBe(extract(old, other));
      expect(BigInt.asUintN(64, now)).toBe(now);
    }),
  );
});

it('words of a register are its lower and upper half', () => {
  const value = 0x1122_3344_5566_7788n;
  expect(extract(value, { offset: 0x6008, length: 4 })).toBe(0x5566_7788n);
  expect(extract(value, { offset: 0x600c, length: 4 })).toBe(0x1122_3344n);
  expect(update(value, { offset: 0x74, length: 4 }, 0n)).toBe(0x5566_7788n);
});
