import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTrace } from '../../../core/import/import.ts';
import { createBackend } from '../../../core/session/backend.ts';
import { type Args, type LaneData, type Method, type Result } from '../../../core/session/contract.ts';
import { RUN_STATES } from '../../../core/session/vocabulary.ts';
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
