/** Lanes of a recorded GICv3 guest: at every moment they show what the inspector says there. */
import { afterAll, describe, expect, it } from 'vitest';
import { vcpuId } from '../../../core/state/brand.ts';
import { inspect } from '../../../core/session/inspect.ts';
import { heldLanes } from '../../../core/session/lanes-held.ts';
import { OpenTrace } from '../../../core/session/open-trace.ts';
import { type LaneDrawing, type Window } from '../../../core/trace/lanes.ts';
import { STATE_ACTIVE, STATE_PENDING, stateName } from '../../../core/trace/interrupts.ts';
import { Lab } from '../scenario/support.ts';

const lab = new Lab();
const opened: OpenTrace[] = [];
afterAll(() => {
  for (const trace of opened) trace.close();
  lab.close();
});

async function trace(scenario: string): Promise<OpenTrace> {
  const output = lab.path(`${scenario}.gscope`);
  await lab.record(scenario, { output });
  const found = new OpenTrace(1, output);
  opened.push(found);
  return found;
}
const lanesOf = (of: OpenTrace, window: Window): ReadonlyMap<string, LaneDrawing> =>
  heldLanes(of, [...of.lanes.byId().values()], window);

/** Codes of every interrupt at the end of each moment of a window, by lane id. */
function codesByMoment(of: OpenTrace, { start, end }: Window): Map<number, Map<string, number>> {
  const out = new Map<number, Map<string, number>>();
  for (let seq = 0; seq < of.reader.count; seq++) {
    const time = of.timeOf(seq);
    if (time < start || time >= end || (seq + 1 < of.reader.count && of.timeOf(seq + 1) === time)) continue;
    const codes = new Map<string, number>();
    for (let vcpu = 0; vcpu < of.reader.info().vcpus; vcpu++) {
      const { ppis, shared } = inspect(of, vcpuId(vcpu), of.stateAt(seq), undefined);
      for (const { label, code } of ppis) codes.set(`vcpu${vcpu}.${key(label)}`, code);
      for (const { label, code } of shared) codes.set(key(label), code);
    }
    out.set(time, codes);
  }
  return out;
}
const key = (label: string): string => label.toLowerCase().replace(' ', '');

describe.each(['gicv3-level-retrigger', 'gicv3-eoimode-1', 'gicv3-lpi-moves'])('the lanes of %s', (scenario) => {
  it('show at each moment what the inspector says', async () => {
    const recorded = await trace(scenario);
    const whole = { start: 0, end: recorded.reader.duration + 1, columns: 4000 };
    const middle = { start: Math.floor(whole.end / 3), end: Math.ceil((whole.end * 2) / 3), columns: 4000 };
    let busy = 0;
    for (const window of [whole, middle]) {
      const lanes = lanesOf(recorded, window);
      for (const [time, codes] of codesByMoment(recorded, window))
        for (const [id, drawing] of lanes) {
          if (drawing.mode !== 'segments') throw new Error('so few changes are drawn one by one');
          const shown = drawing.code[drawing.time.findLastIndex((from) => from <= time)] ?? 0;
          expect([id, time, stateName(shown)]).toEqual([id, time, stateName(codes.get(id) ?? 0)]);
          if (shown & (STATE_PENDING | STATE_ACTIVE)) busy++;
        }
    }
    expect(busy).toBeGreaterThan(0);
  });
});

describe('lanes that KVM alone holds', () => {
  it('are squeezed into columns where they have more changes than pixels', async () => {
    const recorded = await trace('gicv3-eoimode-1');
    const drawing = lanesOf(recorded, { start: 0, end: recorded.reader.duration + 1, columns: 2 }).get('spi32');
    expect(drawing?.mode).toBe('columns');
  });
  it('go on through a window in which nothing happens: an LPI waits in its list register', async () => {
    const recorded = await trace('gicv3-lpi-moves');
    const lanes = lanesOf(recorded, { start: 300, end: 500, columns: 100 });
    const drawing = lanes.get('lpi8192');
    expect(drawing).toMatchObject({ mode: 'segments', time: Float64Array.of(300), seq: Float64Array.of(-1) });
    expect(stateName(drawing?.mode === 'segments' ? (drawing.code[0] ?? 0) : 0)).toBe('pending');
  });
  it('are those of the trace on a GICv5', async () => {
    const v5 = await trace('wfi-wake-by-priority');
    const window = { start: 0, end: v5.reader.duration + 1, columns: 100 };
    expect(lanesOf(v5, window).size).toBe(0);
  });
});
