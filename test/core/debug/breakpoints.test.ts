import { describe, expect, it } from 'vitest';
import {
  type Breakpoint,
  Breakpoints,
  breakpointSchema,
  exportBreakpoints,
  importBreakpoints,
} from '../../../core/debug/breakpoints.ts';
import { parseTemplate, renderMessage } from '../../../core/debug/message.ts';
import { findAll, Query } from '../../../core/debug/search.ts';
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds, seq, vcpuId } from '../../../core/state/brand.ts';
import { type TraceEvent } from '../../../core/trace/kinds.ts';
import { MemoryTrace } from './support/memory-trace.ts';
import { play, VCPUS } from './support/session.ts';

function session(): MemoryTrace {
  const trace = new MemoryTrace(VCPUS);
  play(trace, 9_000, 41);
  return trace;
}

/** One that is not stored yet: the schema's defaults for what is not said. */
const newBreakpoint = (condition: string, more: Partial<Breakpoint> = {}): Breakpoint =>
  breakpointSchema.parse({ id: 0, condition, ...more });

const hitsOf = async (trace: MemoryTrace, text: string): Promise<number[]> => [
  ...(await findAll(new Query(trace, text, { mode: 'becomesTrue' }), -1, 'forward', 1e6)).seqs,
];

/** Positions of all stops, one after the other. */
async function stops(list: Breakpoints, trace: MemoryTrace, direction: 'forward' | 'backward'): Promise<number[]> {
  const out: number[] = [];
  for (let at = direction === 'forward' ? -1 : trace.count; ;) {
    const found = await list.nearest(at, direction);
    if (found === undefined) return out;
    out.push((at = found.hit.seq));
  }
}

