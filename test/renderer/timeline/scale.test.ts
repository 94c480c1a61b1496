import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  centre,
  clamp,
  fit,
  length,
  pan,
  reveal,
  SHORTEST_SPAN,
  toPx,
  toTime,
  zoom,
} from '../../../renderer/timeline/scale.ts';

const duration = fc.integer({ min: 0, max: 1e14 });
const number = fc.double({ min: -1e14, max: 2e14, noNaN: true });

describe('the window of time', () => {
  it('fills the window with a trace of a few dozen nanoseconds', () => {
    const span = fit(27);
    expect(toPx(span, 1000, 27) - toPx(span, 1000, 0)).toBeGreaterThan(950);
  });
  it('maps times to pixels and back', () => {
    const span = { from: 1000, to: 3000 };
    expect(toPx(span, 800, 2000)).toBe(400);
    expect(toTime(span, 800, 400)).toBe(2000);
  });
  it('shows the whole trace with a margin on both sides', () => {
    const whole = fit(1e9);
    expect(whole.from).toBeLessThan(0);
    expect(whole.to).toBeGreaterThan(1e9);
    expect(-whole.from).toBeCloseTo(whole.to - 1e9);
  });
  it('never leaves the trace nor the zoom limits, however it is moved', () => {
    fc.assert(
      fc.property(duration, number, number, fc.double({ min: 0.01, max: 100, noNaN: true }), (total, a, b, factor) => {
        const whole = fit(total);
        for (const span of [
          clamp({ from: Math.min(a, b), to: Math.max(a, b) }, total),
          pan(fit(total), a, total),
          zoom(fit(total), Math.min(Math.abs(a), total), factor, total),
          centre(clamp({ from: a, to: a + 1000 }, total), b, total),
        ]) {
          const slack = 1e-6 * length(whole);
          expect(length(span)).toBeGreaterThanOrEqual(Math.min(SHORTEST_SPAN, length(whole)) - slack);
          expect(span.from).toBeGreaterThanOrEqual(whole.from - slack);
          expect(span.to).toBeLessThanOrEqual(whole.to + slack);
        }
      }),
    );
  });
  it('zooms around a time that stays where it is', () => {
    const span = { from: 4e8, to: 6e8 };
    const next = zoom(span, 4.5e8, 0.5, 1e9);
    expect(length(next)).toBe(1e8);
    expect(toPx(next, 1000, 4.5e8)).toBeCloseTo(250);
  });
  it('stays when what must be seen is in it, and moves by less than a page otherwise', () => {
    const span = { from: 4e8, to: 6e8 };
    expect(reveal(span, 5e8, 1e9)).toBe(span);
    const next = reveal(span, 7e8, 1e9);
    expect(length(next)).toBe(2e8);
    expect(toPx(next, 300, 7e8)).toBeCloseTo(100);
  });
});
