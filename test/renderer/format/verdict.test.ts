import { describe, expect, it } from 'vitest';
import { verdictText, verdictTone } from '../../../renderer/format/verdict.ts';

describe('the verdict on an interrupt', () => {
  it('writes the mask as the person wants priorities written', () => {
    const masked = { verdict: 'masked', by: 15 } as const;
    expect(verdictText(masked, (priority) => `0x${priority.toString(16).padStart(2, '0')}`)).toBe('masked by 0x0f');
    expect(verdictText(masked, String)).toBe('masked by 15');
    expect(verdictText({ verdict: 'not pending', by: null }, String)).toBe('not pending');
  });

  it('is good when the interrupt is signalled, bad when it is stopped', () => {
    const tones = (['signalled', 'masked', 'held back', 'not queued', 'at the next entry', 'not pending'] as const).map(
      (verdict) => verdictTone({ verdict }),
    );
    expect(tones).toEqual(['ok', 'bad', 'bad', 'bad', 'dim', 'dim']);
  });
});
