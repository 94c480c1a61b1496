import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fit, pan, zoom } from '../../../renderer/timeline/scale.ts';
import { coverageFor, serves } from '../../../renderer/timeline/tiles.ts';

const LANES = ['vcpu0', 'vcpu0.ppi27'];
const DURATION = 10e9;

describe('what the timeline asks for', () => {
  it('covers about three spans at a power of two of nanoseconds per column', () => {
    const span = { from: 4e9, to: 4.1e9 };
    const want = coverageFor(span, 1000, DURATION, LANES);
    expect(Math.log2(want.resolution) % 1).toBe(0);
    expect(want.resolution).toBeLessThanOrEqual(1e5);
    expect(want.from).toBeLessThanOrEqual(span.from - 0.9e8);
    expect(want.to).toBeGreaterThanOrEqual(span.to + 0.9e8);
  });
  it('serves pans and small zooms without another question, and large ones not', () => {
    const span = { from: 4e9, to: 4.1e9 };
    const have = coverageFor(span, 1000, DURATION, LANES);
    const want = (next: typeof span) => coverageFor(next, 1000, DURATION, LANES);
    const near = pan(span, 0.5e8, DURATION);
    const far = pan(span, 3e8, DURATION);
    const close = zoom(span, 4.05e9, 0.1, DURATION);
    expect(serves(have, want(near), near, DURATION)).toBe(true);
    expect(serves(have, want(far), far, DURATION)).toBe(false);
    expect(serves(have, want(close), close, DURATION)).toBe(false);
    expect(serves(have, coverageFor(span, 1000, DURATION, ['vcpu1']), span, DURATION)).toBe(false);
  });
  it('always serves the window it was made for, within the limit of columns', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e13 }),
        fc.integer({ min: 1, max: 8000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 1e-9, max: 1, noNaN: true }),
        (duration, width, place, factor) => {
          const span = zoom(fit(duration), place * duration, factor, duration);
          const want = coverageFor(span, width, duration, LANES);
          expect(want.columns).toBeLessThanOrEqual(8192);
          expect(want.from).toBeGreaterThanOrEqual(0);
          expect(want.to).toBeGreaterThan(want.from);
          expect(Number.isInteger(want.columns)).toBe(true);
          expect(serves(want, want, span, duration)).toBe(true);
        },
      ),
    );
  });
});