describe('breakpoints', () => {
  it('stop at the nearest hit of any enabled one that breaks, and say which they are', async () => {
    const trace = session();
    const list = new Breakpoints(trace);
    list.set([
      newBreakpoint('ppi(27).active rises'),
      newBreakpoint('spi(33).pending falls', { enabled: false }),
      newBreakpoint('lpi(8).pending rises', { action: 'log' }),
      newBreakpoint('ppi(27).active changes'),
    ].map((breakpoint, index) => ({ ...breakpoint, id: index + 1 }))); // prettier-ignore
    const expected = await hitsOf(trace, 'ppi(27).active changes');
    expect(await stops(list, trace, 'forward')).toEqual(expected);
    expect(await stops(list, trace, 'backward')).toEqual(expected.toReversed());
    const [rise] = await hitsOf(trace, 'ppi(27).active rises');
    const found = await list.nearest((rise ?? 0) - 1, 'forward');
    expect(found?.breakpoints.map(({ id }) => id)).toEqual([1, 4]);
    const logged = await list.nearest(-1, 'forward', {}, ({ action }) => action === 'log');
    expect(logged?.breakpoints.map(({ id }) => id)).toEqual([3]);
  });

  it('skip the first hits of the trace that they ignore, in both directions', async () => {
    const trace = session();
    const list = new Breakpoints(trace);
    const all = await hitsOf(trace, 'write ICC_PCR_EL1');
    list.set([newBreakpoint('write ICC_PCR_EL1', { ignoreCount: 5 })]);
    expect(await stops(list, trace, 'forward')).toEqual(all.slice(5));
    expect(await stops(list, trace, 'backward')).toEqual(all.slice(5).toReversed());
    list.set([newBreakpoint('write ICC_PCR_EL1', { ignoreCount: 5, oneShot: true })]);
    expect(await stops(list, trace, 'forward')).toEqual(all.slice(5, 6));
    list.set([newBreakpoint('write ICC_PCR_EL1', { ignoreCount: all.length })]);
    expect(await stops(list, trace, 'forward')).toEqual([]);
  });

  it('keep to their vCPU', async () => {
    const trace = session();
    const list = new Breakpoints(trace);
    list.set([newBreakpoint('ppi(27).pending rises', { vcpu: 2 })]);
    expect(await stops(list, trace, 'forward')).toEqual(await hitsOf(trace, 'ppi(27).pending rises on vcpu 2'));
  });

  it('count their hits in one pass', async () => {
    const trace = session();
    const list = new Breakpoints(trace);
    list.set([
      { ...newBreakpoint('ppi(27).active rises', { ignoreCount: 2 }), id: 7 },
      { ...newBreakpoint('ppi(99).active rises', { oneShot: true }), id: 9 },
    ]);
    const counts = await list.counts(trace.count, 16);
    const all = await hitsOf(trace, 'ppi(27).active rises');
    expect(counts.get(7)?.count).toBe(all.length - 2);
    expect(counts.get(7)?.histogram.reduce((sum, n) => sum + n, 0)).toBe(all.length - 2);
    expect(counts.get(9)?.count).toBe(0);
    const walked = await list.query(newBreakpoint('ppi(27).active rises', { ignoreCount: 2 }));
    expect(walked === undefined ? [] : [...(await findAll(walked, -1, 'forward', 1e6)).seqs]).toEqual(all.slice(2));
    expect(await list.query(newBreakpoint('ppi(99).active rises', { oneShot: true }))).toBeUndefined();
  });

  it('wait for a hit that a growing trace does not have yet', async () => {
    const trace = new MemoryTrace(VCPUS);
    play(trace, 1, 5);
    const list = new Breakpoints(trace);
    list.set([newBreakpoint('write LATER', { oneShot: true, ignoreCount: 1 })]);
    expect(await list.nearest(-1, 'forward')).toBeUndefined();
    for (const time of [1e8, 2e8, 3e8]) trace.append({ kind: 'register.access', time: nanoseconds(time), origin: 'guest', register: 'LATER', op: 'write' }); // prettier-ignore
    expect(await stops(list, trace, 'forward')).toEqual([2]);
  });

  it('stay as they were when a condition cannot be read', () => {
    const list = new Breakpoints(session());
    list.set([newBreakpoint('ppi(27).active rises')]);
    expect(() => list.set([newBreakpoint('ppi(27).active rise')])).toThrow('did you mean rises');
    expect(list.list).toHaveLength(1);
  });

  it('travel as JSON, and a bad file says which entry is wrong', () => {
    const list = [
      newBreakpoint('ppi(27).active rises', { note: 'first', colour: '#ff6b70', vcpu: 1 }),
      newBreakpoint('kvm_exit(WFx)', { action: 'message', message: 'exit at {time}' }),
    ];
    expect(importBreakpoints(exportBreakpoints(list))).toEqual(list);
    expect(() => importBreakpoints('{')).toThrow('This is not JSON');
    expect(() => importBreakpoints('{"breakpoints": []}')).toThrow('Not a file of breakpoints: gicscopeBreakpoints');
    expect(() => importBreakpoints('{"gicscopeBreakpoints": 1, "breakpoints": [{"condition": 3}]}')).toThrow('breakpoints.0.condition'); // prettier-ignore
    const bad = exportBreakpoints([newBreakpoint('ppi(27).active rises'), newBreakpoint('ppi(27) ==')]);
    expect(() => importBreakpoints(bad)).toThrow('Breakpoint 2 (ppi(27) ==)');
  });
});

describe('messages of trace-points', () => {
  const event: TraceEvent = {
    kind: 'irq.inject',
    seq: seq(12),
    time: nanoseconds(50_000),
    origin: 'hypervisor',
    vcpu: vcpuId(1),
    intid: intid('ppi', 27),
    level: true,
  };
  const render = (template: string): string =>
    renderMessage(parseTemplate(template), event, (path) => (path === 'vm.known' ? 255n : path === 'vm.unknown' ? undefined : null)); // prettier-ignore

  it('show facts of the event and values of state', () => {
    expect(render('{seq} {time} vCPU {vcpu}: {intid} level {level}')).toBe('#12 50us vCPU 1: PPI 27 level true');
    expect(render('{{{kind}}} {name} {origin} {cause}')).toBe('{irq.inject} irq.inject hypervisor none');
    expect(render('{vm.known} {vm.unknown} {vm.nothing}')).toBe('0xff unknown {vm.nothing?}');
  });

  it('say where a template is wrong', () => {
    expect(() => parseTemplate('at {time')).toThrow('Character 4 of the message');
    expect(() => parseTemplate('at {}')).toThrow('Character 4 of the message');
    expect(() => parseTemplate('at }')).toThrow('Character 4 of the message: } without its {');
  });
});
