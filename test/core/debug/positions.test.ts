import { describe, expect, it } from 'vitest';
import { resolvePosition } from '../../../core/debug/positions.ts';

/** 1001 events, one each 10 µs. */
const TRACE = {
  count: 1001,
  duration: 10_000_000,
  seqAtTime: (time: number): number => Math.min(1000, Math.floor(time / 10_000)),
  timeOf: (seq: number): number => seq * 10_000,
};

describe('what a person types at go-to', () => {
  it.each([
    ['#123', 123],
    ['# 1,000', 1000],
    ['start', 0],
    ['END', 1000],
    ['5ms', 500],
    ['0.005s', 500],
    ['1.234567ms', 123],
    ['1234567ns', 123],
    ['12.5us', 1],
    ['50%', 500],
    ['12.5 %', 125],
    ['+200', 700],
    ['-200', 300],
    ['−200', 300],
    ['+#3', 503],
    ['-2000', 0],
    ['+2000', 1000],
    ['+1ms', 600],
    ['-1.5ms', 350],
    ['-1s', 0],
    ['+1s', 1000],
  ])('takes %s to event %i', (text, seq) => {
    expect(resolvePosition(text, 500, TRACE)).toEqual({ seq, error: '' });
  });

  it.each([
    ['', 'Expected an event (#1234)'],
    ['#1001', 'There is no event #1001: the last one is #1000.'],
    ['#99999999999999999999', 'There is no event'],
    ['11ms', 'The trace ends at 10ms'],
    ['101%', 'A share goes from 0% to 100%.'],
    ['1234', 'Is 1234 an event or a time? Write #1234 or 1234ms.'],
    ['5 min', 'Times end in ns, us, ms or s.'],
    ['somewhere', 'Expected an event (#1234)'],
    ['x'.repeat(500), 'too long'],
  ])('refuses %j and says what it expects', (text, message) => {
    const { seq, error } = resolvePosition(text, 500, TRACE);
    expect(seq).toBeNull();
    expect(error).toContain(message);
  });

  it('counts steps from before the first event, and knows an empty trace', () => {
    expect(resolvePosition('+1', -1, TRACE).seq).toBe(0);
    expect(resolvePosition('+15us', -1, TRACE).seq).toBe(1);
    expect(resolvePosition('end', -1, { ...TRACE, count: 0 }).error).toBe('The trace has no events.');
  });
});
