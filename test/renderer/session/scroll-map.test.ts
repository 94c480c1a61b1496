import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowForThumb, scrollTo, thumbOf } from '../../../renderer/session/scroll-map.ts';

describe('the scrollbar of a long list', () => {
  it('maps a hundred million rows to a track and back', () => {
    const thumb = thumbOf(50e6, 20, 1e8, 400);
    expect(thumb?.height).toBe(24);
    expect(thumb?.top).toBeCloseTo(188, 0);
    expect(rowForThumb(376, 20, 1e8, 400)).toBe(1e8 - 20);
    expect(rowForThumb(0, 20, 1e8, 400)).toBe(0);
  });
  it('is not there when everything fits', () => {
    expect(thumbOf(0, 20, 20, 400)).toBeUndefined();
  });
  it('brings a row into view, moving as little as possible', () => {
    expect(scrollTo(5, 0, 20, 1000)).toBe(0);
    expect(scrollTo(19, 0, 20, 1000)).toBe(2);
    expect(scrollTo(100, 101, 20, 1000)).toBe(98);
    expect(scrollTo(500, 0, 20, 1000)).toBe(490);
  });
  it('always ends with the row in view', () => {
    const index = fc.integer({ min: 0, max: 1e8 });
    fc.assert(
      fc.property(
        index,
        index,
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 1e8 }),
        (to, from, visible, total) => {
          const row = Math.min(to, total - 1);
          const top = scrollTo(row, Math.min(from, Math.max(0, total - visible)), visible, total);
          expect(top).toBeGreaterThanOrEqual(0);
          expect(row).toBeGreaterThanOrEqual(top);
          expect(row).toBeLessThan(top + visible);
        },
      ),
    );
  });
});
