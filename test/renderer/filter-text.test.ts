import { describe, expect, it } from 'vitest';
import { chipParts, combine, splitTokens } from '../../renderer/filter-text.ts';

describe('the filter bar', () => {
  it('makes a chip of each token', () => {
    expect(splitTokens('vcpu:1 irq:27 -name:kvm_* cdia')).toEqual(['vcpu:1', 'irq:27', '-name:kvm_*', 'cdia']);
    expect(splitTokens('irq:ppi(27) time:1.2s..1.3s -kind:irq.*')).toEqual([
      'irq:ppi(27)',
      'time:1.2s..1.3s',
      '-kind:irq.*',
    ]);
    expect(splitTokens('text:"two words" vcpu:0')).toEqual(['text:"two words"', 'vcpu:0']);
  });
  it('keeps a condition in one piece', () => {
    expect(splitTokens('ppi(27).pending rises on vcpu 1')).toEqual(['ppi(27).pending rises on vcpu 1']);
    expect(splitTokens('kind == vcpu.exit')).toEqual(['kind == vcpu.exit']);
    expect(splitTokens('ppi(27)')).toEqual(['ppi(27)']);
    expect(combine(['irq:27', 'ppi(27).pending'])).toBe('(ppi(27).pending) and (irq:27)');
    expect(splitTokens('write ICC_PCR_EL1')).toEqual(['write ICC_PCR_EL1']);
  });
  it('joins tokens side by side and conditions with "and"', () => {
    expect(combine([])).toBe('');
    expect(combine(['vcpu:1', 'irq:27'])).toBe('vcpu:1 irq:27');
    expect(combine(['kind == vcpu.exit'])).toBe('kind == vcpu.exit');
    expect(combine(['vcpu:1', 'kind == vcpu.exit'])).toBe('(kind == vcpu.exit) and (vcpu:1)');
  });
  it('shows keys and values apart, and a minus as "hide"', () => {
    expect(chipParts('-name:kvm_exit')).toEqual({ negated: true, key: 'name', value: 'kvm_exit' });
    expect(chipParts('cdia')).toEqual({ negated: false, key: '', value: 'cdia' });
    expect(chipParts('kind == vcpu.exit')).toEqual({ negated: false, key: '', value: 'kind == vcpu.exit' });
  });
});
