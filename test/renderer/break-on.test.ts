import { describe, expect, it } from 'vitest';
import { type EventRow } from '../../core/session/contract.ts';
import {
  breakOnInterrupt,
  breakOnLane,
  breakOnPath,
  breakOnRow,
  laneFilter,
  rowFilter,
} from '../../renderer/break-on.ts';

const PPI_27 = 0x2000_001b;
const SPI_5 = 0x6000_0005;
const ROW: EventRow = {
  seq: 1,
  time: 0,
  vcpu: 1,
  origin: 'guest',
  kind: 'irq.acknowledge',
  name: 'GICR CDIA',
  operand: 'PPI 27',
  arrow: '→',
  detail: '',
  register: null,
  op: null,
  value: null,
  intid: PPI_27,
};

describe('a breakpoint from what is selected', () => {
  it('watches a private interrupt on its vCPU and a shared one everywhere', () => {
    expect(breakOnInterrupt({ intid: PPI_27, vcpu: 1 })).toBe('ppi(27).pending rises on vcpu 1');
    expect(breakOnInterrupt({ intid: SPI_5, vcpu: null }, 'active')).toBe('spi(5).active rises');
  });
  it('watches a register by its path', () => {
    expect(breakOnPath('vcpu1.ICC_PCR_EL1')).toBe('vcpu1.ICC_PCR_EL1 changes');
  });
  it('watches events like the one in the row', () => {
    expect(breakOnRow(ROW)).toBe('kind == irq.acknowledge and intid == ppi(27) on vcpu 1');
    const access: EventRow = { ...ROW, kind: 'register.access', register: 'ICC_PCR_EL1', op: 'write', intid: null };
    expect(breakOnRow(access)).toBe('write ICC_PCR_EL1 on vcpu 1');
    expect(breakOnRow({ ...ROW, kind: 'vcpu.wake', intid: null, vcpu: null })).toBe('kind == vcpu.wake');
  });
  it('watches the run state of a vCPU lane', () => {
    const lane = {
      id: 'vcpu1',
      type: 'vcpu',
      group: 'vcpu1',
      label: '',
      sublabel: '',
      vcpu: 1,
      intid: null,
      max: null,
      quiet: false,
      lineAlone: false,
    } as const;
    expect(breakOnLane(lane)).toBe('vcpu1.runState changes');
    expect(breakOnLane({ ...lane, type: 'value' })).toBeUndefined();
    const ppi = { ...lane, id: 'vcpu1.ppi27', type: 'interrupt', intid: PPI_27 } as const;
    expect(breakOnLane(ppi)).toBe('ppi(27).pending rises on vcpu 1');
    expect(breakOnLane({ ...ppi, lineAlone: true })).toBe('ppi(27).line rises on vcpu 1');
  });
});

describe('the filter of a row', () => {
  it('keeps or hides accesses of its register, else events of its kind', () => {
    expect(rowFilter(ROW, false)).toBe('kind:irq.acknowledge');
    expect(rowFilter({ ...ROW, register: 'ICC_PCR_EL1' }, true)).toBe('-reg:ICC_PCR_EL1');
  });
});

describe('the filter of a lane', () => {
  const lane = {
    type: 'interrupt',
    group: '',
    label: '',
    sublabel: '',
    max: null,
    quiet: false,
    lineAlone: false,
  } as const;
  it('keeps the events of its interrupt and vCPU', () => {
    expect(laneFilter({ ...lane, id: 'vcpu1.ppi27', vcpu: 1, intid: PPI_27 })).toBe('irq:ppi(27) vcpu:1');
    expect(laneFilter({ ...lane, id: 'spi5', vcpu: null, intid: SPI_5 })).toBe('irq:spi(5)');
    expect(laneFilter({ ...lane, id: 'vcpu1', type: 'vcpu', vcpu: 1, intid: null })).toBe('vcpu:1');
    expect(laneFilter(undefined)).toBe('');
  });
});
