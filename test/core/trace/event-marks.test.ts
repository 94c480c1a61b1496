import { describe, expect, it } from 'vitest';
import { EventMarks } from '../../../core/trace/event-marks.ts';

describe('the marks of an event', () => {
  it('say once that a bit of a key is new, until the event is over', () => {
    const marks = new EventMarks();
    expect([marks.first(7, 1), marks.first(7, 1), marks.first(7, 2), marks.first(8, 1)]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    marks.clear();
    expect([marks.first(7, 1), marks.first(8, 2)]).toEqual([true, true]);
  });

  it('hold any number of keys', () => {
    const marks = new EventMarks();
    const keys = Array.from({ length: 1000 }, (_, i) => i * 37);
    for (let event = 0; event < 2; event++) {
      expect(keys.every((key) => marks.first(key, 4))).toBe(true);
      expect(keys.some((key) => marks.first(key, 4))).toBe(false);
      marks.clear();
    }
  });
});
