import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTrace } from '../../../core/import/import.ts';
import { createBackend } from '../../../core/session/backend.ts';
import { type Args, type LaneData, type Method, type Result } from '../../../core/session/contract.ts';
import { lanesOf } from '../../../core/session/lane-columns.ts';
import { LEGS, RUN_STATES, STATE_LINE, STATE_LINE_KNOWN } from '../../../core/session/vocabulary.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';

const RECORDING = join(import.meta.dirname, '../../data/import/arch_timer.trace.dat.xz');

let folder: string;
let id: number;
const backend = createBackend({ version: '0', samples: '', imports: '' });
const call = <M extends Method>(method: M, args: Args<M>): Promise<Result<M>> =>
  backend.handle(method, args, new AbortController().signal);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-timeline-'));
  const path = join(folder, 'kvm.gscope');
  const writer = new TraceWriter(path);
  const { summary } = await importTrace(RECORDING, writer);
  writer.finish(summary);
  ({ id } = await call('trace.open', { path }));
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

/** How long the lane has this code between two moments. */
function overlapOf({ start, end, code }: LaneData, wanted: number, from: number, to: number): number {
  let ns = 0;
  for (const [index, of] of code.entries())
    if (of === wanted) ns += Math.max(0, Math.min(end[index] ?? 0, to) - Math.max(start[index] ?? 0, from));
  return ns;
}

describe('the lane of a vCPU', () => {
  it('says why the guest was left, where an exit did it', async () => {
    const { rows } = await call('events.rows', {
      id,
      from: 0,
      count: 200,
      direction: 'forward',
      filter: 'kvm_exit on vcpu 1',
    });
    const [first, last] = [rows[20]?.time ?? 0, rows[120]?.time ?? 0];
    const window = { id, from: first, to: last, columns: 4000, lanes: ['vcpu1'] };
    const { lanes } = await call('timeline.lanes', { ...window, marks: true });
    const lane = lanes[0];
    if (lane === undefined) throw new Error('vCPU 1 has no lane');
    expect(lane.exact).toBe(true);
    expect(lane.why).toHaveLength(lane.start.length);
    const reasons = new Map(rows.map(({ time, operand }) => [time, operand]));
    let told = 0;
    for (const [index, why] of lane.why.entries()) {
      if (index === 0 || why === '') continue;
      expect(why).toBe(reasons.get(lane.start[index] ?? 0));
      expect(RUN_STATES[lane.code[index] ?? 255]).not.toBe('guest');
      told++;
    }
    expect(told).toBeGreaterThan(50);
    expect((await call('timeline.lanes', { ...window, marks: false })).lanes[0]?.why).toEqual([]);
  });

  it('is the guest, as far as it covers the column, where the vCPU ran in between', async () => {
    const { durationNs } = await call('trace.info', { id });
    const window = { id, from: 0, to: durationNs, lanes: ['vcpu1'], marks: false };
    const [exact] = (await call('timeline.lanes', { ...window, columns: 8000 })).lanes;
    const [squeezed] = (await call('timeline.lanes', { ...window, columns: 200 })).lanes;
    if (exact === undefined || squeezed === undefined) throw new Error('vCPU 1 has no lane');
    expect([exact.exact, squeezed.exact]).toEqual([true, false]);
    const guest = RUN_STATES.indexOf('guest');
    const width = durationNs / 200;
    let ran = 0;
    for (const [column, code] of squeezed.code.entries()) {
      const inGuest = overlapOf(exact, guest, column * width, (column + 1) * width);
      if (inGuest === 0) expect(code).not.toBe(guest);
      if (inGuest < 0.01 * width || code === 255) continue;
      expect(code).toBe(guest);
      expect((squeezed.share[column] ?? 0) / 255).toBeCloseTo(inGuest / width, 1);
      ran++;
    }
    expect(ran).toBeGreaterThan(50);
  });
});

describe('the lane of an interrupt in a recording of KVM', () => {
  const LANES = ['vcpu0.ppi27', 'vcpu0.ppi30', 'vcpu1.ppi27', 'vcpu1.ppi30'];
  const HIGH = STATE_LINE | STATE_LINE_KNOWN;

  it('is there for each line that the events tell of, and says that nothing else is known', async () => {
    const info = await call('trace.info', { id });
    const lanes = lanesOf(info).filter(({ type }) => type === 'interrupt');
    expect(lanes.map((lane) => lane.id)).toEqual(LANES);
    for (const lane of lanes) expect(lane).toMatchObject({ lineAlone: true, quiet: false });
  });

  it('has a stretch for each time that the line was high, which the raise of a life begins', async () => {
    const { durationNs } = await call('trace.info', { id });
    const window = { id, from: 0, to: durationNs, columns: 8000, marks: true };
    const { lanes } = await call('timeline.lanes', { ...window, lanes: LANES });
    expect(lanes).toHaveLength(LANES.length);
    for (const { lane, exact, code, start, markTime, markLeg } of lanes) {
      expect(exact).toBe(true);
      const codes = [...code];
      // Nothing is known until the first event tells the level; then it is told each time.
      expect([codes[0], codes[1]]).toEqual([0, STATE_LINE_KNOWN]);
      expect(new Set(codes)).toEqual(new Set([0, STATE_LINE_KNOWN, HIGH]));
      const rises = [...start].filter((_, index) => codes[index] === HIGH);
      expect(rises).toHaveLength(6);
      expect([...markLeg].map((leg) => LEGS[leg])).toEqual(rises.map(() => 'raised'));
      expect([...markTime].toSorted((a, b) => a - b)).toEqual(rises);
      const [vcpu = '', ppi = ''] = lane.split('.');
      const filter = `ppi(${ppi.slice(3)}).line rises on vcpu ${vcpu.slice(4)}`;
      const { rows } = await call('events.rows', { id, from: 0, count: 100, direction: 'forward', filter });
      expect(rows.map(({ time }) => time)).toEqual(rises);
    }
  });

  it('stands in the figure of a report, and the interrupt among those that are at something', async () => {
    const filter = 'ppi(27).line rises on vcpu 0';
    const { rows } = await call('events.rows', { id, from: 0, count: 1, direction: 'forward', filter });
    const at = rows[0]?.seq ?? 0;
    const { ppis } = await call('state.inspect', { id, seq: at, vcpu: 0, baseline: null });
    expect(ppis.find(({ label }) => label === 'PPI 27')).toMatchObject({
      code: HIGH,
      state: 'unknown, line high',
      fields: { line: '0x1' },
    });
    const { text: page } = await call('report.export', { id, format: 'html', output: '', at, overwrite: false });
    const figure = /<svg[^>]*role="img".*?<\/svg>/s.exec(page)?.[0] ?? '';
    expect(figure).toContain('PPI 27');
    expect(figure.match(/fill="var\(--data\)"/g)?.length).toBeGreaterThanOrEqual(3);
    for (const state of ['var(--st-pending)', 'var(--st-active)']) expect(figure).not.toContain(`fill="${state}"`);
    const { text } = await call('report.export', { id, format: 'md', output: '', at, overwrite: false });
    expect(text).toMatch(/PPI 27 CNTV \| unknown, line high/);
    // What a host cannot see is not said to be missing: nothing became pending, and nothing was left without an answer.
    expect(text).toContain(
      'raised or became pending 24 times; the recording shows no acknowledge and no deactivation.',
    );
    expect(text).not.toMatch(/acknowledged 0 times|not seen acknowledged afterwards/);
    expect(text).toContain('does not show whether it is pending or active');
    expect(page).toContain('A step line is an input line');
  });
});
