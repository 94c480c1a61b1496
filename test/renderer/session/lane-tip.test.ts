import { describe, expect, it } from 'vitest';
import { type Lane, type LaneData } from '../../../core/session/contract.ts';
import {
  RUN_STATES,
  STATE_ACTIVE_KNOWN,
  STATE_LINE,
  STATE_LINE_KNOWN,
  STATE_PENDING,
  STATE_PENDING_KNOWN,
} from '../../../core/session/vocabulary.ts';
import { laneTip } from '../../../renderer/session/lane-tip.ts';
import { type LaneRow } from '../../../renderer/timeline/lanes.ts';

const row = (kind: LaneRow['kind'], lane: Pick<Lane, 'label' | 'sublabel'>): LaneRow => ({
  lane: {
    id: 'x',
    type: 'interrupt',
    group: 'vcpu0',
    vcpu: 0,
    intid: null,
    max: null,
    quiet: false,
    lineAlone: false,
    ...lane,
  },
  id: 'x',
  title: lane.label,
  group: 'vcpu0',
  kind,
  y: 0,
  height: 18,
  selected: false,
  collapsed: false,
  folded: false,
});
const data = (exact: boolean, code: number, transitions = 1): LaneData => ({
  lane: 'x',
  exact,
  start: Float64Array.of(1000),
  end: Float64Array.of(4000),
  code: Uint16Array.of(code),
  share: Uint8Array.of(255),
  transitions: Uint32Array.of(transitions),
  value: new Float64Array(0),
  markTime: new Float64Array(0),
  markSeq: new Float64Array(0),
  markLeg: new Uint8Array(0),
  why: [],
});
const PPI = row('interrupt', { label: 'PPI 27', sublabel: 'CNTV' });
const VCPU = row('exec', { label: 'vCPU 1', sublabel: '' });
const PENDING = STATE_PENDING | STATE_PENDING_KNOWN | STATE_ACTIVE_KNOWN;

describe('the tip of a lane', () => {
  it('says the state and how long it lasts', () => {
    expect(laneTip(PPI, data(true, PENDING), 2000)).toBe('PPI 27 CNTV: pending, 3.00 µs');
    expect(laneTip(VCPU, data(true, RUN_STATES.indexOf('idle')), 2000)).toBe('vCPU 1: idle, 3.00 µs');
  });
  it('says of a line alone that nothing else is known', () => {
    expect(laneTip(PPI, data(true, STATE_LINE_KNOWN | STATE_LINE), 2000)).toBe(
      'PPI 27 CNTV: unknown, line high, 3.00 µs',
    );
  });
  it('says how often a squeezed column changes', () => {
    expect(laneTip(PPI, data(false, PENDING, 12), 2000)).toBe('PPI 27 CNTV: pending, 12 changes in 3.00 µs');
    expect(laneTip(PPI, data(false, PENDING), 2000)).toBe('PPI 27 CNTV: pending, 3.00 µs');
  });
  it('says unknown of a vCPU that nothing is known of', () => {
    expect(laneTip(VCPU, data(true, 255), 2000)).toBe('vCPU 1: unknown, 3.00 µs');
  });
  it('is none beside what was recorded, beside lanes and in lanes of values', () => {
    expect(laneTip(PPI, data(true, PENDING), 9000)).toBeUndefined();
    expect(laneTip(undefined, data(true, PENDING), 2000)).toBeUndefined();
    expect(laneTip(row('value', PPI.lane ?? { label: '', sublabel: '' }), data(true, 0), 2000)).toBeUndefined();
    expect(laneTip(PPI, undefined, 2000)).toBeUndefined();
  });
});
