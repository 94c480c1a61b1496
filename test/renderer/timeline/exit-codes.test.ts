import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../../renderer/timeline/draw-exec.ts';

describe('the words of a guest exit', () => {
  it('become shorter where there is less room: the reason, its first word, its first letter', () => {
    expect(exitCodes('DABT_LOW')).toEqual(['DABT_LOW', 'DABT', 'D']);
    expect(exitCodes('IRQ')).toEqual(['IRQ', 'I']);
    expect(exitCodes('')).toEqual([]);
  });
});
