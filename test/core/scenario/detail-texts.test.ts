import { describe, expect, it, vi } from 'vitest';
import { textsOfNumbers, textsOfWord, textsOfWords } from '../../../core/scenario/record/detail-texts.ts';

describe('texts of details', () => {
  it('are made once for what they depend on, and never taken for those of something else', () => {
    const detail = vi.fn((before: string, after: string) => ({ before, after }));
    const text = textsOfWords(detail);
    expect(text('1,2', '2,1')).toBe('{"before":"1,2","after":"2,1"}');
    expect(text('1', '2,2,1')).toBe('{"before":"1","after":"2,2,1"}');
    expect(text('', '1')).toBe('{"before":"","after":"1"}');
    expect(text('1', '')).toBe('{"before":"1","after":""}');
    expect(text('1,2', '2,1')).toBe('{"before":"1,2","after":"2,1"}');
    expect(detail).toHaveBeenCalledTimes(4);
  });

  it('tell numbers apart, also −1, which is none', () => {
    const text = textsOfNumbers((a, b) => ({ a, b }));
    const pairs = [-1, 0, 1, 1023].flatMap((a) => [0, 1, 2 ** 21 - 1].map((b) => [a, b] as const));
    for (const [a, b] of [...pairs, ...pairs]) expect(JSON.parse(text(a, b))).toEqual({ a, b });
  });

  it('have facts beside the word that are always the same', () => {
    expect(textsOfWord('via', { outcome: 'absorbed' })('ioctl')).toBe('{"via":"ioctl","outcome":"absorbed"}');
  });
});
