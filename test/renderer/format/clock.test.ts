import { describe, expect, it } from 'vitest';
import { type Clock, clockOf, clockParts, clockText, sinceStart } from '../../../renderer/format/clock.ts';

const found = (facts: Record<string, string>): Clock => {
  const clock = clockOf(facts);
  if (clock === undefined) throw new Error('no clock');
  return clock;
};
const host = found({ clock: 'mono', 'first time stamp': '72.000090503 s' });
const utc = found({ 'time origin': '2026-11-20T21:55:32.992106Z' });

describe('the clock of a recording', () => {
  it('is found in the facts of its source, or there is none', () => {
    expect(host).toEqual({ unit: 's', seconds: 72, nanos: 90_503 });
    expect(utc).toEqual({ unit: 'UTC', seconds: Date.UTC(2026, 10, 20, 21, 55, 32) / 1000, nanos: 992_106_000 });
    expect(clockOf({ clock: 'virtual: one nanosecond an instruction' })).toBeUndefined();
    // A clock that counts, and a date that is none.
    expect(clockOf({ 'first time stamp': '81204' })).toBeUndefined();
    expect(clockOf({ 'time origin': '2026-13-41T99:55:32Z' })).toBeUndefined();
  });

  it('goes on from its first stamp, to the nanosecond', () => {
    expect(clockText(host, 0)).toBe('72.000090503 s');
    expect(clockText(host, 3_999_909_497)).toBe('76.000000000 s');
    expect(clockText(utc, 10_007_594_000)).toBe('21:55:42.999700000 UTC');
    expect(clockParts(utc, 4 * 3_600_000_000_000).whole).toBe('01:55:32');
    expect(clockText(undefined, 4_182_585_412)).toBe('4.182585412 s');
  });

  it.each([
    [host, '76.5s', '4.499909497s'],
    [host, '76 s', '3.999909497s'],
    [host, '5s', '0s'],
    [host, '+5ms', '+5ms'],
    [host, '#412', '#412'],
    [utc, '21:55:42.9997', '10.007594000s'],
    [utc, '21:55:42.999700000 UTC', '10.007594000s'],
    [utc, '00:00:00', '7467.007894000s'],
    [utc, '4s', '4s'],
    [undefined, '4s', '4s'],
  ] as const)('reads a typed time back: %o, %s is %s', (clock, typed, since) => {
    expect(sinceStart(clock, typed)).toBe(since);
  });
});
