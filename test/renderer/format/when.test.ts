import { describe, expect, it } from 'vitest';
import { whenText } from '../../../renderer/format/when.ts';

const at = (text: string): number => new Date(text).getTime();
const now = at('2026-11-20T15:00:00');

describe('when something was opened', () => {
  it.each([
    ['2026-11-20T09:58:00', 'Today, 09:58'],
    ['2026-11-19T23:59:00', 'Yesterday, 23:59'],
    ['2026-11-17T09:12:00', 'Tuesday, 09:12'],
    ['2026-11-04T10:00:00', '4 Nov'],
    ['2025-11-04T10:00:00', '4 Nov 2025'],
  ])('%s reads %s', (then, words) => {
    expect(whenText(at(then), now)).toBe(words);
  });
});
