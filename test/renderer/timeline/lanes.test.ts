import { describe, expect, it } from 'vitest';
import { type Lane } from '../../../core/session/contract.ts';
import { layoutLanes, neighbour, rowAt } from '../../../renderer/timeline/lanes.ts';

const lane = (id: string, type: Lane['type'], group: string, intid: number | null = null): Lane => ({
  id,
  type,
  group,
  label: id,
  sublabel: '',
  vcpu: null,
  intid,
  max: null,
});
const LANES = [
  lane('spi5', 'interrupt', 'shared', 5),
  lane('vcpu1.ppi30', 'interrupt', 'vcpu1', 30),
  lane('vcpu1', 'vcpu', 'vcpu1'),
  lane('vcpu1.ppi27', 'interrupt', 'vcpu1', 27),
  lane('vcpu1.mask', 'value', 'vcpu1'),
  lane('vcpu0', 'vcpu', 'vcpu0'),
];
const options = {
  selected: undefined,
  collapsed: new Set<string>(),
  hidden: new Set<string>(),
  pinned: new Set<string>(),
  gap: 8,
};
const ids = (layout: ReturnType<typeof layoutLanes>): string[] => layout.rows.map(({ id }) => id);

describe('the layout of lanes', () => {
  it('goes vCPU by vCPU, the mask before the interrupts by number, shared ones last under a header', () => {
    expect(ids(layoutLanes(LANES, options))).toEqual([
      'vcpu0',
      'vcpu1',
      'vcpu1.mask',
      'vcpu1.ppi27',
      'vcpu1.ppi30',
      'group:shared',
      'spi5',
    ]);
  });
  it('stacks heights of 22, 40, 18 and a gap between groups', () => {
    const { rows, rules, height } = layoutLanes(LANES, options);
    expect(rows.map(({ y }) => y)).toEqual([0, 30, 52, 92, 110, 136, 158]);
    expect(rules).toEqual([26, 132]);
    expect(height).toBe(176);
  });
  it('gives the selected interrupt a taller lane', () => {
    const layout = layoutLanes(LANES, { ...options, selected: 'vcpu1.ppi27' });
    expect(layout.rows.find(({ id }) => id === 'vcpu1.ppi27')?.height).toBe(36);
  });
  it('leaves out collapsed and hidden lanes, but never the selected one', () => {
    const collapsed = layoutLanes(LANES, { ...options, collapsed: new Set(['vcpu1']) });
    expect(ids(collapsed)).toEqual(['vcpu0', 'vcpu1', 'group:shared', 'spi5']);
    const hidden = new Set(['vcpu1.ppi27', 'vcpu1.ppi30']);
    expect(ids(layoutLanes(LANES, { ...options, hidden, selected: 'vcpu1.ppi30' }))).not.toContain('vcpu1.ppi27');
    expect(ids(layoutLanes(LANES, { ...options, hidden, selected: 'vcpu1.ppi30' }))).toContain('vcpu1.ppi30');
  });
  it('puts pinned lanes first in their group', () => {
    const layout = layoutLanes(LANES, { ...options, pinned: new Set(['vcpu1.ppi30']) });
    expect(ids(layout).slice(1, 4)).toEqual(['vcpu1', 'vcpu1.ppi30', 'vcpu1.mask']);
  });
  it('finds the lane at a height, and the one above or below another', () => {
    const layout = layoutLanes(LANES, options);
    expect(rowAt(layout, 93)?.id).toBe('vcpu1.ppi27');
    expect(rowAt(layout, 25)).toBeUndefined();
    expect(neighbour(layout, 'vcpu1.ppi27', 1)?.id).toBe('vcpu1.ppi30');
    expect(neighbour(layout, undefined, -1)?.id).toBe('spi5');
    expect(neighbour(layout, 'spi5', 1)).toBeUndefined();
  });
});
