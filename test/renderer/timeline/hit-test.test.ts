import { describe, expect, it } from 'vitest';
import { type LaneData } from '../../../core/session/contract.ts';
import { LEGS, STATE_LINE, STATE_LINE_KNOWN } from '../../../core/session/vocabulary.ts';
import { episodeAt, nearestEdge, segmentAt, spotAt } from '../../../renderer/timeline/hit-test.ts';
import { groupLanes, layoutLanes } from '../../../renderer/timeline/lanes.ts';

const VCPU = {
  id: 'vcpu0',
  type: 'vcpu',
  group: 'vcpu0',
  label: '',
  sublabel: '',
  vcpu: 0,
  intid: null,
  max: null,
  quiet: false,
  lineAlone: false,
} as const;
const NONE: ReadonlySet<string> = new Set();
const LAYOUT = layoutLanes(groupLanes([VCPU]), {
  selected: undefined,
  collapsed: NONE,
  unfolded: NONE,
  hidden: NONE,
  pinned: NONE,
  gap: 8,
});
const marks: readonly (readonly [number, (typeof LEGS)[number]])[] = [
  [100, 'pending'],
  [150, 'acknowledged'],
  [160, 'dropped'],
  [200, 'deactivated'],
  [400, 'pending'],
];
const DATA: LaneData = {
  lane: 'vcpu0.ppi27',
  exact: true,
  start: Float64Array.of(100, 150, 400),
  end: Float64Array.of(150, 200, 500),
  code: Uint16Array.of(1, 2, 1),
  share: Uint8Array.of(255, 255, 255),
  transitions: Uint32Array.of(1, 1, 1),
  value: new Float64Array(0),
  markTime: Float64Array.from(marks, ([time]) => time),
  markSeq: new Float64Array(marks.length),
  markLeg: Uint8Array.from(marks, ([, leg]) => LEGS.indexOf(leg)),
  why: [],
};

describe('what lies under the pointer', () => {
  it('is the ruler, the hits, a lane or nothing', () => {
    expect(spotAt(LAYOUT, 0, 10).zone).toBe('ruler');
    expect(spotAt(LAYOUT, 0, 30).zone).toBe('hits');
    expect(spotAt(LAYOUT, 0, 50).row?.id).toBe('vcpu0');
    expect(spotAt(LAYOUT, 0, 80).zone).toBe('empty');
  });
  it('is the segment at that time', () => {
    expect(segmentAt(DATA, 120)).toBe(0);
    expect(segmentAt(DATA, 150)).toBe(1);
    expect(segmentAt(DATA, 300)).toBeUndefined();
  });
  it('snaps to the nearest edge within reach', () => {
    expect(nearestEdge(DATA, 147, 10)).toBe(150);
    expect(nearestEdge(DATA, 103, 10)).toBe(100);
    expect(nearestEdge(DATA, 300, 10)).toBeUndefined();
  });
  it('belongs to a whole episode, from pending to deactivate', () => {
    expect(episodeAt(DATA, 170)).toEqual({ from: 100, to: 200 });
    expect(episodeAt(DATA, 50)).toBeUndefined();
    expect(episodeAt(DATA, 450)).toBeUndefined();
  });
  it('is for how long a line was high, where that alone is known', () => {
    const [low, high] = [STATE_LINE_KNOWN, STATE_LINE_KNOWN | STATE_LINE];
    const none = new Float64Array(0);
    const line = { ...DATA, code: Uint16Array.of(low, high, low), markTime: none, markSeq: none };
    expect(episodeAt(line, 170)).toEqual({ from: 150, to: 200 });
    expect(episodeAt(line, 120)).toBeUndefined();
    expect(episodeAt({ ...line, exact: false }, 170)).toBeUndefined();
    // The unknown run state of a vCPU has all bits below.
    expect(episodeAt({ ...line, code: Uint16Array.of(255, 255, 255) }, 170)).toBeUndefined();
  });
});
