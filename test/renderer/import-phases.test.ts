import { describe, expect, it } from 'vitest';
import { leftText, phaseStates } from '../../renderer/start/import-phases.ts';

describe('the import card', () => {
  it('knows how long is left once two seconds have shown a rate', () => {
    expect(leftText(0.5, 1000, 100)).toBe('');
    expect(leftText(0.5, 10_000, 100)).toBe('10 s left');
    expect(leftText(0.1, 60_000, 100)).toBe('9 min left');
    expect(leftText(undefined, 60_000, 100)).toBe('');
  });
  it('starts with reading while no phase is known', () => {
    expect(phaseStates(undefined).map(({ state }) => state)).toEqual(['now', 'wait', 'wait']);
  });
});
