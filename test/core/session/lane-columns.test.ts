import { describe, expect, it } from 'vitest';
import { type Lane } from '../../../core/session/contract.ts';
import { compareLanes, interruptLane, laneColumns, lanesOf } from '../../../core/session/lane-columns.ts';
import { encodeFrame } from '../../../core/session/wire.ts';
import { intidOf } from '../../../core/trace/interrupts.ts';

const vcpuLane = (vcpu: number): Lane => ({
  id: `vcpu${vcpu}`,
  type: 'vcpu',
  group: `vcpu${vcpu}`,
  label: `vCPU ${vcpu}`,
  sublabel: '',
  vcpu,
  intid: null,
  max: null,
  quiet: false,
  lineAlone: false,
});

describe('lanes on the wire', () => {
  it('come back as they were, in the order in which they are drawn', () => {
    const lanes = [
      vcpuLane(0),
      { ...interruptLane(intidOf({ type: 'sgi', number: 3 }), 0, 'v3'), quiet: true },
      interruptLane(intidOf({ type: 'ppi', number: 27 }), 0, 'v3'),
      vcpuLane(1),
      { ...interruptLane(intidOf({ type: 'ppi', number: 27 }), 1, 'v3'), lineAlone: true },
      interruptLane(intidOf({ type: 'spi', number: 33 }), undefined, 'v3'),
      { ...interruptLane(intidOf({ type: 'spi', number: 34 }), undefined, 'v3'), quiet: true, lineAlone: true },
      { ...interruptLane(intidOf({ type: 'lpi', number: 8192 }), undefined, 'v3'), quiet: true },
    ];
    expect(lanes.toSorted(compareLanes)).toEqual(lanes);
    expect(lanesOf({ lanes: laneColumns(lanes), gic: 'v3' })).toEqual(lanes);
  });

  it('take nine bytes for each interrupt', () => {
    const count = 65_536;
    const lpi = (number: number): Lane => interruptLane(intidOf({ type: 'lpi', number }), undefined, 'v5');
    const columns = laneColumns(Array.from({ length: count }, (_, number) => lpi(number)));
    expect(encodeFrame(columns).length).toBeLessThan(count * 9 + 1000);
  });
});
