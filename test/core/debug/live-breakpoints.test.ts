import { describe, expect, it } from 'vitest';
import { breakpointSchema } from '../../../core/debug/breakpoints.ts';
import { parse } from '../../../core/debug/condition/index.ts';
import { LiveBreakpoints, type PendingAccess, placeOf } from '../../../core/debug/live-breakpoints.ts';
import { MemoryTrace } from './support/memory-trace.ts';

const ACCESS: PendingAccess = {
  kind: 'register.access',
  vcpu: 0,
  register: 'ICC_PCR_EL1',
  op: 'write',
  value: { lo: 0x10, hi: 0 },
  arg: 0x4000_0010n,
  seq: 7,
  time: 100,
};

function armed(condition: string, more: object = {}): { stops: LiveBreakpoints; hits(access: object): boolean } {
  const trace = new MemoryTrace(2);
  const stops = new LiveBreakpoints(() => trace.names());
  const { state } = trace.journal;
  stops.set([breakpointSchema.parse({ id: 1, condition, stop: 'before', ...more })], state);
  return { stops, hits: (access) => stops.beforeAccess({ ...ACCESS, ...access }, state) !== undefined };
}

describe('a place in the program', () => {
  it.each([
    ['pc == 0x40000010', { address: 0x4000_0010n, vcpu: undefined }],
    ['pc == 0x40000010 on vcpu 1', { address: 0x4000_0010n, vcpu: 1 }],
    ['pc == 0x40000010 and vcpu == 1', { address: 0x4000_0010n, vcpu: 1 }],
    ['vcpu == 1 and pc == 0x40000010', { address: 0x4000_0010n, vcpu: 1 }],
    ['pc != 0x40000010', undefined],
    ['pc == 0x40000010 or vcpu == 1', undefined],
    ['pc == 0x40000010 and kind == vcpu.entry', undefined],
    ['write ICC_PCR_EL1', undefined],
  ])('%s', (condition, place) => {
    expect(placeOf(parse(condition))).toEqual(place);
  });

  it('is watched by address, for one vCPU or all, and tested at no event', () => {
    const { stops } = armed('pc == 0x40000010 on vcpu 1');
    expect(stops.places).toEqual([{ address: 0x4000_0010n, vcpu: 1 }]);
    expect([stops.watchesEvents, stops.watchesAccesses]).toEqual([false, false]);
    expect(stops.atPlace(0, 0x4000_0010n)).toBeUndefined();
    expect(stops.atPlace(1, 0x4000_0010n)).toEqual({ breakpoint: 1, before: true });
  });

  it('stops once, or from a later time on, if that was asked for', () => {
    const { stops } = armed('pc == 0x40000010', { ignoreCount: 1, oneShot: true });
    const hits = [1, 2, 3].map(() => stops.atPlace(0, 0x4000_0010n) !== undefined);
    expect(hits).toEqual([false, true, false]);
    expect(stops.places).toEqual([]);
  });
});

describe('a stop before an access', () => {
  it('knows register, direction, instruction, vCPU and the value that is written', () => {
    const { hits } = armed('write ICC_PCR_EL1 where value & 0x10 on vcpu 0');
    expect(hits({})).toBe(true);
    expect(hits({ value: { lo: 0xf, hi: 0 } })).toBe(false);
    expect(hits({ register: 'ICC_CR0_EL1' })).toBe(false);
    expect(hits({ op: 'read', value: undefined })).toBe(false);
    expect(hits({ vcpu: 1 })).toBe(false);
  });

  it('does not know a value that is still to be read', () => {
    const { hits } = armed('read ICC_PCR_EL1 where value == 0');
    expect(hits({ op: 'read', value: undefined })).toBe(false);
    expect(armed('read ICC_PCR_EL1').hits({ op: 'read', value: undefined })).toBe(true);
  });

  it('is left to the event where a condition speaks of state alone, or the breakpoint stops behind', () => {
    expect(armed('ppi(27).pending rises').stops.watchesAccesses).toBe(false);
    expect(armed('write ICC_PCR_EL1', { stop: 'after' }).stops.watchesAccesses).toBe(false);
    expect(armed('write ICC_PCR_EL1', { enabled: false }).stops.watchesEvents).toBe(false);
    expect(armed('write ICC_PCR_EL1', { action: 'log' }).stops.watchesEvents).toBe(false);
  });
});
