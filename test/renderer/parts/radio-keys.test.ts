import { describe, expect, it } from 'vitest';
import { radioAfter } from '../../../renderer/parts/radio-keys.ts';

describe('keys among radio buttons', () => {
  it('go around at both ends, and to the first and last', () => {
    expect(
      ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'Home', 'End'].map((key) => radioAfter(key, 0, 3)),
    ).toEqual([1, 1, 2, 2, 0, 2]);
    expect(radioAfter('ArrowRight', 2, 3)).toBe(0);
  });

  it('are no other keys', () => expect(radioAfter('Enter', 1, 3)).toBeUndefined());
});
