import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DenseNumbers, UNKNOWN } from '../../../core/trace/dense-numbers.ts';

const value = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 0xffff_ffff }));

describe('dense numbers of sparse ones', () => {
  it('count up in the order in which values come, and lead back to them', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 1500 }), (values) => {
        const numbers = new DenseNumbers();
        const known = new Map<number, number>();
        for (const one of values) {
          expect(numbers.find(one)).toBe(known.get(one) ?? UNKNOWN);
          const dense = known.get(one) ?? known.size;
          known.set(one, dense);
          expect(numbers.of(one)).toBe(dense);
        }
        expect(numbers.count).toBe(known.size);
        for (const [one, dense] of known) expect(numbers.valueOf(dense)).toBe(one);
      }),
      { numRuns: 200 },
    );
  });
});
