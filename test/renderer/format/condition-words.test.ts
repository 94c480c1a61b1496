import { describe, expect, it } from 'vitest';
import { conditionWords } from '../../../renderer/format/condition-words.ts';

/** Strong words in asterisks. */
const spell = (condition: string): string =>
  conditionWords(condition)
    .map(({ text, strong }) => (strong ? `*${text}*` : text))
    .join('');

describe('a condition in words', () => {
  it.each([
    ['ppi(27).pending rises on vcpu 1', '*PPI 27* pending rises on *vCPU 1*'],
    ['spi(33) changes', '*SPI 33* changes'],
    ['changed(vcpu0.ICH_VMCR_EL2)', '*ICH_VMCR_EL2* on *vCPU 0* changes'],
    ['write ICC_PCR_EL1 on vcpu 1', 'write *ICC_PCR_EL1* on *vCPU 1*'],
    ['vcpu1.ICC_PCR_EL1.PRIORITY < 0x10', '*ICC_PCR_EL1.PRIORITY* on *vCPU 1* < 0x10'],
    ['kind == vcpu.exit', '*vcpu.exit*'],
  ])('%s', (condition, words) => {
    expect(spell(condition)).toBe(words);
  });
  it('leaves what it does not know as it was written', () => {
    expect(spell('latency > 50us and foo~"bar"')).toBe('latency > 50us and foo~"bar"');
    expect(conditionWords('')).toEqual([]);
  });
});
