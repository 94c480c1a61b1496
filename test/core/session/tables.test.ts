/** The browser of interrupt state tables and the SPI list, over recorded scenarios. */
import { afterAll, describe, expect, it } from 'vitest';
import { type Args, CONTRACT, type Result } from '../../../core/session/contract.ts';
import { Lab } from '../scenario/support.ts';

const lab = new Lab();
const signal = new AbortController().signal;

afterAll(() => lab.close());

interface Opened {
  tables(more: Partial<Args<'state.tables'>>): Promise<Result<'state.tables'>>;
  find(condition: string): Promise<number>;
  readonly last: number;
}

async function opened(scenario: string): Promise<Opened> {
  const output = lab.path(`${scenario}.gscope`);
  await lab.record(scenario, { output });
  const info = await lab.backend.handle('trace.open', { path: output }, signal);
  const { id } = info;
  return {
    last: info.events - 1,
    tables: async (more) => {
      const asked = {
        id,
        seq: info.events - 1,
        type: 'spi',
        busy: false,
        from: 0,
        limit: 100,
        baseline: null,
        ...more,
      };
      const result = await lab.backend.handle('state.tables', asked as Args<'state.tables'>, signal); // the defaults fill it
      return CONTRACT['state.tables'].result.parse(result);
    },
    find: async (condition) => {
      const args = { id, condition, from: -1, direction: 'forward' } as const;
      const { seq } = await lab.backend.handle('nav.find', args, signal);
      if (seq === null) throw new Error(`nothing fits ${condition}`);
      return seq;
    },
  };
}

describe('the tables of a VM', () => {
  it('show every SPI with its entry, and the list while one is in flight', async () => {
    const trace = await opened('spi-retarget');
    const start = await trace.tables({ seq: -1 });
    expect([start.total, start.rows[5]?.label, start.rows[5]?.state]).toEqual([32, 'SPI 5', 'disabled']);
    const added = await trace.find('kind == kvm.irq and text ~ "spiList add"');
    const { rows, list } = await trace.tables({ seq: added, busy: true, baseline: -1 });
    expect(rows).toMatchObject([
      { label: 'SPI 5', state: 'pending', fields: { priority: '0x10', target: '0x0', pending: '0x1', enabled: '0x1' } },
    ]);
    expect(rows[0]?.baselineCode).not.toBe(rows[0]?.code);
    expect(list).toEqual({
      length: 1,
      members: [{ intid: 0x6000_0005, label: 'SPI 5', trigger: 'edge', line: false, latch: true, active: false }],
    });
    expect((await trace.tables({})).list).toEqual({ length: 0, members: [] });
  });

  it('show LPIs in pages, those that exist', async () => {
    const trace = await opened('irs-linux-boot');
    const lpis = await trace.tables({ type: 'lpi' });
    expect(lpis.rows).toMatchObject([{ label: 'LPI 0', state: 'inactive', fields: { priority: '0x1f' } }]);
    const page = await trace.tables({ from: 30, limit: 10 });
    expect([page.total, page.rows.map(({ label }) => label)]).toEqual([32, ['SPI 30', 'SPI 31']]);
  });

  it('have no list where no kernel keeps one: without SPIs, and in the queued version', async () => {
    const trace = await opened('vgic-v5-selftest');
    expect(await trace.tables({})).toMatchObject({ total: 0, rows: [], list: null });
    expect(await (await opened('irs-linux-boot')).tables({})).toMatchObject({ total: 32, list: null });
  });

  it('show which events of an ITS lead where', async () => {
    const trace = await opened('gicv3-lpi-moves');
    expect((await trace.tables({ seq: -1 })).mappings).toBeNull();
    const moved = await trace.tables({ seq: await trace.find('step == "ITS MOVI"'), type: 'lpi' });
    expect(moved.mappings).toMatchObject({
      total: 2,
      rows: [
        { its: 0, device: 0, event: 0, label: 'LPI 8192', collection: 1, target: 1, cached: false },
        { its: 0, device: 0, event: 1, label: 'LPI 8193', collection: 0, target: 0, cached: false },
      ],
    });
    expect(moved.rows.map(({ label }) => label)).toEqual(['LPI 8192', 'LPI 8193']);
    const end = await trace.tables({ type: 'lpi', limit: 1 });
    expect([end.mappings?.total, end.mappings?.rows.length]).toEqual([1, 1]);
    const orphaned = await (await opened('gicv3-its-restore-order')).tables({ type: 'lpi' });
    expect(orphaned.mappings?.rows).toMatchObject([
      { collection: null, target: null, cached: true },
      { collection: null, target: null, cached: false },
    ]);
  });
});
