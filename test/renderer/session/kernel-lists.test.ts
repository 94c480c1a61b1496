import { describe, expect, it } from 'vitest';
import { type Result } from '../../../core/session/contract.ts';
import { kernelLists } from '../../../renderer/session/kernel-lists.ts';

const EMPTY: Result<'state.tables'> = {
  seq: 0,
  time: 0,
  rows: [],
  total: 0,
  list: null,
  mappings: null,
};
const lpi = { its: 0, device: 2, event: 1, intid: 0x4000_2000, label: 'LPI 8192' };

describe('the lists of the kernel', () => {
  it('are none where a trace has none', () => {
    expect(kernelLists(EMPTY, 'spi')).toEqual([]);
  });

  it('name SPIs in flight beside SPIs alone', () => {
    const list = {
      length: 1,
      members: [
        { intid: 1, label: 'SPI 1', trigger: 'level', line: true, latch: false, active: true },
      ] satisfies NonNullable<typeof EMPTY.list>['members'],
    };
    expect(kernelLists({ ...EMPTY, list }, 'spi')).toEqual([
      {
        title: 'SPIs in flight',
        count: '1, in order of injection',
        rows: [{ intid: 1, label: 'SPI 1', about: 'level', text: 'line high, active' }],
      },
    ]);
    expect(kernelLists({ ...EMPTY, list }, 'lpi')).toEqual([]);
  });

  it('say where each event of an ITS leads', () => {
    const rows = [
      { ...lpi, collection: 7, target: 1, cached: true },
      { ...lpi, event: 2, collection: 3, target: null, cached: false },
      { ...lpi, event: 3, collection: null, target: null, cached: false },
    ];
    const [shown] = kernelLists({ ...EMPTY, mappings: { total: 3, rows } }, 'lpi');
    expect(shown?.rows.map(({ about, text }) => `${about} ${text}`)).toEqual([
      'dev 2 event 1, collection 7, vCPU 1, cached',
      'dev 2 event 2, collection 3, not mapped',
      'dev 2 event 3, no collection',
    ]);
  });
});
