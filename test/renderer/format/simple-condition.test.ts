import { describe, expect, it } from 'vitest';
import { print, parse } from '../../../core/debug/condition/index.ts';
import { readAccess, readSimple, writeAccess, writeSimple } from '../../../renderer/format/simple-condition.ts';

describe('the form of a condition on an interrupt', () => {
  it.each([
    ['ppi(27).pending rises', { interrupt: 'ppi(27)', field: 'pending', edge: 'rises', vcpu: null, onlyIf: '' }],
    ['SPI(33).Active falls on vcpu(2)', { interrupt: 'spi(33)', field: 'active', edge: 'falls', vcpu: 2, onlyIf: '' }],
    [
      'lpi(8).enabled changes if ICC_PCR_EL1.PRIORITY < 0x10',
      { interrupt: 'lpi(8)', field: 'enabled', edge: 'changes', vcpu: null, onlyIf: 'ICC_PCR_EL1.PRIORITY < 0x10' },
    ],
  ])('shows %s', (text, expected) => {
    const form = readSimple(text);
    expect(form).toEqual(expected);
    // The form writes what the text meant.
    if (form !== undefined) expect(print(parse(writeSimple(form)))).toBe(print(parse(text)));
  });

  it.each(['ppi(27) changes', 'write ICC_PCR_EL1', 'ppi(27).pending rises or kvm_entry', 'ppi(27).priority falls', ''])(
    'leaves %j as text',
    (text) => expect(readSimple(text)).toBeUndefined(),
  );
});

describe('the form of an access to a register', () => {
  it.each([
    ['write ICC_PCR_EL1', { op: 'write', register: 'ICC_PCR_EL1', vcpu: null }],
    ['read ICH_VMCR_EL2 on vcpu(1)', { op: 'read', register: 'ICH_VMCR_EL2', vcpu: 1 }],
  ] as const)('shows %s', (text, expected) => {
    const form = readAccess(text);
    expect(form).toEqual(expected);
    if (form !== undefined) expect(print(parse(writeAccess(form)))).toBe(print(parse(text)));
  });

  it.each(['write ICC_*', 'write ICC_PCR_EL1 where value > 3', 'ppi(27).pending rises', 'write'])(
    'leaves %j as text',
    (text) => expect(readAccess(text)).toBeUndefined(),
  );
});
