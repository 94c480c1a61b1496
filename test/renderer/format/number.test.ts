import { describe, expect, it } from 'vitest';
import { bytesText, counted, eventLabel, grouped, significant } from '../../../renderer/format/number.ts';

describe('numbers', () => {
  it('are grouped by three', () => {
    expect(grouped(0)).toBe('0');
    expect(grouped(999)).toBe('999');
    expect(grouped(1_284_062)).toBe('1,284,062');
    expect(grouped(-1234)).toBe('\u22121,234');
  });
  it('name events, and the place before the first', () => {
    expect(eventLabel(412_958)).toBe('#412,958');
    expect(eventLabel(0)).toBe('#0');
    expect(eventLabel(-1)).toBe('before #0');
  });
  it('agree with their nouns', () => {
    expect(counted(1, 'event')).toBe('1 event');
    expect(counted(48_207, 'event')).toBe('48,207 events');
    expect(counted(1, 'event is', 'events are')).toBe('1 event is');
  });
  it('keep as many decimals as make the digits significant', () => {
    expect(significant(29.412, 3)).toBe('29.4');
    expect(significant(0.0123, 3)).toBe('0.0123');
    expect(significant(651.2, 3)).toBe('651');
    expect(significant(0, 3)).toBe('0');
  });
  it('are sizes as disks are sold', () => {
    expect(bytesText(512)).toBe('512 B');
    expect(bytesText(2_310_000_000)).toBe('2.31 GB');
    expect(bytesText(999_700)).toBe('1.00 MB');
  });
});
