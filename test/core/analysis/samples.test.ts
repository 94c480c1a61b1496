import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXACT_LIMIT, Samples, bucketMiddle, bucketOf } from '../../../core/analysis/samples.ts';

const duration = fc.oneof(
  fc.integer({ min: 0, max: 200 }),
  fc.maxSafeInteger().map(Math.abs),
  fc.integer({ min: 0, max: 52 }).chain((n) => fc.constantFrom(2 ** n - 1, 2 ** n, 2 ** n + 1)),
);

function nearestRank(values: readonly number[], percent: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1];
}

describe('samples', () => {
  it('give no distribution when there are none', () => {
    expect(new Samples().distribution()).toBeUndefined();
  });

  it('give exact percentiles by nearest rank, and the position where the longest began', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), (values) => {
        const samples = new Samples();
        for (const [index, value] of values.entries()) samples.add(value, index);
        const longest = Math.max(...values);
        expect(samples.distribution()).toEqual({
          count: values.length,
          minNs: Math.min(...values),
          p50Ns: nearestRank(values, 50),
          p90Ns: nearestRank(values, 90),
          p99Ns: nearestRank(values, 99),
          maxNs: longest,
          maxSeq: values.indexOf(longest),
          approximate: false,
        });
      }),
    );
  });

  it('keep buckets in the order of durations, each middle in its own bucket and within 0.8 %', () => {
    fc.assert(
      fc.property(duration, duration, (a, b) => {
        if (a <= b) expect(bucketOf(a)).toBeLessThanOrEqual(bucketOf(b));
        expect(bucketOf(bucketMiddle(bucketOf(a)))).toBe(bucketOf(a));
        expect(Math.abs(bucketMiddle(bucketOf(a)) - a)).toBeLessThanOrEqual(a / 125);
      }),
    );
  });

  it('stay close to the exact percentiles in buckets, with exact ends', () => {
    fc.assert(
      fc.property(fc.array(duration, { minLength: 1, maxLength: 300 }), (values) => {
        const samples = new Samples();
        for (const [index, value] of values.entries()) samples.add(value, index);
        samples.coarsen();
        const result = samples.distribution();
        expect(result).toMatchObject({ minNs: Math.min(...values), maxNs: Math.max(...values), approximate: true });
        for (const [percent, found] of [
          [50, result?.p50Ns],
          [90, result?.p90Ns],
          [99, result?.p99Ns],
        ] as const) {
          const exact = nearestRank(values, percent) ?? Number.NaN;
          expect(Math.abs((found ?? Number.NaN) - exact)).toBeLessThanOrEqual(exact / 125);
        }
      }),
    );
  });

  it(`are exact below ${EXACT_LIMIT} and marked approximate from there on`, () => {
    const samples = new Samples();
    for (let index = 0; index < EXACT_LIMIT - 1; index += 1) samples.add(index, index);
    expect(samples.distribution()).toMatchObject({ count: EXACT_LIMIT - 1, p50Ns: 49_999, approximate: false });
    expect(samples.held).toBe(EXACT_LIMIT - 1);
    samples.add(5, 7);
    expect(samples.distribution()).toMatchObject({ count: EXACT_LIMIT, maxSeq: EXACT_LIMIT - 2, approximate: true });
    expect(samples.held).toBe(0);
  });
});
