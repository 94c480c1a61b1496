import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ruler, tickStep } from '../../../renderer/timeline/ruler.ts';

const labels = (marks: ReturnType<typeof ruler>): string[] => marks.ticks.map(({ value, unit }) => `${value} ${unit}`);

describe('the ruler', () => {
  it('steps by 1, 2 or 5 of a power of ten', () => {
    expect(tickStep(13)).toBe(20);
    expect(tickStep(20)).toBe(20);
    expect(tickStep(21)).toBe(50);
    expect(tickStep(0.3)).toBe(1);
  });
  it('counts from a base in the gutter, so that labels stay short', () => {
    const marks = ruler({ from: 4_181_080_000, to: 4_183_280_000 }, 876);
    expect(marks.base).toBe('4.180 s');
    expect(labels(marks).slice(0, 3)).toEqual(['+1.2 ms', '+1.4 ms', '+1.6 ms']);
  });
  it('counts from the start of the trace where that is in sight', () => {
    const marks = ruler({ from: -2e8, to: 13e9 }, 1000);
    expect(marks.base).toBe('');
    expect(labels(marks).slice(0, 3)).toEqual(['0 s', '2 s', '4 s']);
  });
  it('reaches nanoseconds', () => {
    const marks = ruler({ from: 4_181_080_100, to: 4_181_080_200 }, 800);
    expect(marks.ticks.every(({ unit }) => unit === 'ns')).toBe(true);
    expect(marks.base).toMatch(/^4\.181080100 s$/);
  });
  it('has the round times of a clock in seconds', () => {
    const clock = { unit: 's', seconds: 6, nanos: 14_234_817 } as const;
    expect(labels(ruler({ from: 0, to: 18e9 }, 1000, { clock })).slice(0, 2)).toEqual(['8 s', '10 s']);
    const near = ruler({ from: 8_900_000_000, to: 8_902_000_000 }, 876, { clock });
    expect(near.base).toBe('14.910 s');
    expect(labels(near).slice(0, 2)).toEqual(['+4.4 ms', '+4.6 ms']);
    expect(near.ticks[0]?.time).toBe(14_914_400_000 - 6_014_234_817);
  });
  it('has the time of day of a clock in UTC, also past midnight', () => {
    const clock = {
      unit: 'UTC',
      seconds: 1_795_000_000 - (1_795_000_000 % 86_400) + 86_395,
      nanos: 500_000_000,
    } as const;
    const marks = ruler({ from: 0, to: 9e9 }, 1000, { clock });
    expect(marks.base).toBe('23:59:50');
    expect(labels(marks).slice(0, 3)).toEqual(['+6 s', '+7 s', '+8 s']);
    const map = ruler({ from: 0, to: 9e9 }, 1000, { clock, baseless: true, spacing: 90 });
    expect(map.base).toBe('');
    expect(map.ticks.map(({ value }) => value).slice(3, 5)).toEqual(['23:59:59', '00:00:00']);
    expect(ruler({ from: 1e6, to: 2e6 }, 1000, { clock }).base).toBe('23:59:55.501');
  });
  it('keeps its ticks in the window and apart', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e13 }), fc.integer({ min: 100, max: 1e12 }), (from, size) => {
        const span = { from, to: from + size };
        const { ticks } = ruler(span, 900);
        expect(ticks.length).toBeGreaterThan(0);
        ticks.forEach((tick, index) => {
          expect(tick.px).toBeGreaterThanOrEqual(-0.01);
          expect(tick.px).toBeLessThanOrEqual(900.01);
          const before = ticks[index - 1];
          if (before !== undefined)
            expect(tick.px - before.px).toBeGreaterThanOrEqual(Math.min(77, (900 / size) * 0.99));
        });
        // A label names one place only.
        expect(new Set(ticks.map(({ value }) => value)).size).toBe(ticks.length);
      }),
    );
  });
});
