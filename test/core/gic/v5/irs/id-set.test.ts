/** The ordered set of numbers agrees with a plain one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdSet } from '../../../../../core/gic/v5/irs/id-set.ts';

describe('a set of numbers', () => {
  it('knows its smallest one after any additions and removals', () => {
    const number = fc.oneof(fc.nat(40), fc.nat(70_000), fc.constantFrom(31, 32, 1023, 1024, 0xff_ffff));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), number), { maxLength: 60 }), (operations) => {
        const set = new IdSet();
        const plain = new Set<number>();
        for (const [adds, id] of operations) {
          if (adds) {
            set.add(id);
            plain.add(id);
          } else {
            set.delete(id);
            plain.delete(id);
          }
          expect([set.first(), set.isEmpty]).toEqual([plain.size === 0 ? -1 : Math.min(...plain), plain.size === 0]);
        }
      }),
      { numRuns: 300 },
    );
  });
});
