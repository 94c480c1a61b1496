import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globTest } from '../../../core/session/glob.ts';

describe('globs over slot paths', () => {
  it.each([
    ['vcpu1.ICC_PCR_EL1', 'vcpu1.ICC_PCR_EL1', true],
    ['vcpu*.ICC_PCR_EL1', 'vcpu12.ICC_PCR_EL1', true],
    ['vcpu*', 'vcpu1.ICC_PCR_EL1', false],
    ['vcpu**', 'vcpu1.irq.ppi27.pending', true],
    ['**.pending', 'vcpu1.irq.ppi27.pending', true],
    ['*.pending', 'vcpu1.irq.ppi27.pending', false],
    ['vcpu?.ICC_{PCR,CR0}_EL1', 'vcpu0.ICC_CR0_EL1', true],
    ['vcpu?.ICC_{PCR,CR0}_EL1', 'vcpu0.ICC_APR_EL1', false],
    ['vcpu?', 'vcpu', false],
  ])('%s on %s is %s', (glob, path, expected) => {
    expect(globTest(glob)(path)).toBe(expected);
  });

  it('matches every path with the path itself, whatever is in it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9_.]{1,40}$/), (path) => {
        expect(globTest(path)(path)).toBe(true);
        expect(globTest('**')(path)).toBe(true);
      }),
    );
  });

  it('refuses unbalanced and exploding braces', () => {
    expect(() => globTest('a{b')).toThrow(/\{ without \}/);
    expect(() => globTest('a}b')).toThrow(/\} without \{/);
    expect(() => globTest('{a,b}'.repeat(9))).toThrow(/more than 256/);
  });

  it('answers hostile globs at once', () => {
    expect(globTest('**a'.repeat(300))('a'.repeat(299))).toBe(false);
  });
});
