import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds, vcpuId } from '../../../core/state/brand.ts';
import { KINDS } from '../../../core/trace/kinds.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { SUMMARY, buildTrace, tracePath } from './support.ts';

const path = tracePath();
const writer = new TraceWriter(path);
const pending = writer.journal.layout.claim({ path: 'vcpu1.irq.ppi27.pending', width: 1 });
writer.interruptField(intid('ppi', 27), vcpuId(1), 'pending', { slot: pending, lsb: 0, width: 1 });
const guest = { origin: 'guest', vcpu: vcpuId(1) } as const;
writer.journal.write(pending, 1n);
writer.append({
  kind: 'irq.pend',
  time: nanoseconds(100),
  origin: 'device',
  intid: intid('ppi', 27),
  pending: true,
  source: 'gicv5_update_ppi_state',
});
writer.append({
  ...guest,
  kind: 'register.access',
  time: nanoseconds(150),
  register: 'ICC_PPI_ENABLER0_EL1',
  op: 'write',
  value: 1n << 63n,
  pc: 0xffff_8000_8012_0010n,
});
writer.append({ ...guest, kind: 'register.access', time: nanoseconds(160), register: 'GIC CDEOI', op: 'execute' });
writer.append({
  ...guest,
  kind: 'mmio.access',
  time: nanoseconds(170),
  register: 'IRS_CR0',
  op: 'read',
  size: 4,
  value: 3n,
  offset: 0x80n,
});
writer.journal.write(pending, 0n);
writer.append({
  ...guest,
  kind: 'irq.acknowledge',
  time: nanoseconds(200),
  intid: intid('ppi', 27),
  detail: { why: 'test' },
});
writer.append({ ...guest, kind: 'irq.deactivate', time: nanoseconds(260), intid: intid('ppi', 27) });
writer.finish(SUMMARY);
const db = new Database(path, { readonly: true });
const all = (sql: string): unknown[] => db.prepare(sql).all();

describe('the readable views', () => {
  it('answer the question of the tutorial', () => {
    expect(
      all("SELECT time, vcpu, register, value FROM register_access WHERE register = 'ICC_PPI_ENABLER0_EL1'"),
    ).toEqual([{ time: 150, vcpu: 1, register: 'ICC_PPI_ENABLER0_EL1', value: '0x8000000000000000' }]);
    expect(all('SELECT register, count(*) AS n FROM register_access GROUP BY 1')).toEqual([
      { register: 'GIC CDEOI', n: 1 },
      { register: 'ICC_PPI_ENABLER0_EL1', n: 1 },
      { register: 'IRS_CR0', n: 1 },
    ]);
  });

  it('show accesses with operation, program counter and offset', () => {
    expect(all('SELECT op, value, pc, "offset" FROM register_access')).toEqual([
      { op: 'write', value: '0x8000000000000000', pc: '0xffff800080120010', offset: null },
      { op: 'execute', value: null, pc: null, offset: null },
      { op: 'read', value: '0x3', pc: null, offset: 128 },
    ]);
  });

  it('show every event in words', () => {
    expect(
      all('SELECT seq, vcpu, origin, kind, source, interrupt, text, detail FROM events WHERE seq IN (0, 3, 4)'),
    ).toEqual([
      {
        seq: 0,
        vcpu: null,
        origin: 'device',
        kind: 'irq.pend',
        source: 'gicv5_update_ppi_state',
        interrupt: 'PPI 27',
        text: 'intid=PPI 27 pending=1',
        detail: null,
      },
      {
        seq: 3,
        vcpu: 1,
        origin: 'guest',
        kind: 'mmio.access',
        source: null,
        interrupt: null,
        text: 'register=IRS_CR0 op=read size=4 value=0x3 offset=0x80',
        detail: null,
      },
      {
        seq: 4,
        vcpu: 1,
        origin: 'guest',
        kind: 'irq.acknowledge',
        source: null,
        interrupt: 'PPI 27',
        text: 'intid=PPI 27',
        detail: '{"why":"test"}',
      },
    ]);
  });

  it('show state changes and lives of interrupts', () => {
    expect(all('SELECT * FROM interrupt_transition')).toEqual([
      { seq: 0, time: 100, interrupt: 'PPI 27', vcpu: 1, before: 'unknown', after: 'pending' },
      { seq: 4, time: 200, interrupt: 'PPI 27', vcpu: 1, before: 'pending', after: 'inactive' },
    ]);
    expect(
      all(
        'SELECT interrupt, vcpu, pending_seq, acknowledged_seq, deactivated_seq, to_acknowledge, handling FROM interrupt_life',
      ),
    ).toEqual([
      {
        interrupt: 'PPI 27',
        vcpu: 1,
        pending_seq: 0,
        acknowledged_seq: 4,
        deactivated_seq: 5,
        to_acknowledge: 100,
        handling: 60,
      },
    ]);
    expect(all('SELECT path, width, initial FROM slots')).toEqual([
      { path: 'vcpu1.irq.ppi27.pending', width: 1, initial: null },
    ]);
  });

  it('know every kind', () => {
    expect(all('SELECT name FROM kind').length).toBe(Object.keys(KINDS).length);
    const random = new Database(buildTrace(3000, { stride: 3000 }).path, { readonly: true });
    expect(random.prepare('SELECT count(*) AS n FROM events WHERE text IS NOT NULL').get()).toEqual({ n: 3000 });
    random.close();
  });

  it('are open to the user for reading alone', () => {
    const reader = new TraceReader(path);
    expect(reader.sql('SELECT seq, value_int FROM register_access', 2)).toEqual({
      columns: ['seq', 'value_int'],
      rows: [
        [1n, -(1n << 63n)],
        [2n, null],
      ],
    });
    expect(() => reader.sql('DELETE FROM name', 2)).toThrow('Only queries that read');
    expect(() => reader.sql('SELEC', 2)).toThrow('syntax error');
    // The query is to blame, not the file.
    expect(() => reader.sql("SELECT load_extension('x')", 2)).toThrow(/^not authorized$/);
    expect(() => reader.sql('SELECT zeroblob(2000000000)', 2)).toThrow(/^string or blob too big$/);
    reader.close();
  });
});
