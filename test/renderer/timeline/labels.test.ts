import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitting, flagsOf, flagText, mergeFlags, place } from '../../../renderer/timeline/labels.ts';

const measure = (text: string): number => text.length * 6;
const bounds = { left: 0, right: 800 };

describe('fitting labels', () => {
  it('takes the longest form with four pixels to spare on both sides', () => {
    expect(fitting(['guest', 'g'], 38, measure)).toBe('guest');
    expect(fitting(['guest', 'g'], 37, measure)).toBe('g');
    expect(fitting(['guest', 'g'], 13, measure)).toBeUndefined();
  });
  it('starts at the visible part of a bar', () => {
    expect(place(['guest'], -100, 100, bounds, measure)).toEqual({ x: 4, text: 'guest' });
    expect(place(['guest'], 780, 900, bounds, measure)).toBeUndefined();
  });
  it('is never crossed by the cursor', () => {
    expect(place(['guest'], 0, 200, bounds, measure, 100)).toEqual({ x: 4, text: 'guest' });
    expect(place(['guest'], 0, 200, bounds, measure, 20)).toEqual({ x: 24, text: 'guest' });
    expect(place(['guest'], 0, 60, bounds, measure, 30)).toBeUndefined();
  });
});

describe('flags of hits', () => {
  it('say the number of their breakpoint, and of several hits a count that is no number of one', () => {
    expect(flagText({ label: '3', count: 1 })).toBe('3');
    expect(flagText({ label: '3', count: 1234 })).toBe('×1,234');
  });
  const span = { from: 0, to: 1000 };
  it('become one with a count when they would overlap', () => {
    const flags = flagsOf([{ times: Float64Array.of(100, 105, 300), label: '1', colour: '' }], span, 1000);
    expect(flags.map(({ px, count }) => [px, count])).toEqual([
      [100, 2],
      [300, 1],
    ]);
  });
  it('keep their number and colour only among their own', () => {
    const flags = mergeFlags([
      { px: 10, label: '1', count: 1, colour: '#112233' },
      { px: 12, label: '2', count: 1, colour: '' },
      { px: 40, label: '2', count: 3, colour: '#445566' },
    ]);
    expect(flags).toEqual([
      { px: 10, label: '', count: 2, colour: '' },
      { px: 40, label: '2', count: 3, colour: '#445566' },
    ]);
  });
  it('count every hit in the window exactly once', () => {
    const times = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 100 });
    fc.assert(
      fc.property(times, times, (a, b) => {
        const sources = [a, b].map((list, index) => ({
          times: Float64Array.from(list.toSorted((x, y) => x - y)),
          label: String(index),
          colour: '',
        }));
        const total = flagsOf(sources, span, 900).reduce((sum, { count }) => sum + count, 0);
        expect(total).toBe(a.length + b.length);
      }),
    );
  });
});
