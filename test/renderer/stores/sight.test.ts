import { describe, expect, it } from 'vitest';
import { type Lane } from '../../../core/session/contract.ts';
import { sameSight, sightOf } from '../../../renderer/stores/sight.ts';

const lane = (id: string, vcpu: number | null, intid: number | null): Lane => ({
  id,
  type: intid === null ? 'vcpu' : 'interrupt',
  group: vcpu === null ? 'shared' : `vcpu${vcpu}`,
  label: id,
  sublabel: '',
  vcpu,
  intid,
  max: null,
  quiet: false,
  lineAlone: false,
});
const LPI = 0x4000_0000;
const lpis = (count: number): Lane[] => Array.from({ length: count }, (_, n) => lane(`lpi${n}`, null, LPI + n));

describe('what the lanes ask about at each stop', () => {
  it('is everything, wherever one scrolls, of a trace with few vCPUs and interrupts', () => {
    const trace = { vcpus: 2, lanes: [lane('vcpu0', 0, null), lane('vcpu1', 1, null), ...lpis(3)] };
    const top = sightOf(trace, trace.lanes.slice(0, 1), undefined);
    expect(top).toEqual({ vcpus: [0, 1], shared: undefined });
    expect(sameSight(top, sightOf(trace, trace.lanes.slice(3), trace.lanes[4]))).toBe(true);
  });

  it('is what is on screen, and the selected lane, of a larger one', () => {
    const trace = { vcpus: 255, lanes: [lane('vcpu0', 0, null), ...lpis(60_000)] };
    const seen = [...trace.lanes.slice(5001, 5003), lane('vcpu7', 7, null)];
    expect(sightOf(trace, seen, trace.lanes[1])).toEqual({ vcpus: [7], shared: [LPI, LPI + 5000, LPI + 5001] });
  });

  it('never asks for more shared interrupts than one answer tells', () => {
    const trace = { vcpus: 1, lanes: lpis(2000) };
    expect(sightOf(trace, trace.lanes, undefined).shared).toHaveLength(512);
  });

  it('is nothing without a trace', () => {
    expect(sightOf({ vcpus: 0, lanes: [] }, [], undefined)).toEqual({ vcpus: [], shared: undefined });
  });
});
