import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bars,
  firstEndingAfter,
  LEAST_ALPHA,
  makeBars,
  mergeColumns,
} from '../../../renderer/timeline/columns.ts';

/** Codes are classes here. */
const IDENTITY = Uint8Array.from({ length: 256 }, (_, code) => code);
const span = { from: 0, to: 1000 };

function segments(list: readonly (readonly [start: number, end: number, code: number, share?: number])[]) {
  return {
    start: Float64Array.from(list, ([start]) => start),
    end: Float64Array.from(list, ([, end]) => end),
    code: Uint16Array.from(list, ([, , code]) => code),
    share: Uint8Array.from(list, ([, , , share]) => share ?? 255),
  };
}
function drawn(bars: Bars): { x: number; width: number; shape: number; alpha: number }[] {
  return Array.from({ length: bars.count }, (_, index) => ({
    x: bars.x[index] ?? 0,
    width: bars.width[index] ?? 0,
    shape: bars.shape[index] ?? 0,
    alpha: Math.round((bars.alpha[index] ?? 0) * 100) / 100,
  }));
}
function merged(list: Parameters<typeof segments>[0], width = 1000, choice: 'gravest' | 'longest' = 'gravest') {
  const bars = makeBars(2);
  mergeColumns(segments(list), span, width, IDENTITY, choice, bars);
  return drawn(bars);
}

describe('merging segments into columns', () => {
  it('draws a segment of two pixels or more as a bar of its own', () => {
    expect(merged([[100, 110, 3]])).toEqual([{ x: 100, width: 10, shape: 3, alpha: 1 }]);
  });
  it('draws nothing for the background', () => {
    expect(merged([[0, 1000, 0]])).toEqual([]);
  });
  it('shows the gravest of several states in one column, never fainter than the least', () => {
    const bars = merged(
      [
        [100, 104, 2],
        [104, 104.5, 5],
        [104.5, 109, 0],
      ],
      100,
    );
    expect(bars).toEqual([{ x: 10, width: 1, shape: 5, alpha: LEAST_ALPHA }]);
  });
  it('shows the longest where that is what a lane is about', () => {
    const bars = merged(
      [
        [100, 106, 2],
        [106, 109, 5],
      ],
      100,
      'longest',
    );
    expect(bars).toEqual([{ x: 10, width: 1, shape: 2, alpha: 0.6 }]);
  });
  it('joins neighbouring columns that look the same', () => {
    const list = Array.from({ length: 100 }, (_, index) => [index * 10, index * 10 + 10, 3] as const);
    const bars = merged(list, 100);
    expect(bars).toEqual([{ x: 0, width: 100, shape: 3, alpha: 1 }]);
  });
  it('takes the share of a summarised segment as its opacity', () => {
    expect(merged([[100, 110, 3, 128]])[0]?.alpha).toBe(0.5);
    expect(merged([[100, 110, 3, 1]])[0]?.alpha).toBe(LEAST_ALPHA);
  });
  it('skips what is outside the window', () => {
    expect(
      merged([
        [-50, -10, 3],
        [-10, 20, 3],
        [2000, 2010, 3],
      ]),
    ).toEqual([{ x: -4, width: 24, shape: 3, alpha: 1 }]);
  });
  it('never loses a segment that is not background, and needs at most two rectangles per column', () => {
    const list = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 7 })), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 400 }), (steps, width) => {
        let at = 0;
        const made = steps.map(([size, code]) => [at, (at += size), code] as const).filter(([start]) => start < 1000);
        const bars = merged(made, width);
        expect(bars.length).toBeLessThanOrEqual(2 * width + 2);
        for (const [start, , code] of made) {
          if (code === 0) continue;
          const px = (start / 1000) * width;
          const cover = bars.find(({ x, width: wide }) => Math.floor(px) >= Math.floor(x) - 0.01 && px <= x + wide + 1);
          expect(cover, `segment at ${start} of class ${code}`).toBeDefined();
        }
      }),
    );
  });
  it('finds the first segment by halving', () => {
    const ends = Float64Array.of(10, 20, 30);
    expect(firstEndingAfter(ends, 0)).toBe(0);
    expect(firstEndingAfter(ends, 10)).toBe(1);
    expect(firstEndingAfter(ends, 29)).toBe(2);
    expect(firstEndingAfter(ends, 30)).toBe(3);
  });
});
