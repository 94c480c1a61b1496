import { describe, expect, it } from 'vitest';
import { type EventRow } from '../../../core/session/contract.ts';
import { rowText } from '../../../renderer/format/event-row.ts';

const ROW: EventRow = {
  seq: 412_958,
  time: 4_182_585_412,
  vcpu: 1,
  kind: 'register.access',
  origin: 'guest',
  name: 'ICC_PCR_EL1',
  operand: '',
  detail: '0x1f',
  arrow: '←',
  register: 'ICC_PCR_EL1',
  op: 'write',
  intid: null,
  value: '0x1f',
};

describe('a row that is copied', () => {
  it('has its columns between tabs, and nothing where there is nothing', () => {
    expect(rowText(ROW)).toBe('#412,958\t4.182585412\t1\tICC_PCR_EL1\t\t← 0x1f');
    expect(rowText({ ...ROW, vcpu: null, arrow: '', detail: '' })).toBe('#412,958\t4.182585412\t\tICC_PCR_EL1\t\t');
  });
});
