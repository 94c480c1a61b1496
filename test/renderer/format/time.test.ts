import { describe, expect, it } from 'vitest';
import { delta, deltaMicros, durationText, shortDuration, timeParts, timeText } from '../../../renderer/format/time.ts';

describe('times', () => {
  it('are seconds with nine decimals in three groups', () => {
    expect(timeParts(4_182_585_412)).toEqual({ whole: '4', groups: ['182', '585', '412'] });
    expect(timeText(4_182_585_412)).toBe('4.182585412');
    expect(timeText(0)).toBe('0.000000000');
    expect(timeText(61_000_000_007)).toBe('61.000000007');
  });
});

describe('durations', () => {
  it('take the unit that suits them, with three significant digits', () => {
    expect(durationText(29_412)).toBe('29.4 µs');
    expect(durationText(651_200, 4)).toBe('651.2 µs');
    expect(durationText(2_200_000)).toBe('2.20 ms');
    expect(durationText(13_007_000_000)).toBe('13.0 s');
    expect(durationText(7)).toBe('7 ns');
    expect(durationText(0)).toBe('0 ns');
  });
  it('go to the next unit before they would read 1000', () => {
    expect(durationText(999_960)).toBe('1.00 ms');
    expect(durationText(999_400)).toBe('999 µs');
  });
  it('lose zeros at the end where the width is free', () => {
    expect(shortDuration(2_200_000)).toBe('2.2 ms');
    expect(shortDuration(748_000)).toBe('748 µs');
    expect(shortDuration(1_000_000_000)).toBe('1 s');
  });
  it('carry a sign as a difference, the real minus', () => {
    expect(delta(651_200, 4)).toEqual({ value: '+651.2', unit: 'µs' });
    expect(delta(-29_400)).toEqual({ value: '\u221229.4', unit: 'µs' });
    expect(delta(0)).toEqual({ value: '0', unit: 'ns' });
  });
  it('fill the Δ column in microseconds, whole from 10 ms on', () => {
    expect(deltaMicros(5406)).toBe('5.406');
    expect(deltaMicros(0)).toBe('0.000');
    expect(deltaMicros(-999_999)).toBe('\u2212999.999');
    expect(deltaMicros(3_251_000)).toBe('3,251.000');
    expect(deltaMicros(4_169_168_000)).toBe('4,169,168');
  });
});
