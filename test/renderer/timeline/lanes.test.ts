import { describe, expect, it } from 'vitest';
import { type Lane } from '../../../core/session/contract.ts';
import { foldWords } from '../../../renderer/timeline/fold-words.ts';
import {
  groupLanes,
  type LaneLayout,
  type LaneOptions,
  layoutLanes,
  neighbour,
  rowAt,
  rowsBetween,
} from '../../../renderer/timeline/lanes.ts';

const lane = (id: string, type: Lane['type'], group: string, intid: number | null = null, quiet = false): Lane => ({
  id,
  type,
  group,
  label: id,
  sublabel: '',
  vcpu: null,
  intid,
  max: null,
  quiet,
  lineAlone: false,
});
const LPI = 2 * 2 ** 29;
const SPI = 3 * 2 ** 29;
/** As the trace lists them. */
const LANES = [
  lane('vcpu0', 'vcpu', 'vcpu0'),
  lane('vcpu1', 'vcpu', 'vcpu1'),
  lane('vcpu1.mask', 'value', 'vcpu1'),
  lane('vcpu1.ppi27', 'interrupt', 'vcpu1', 27),
  lane('vcpu1.ppi30', 'interrupt', 'vcpu1', 30),
  lane('spi5', 'interrupt', 'shared', SPI + 5),
];
const options: LaneOptions = {
  selected: undefined,
  collapsed: new Set<string>(),
  unfolded: new Set<string>(),
  hidden: new Set<string>(),
  pinned: new Set<string>(),
  gap: 8,
};
const laid = (lanes: readonly Lane[], more: Partial<LaneOptions> = {}): LaneLayout =>
  layoutLanes(groupLanes(lanes), { ...options, ...more });
const ids = (layout: LaneLayout): string[] => layout.rows.map(({ id }) => id);

describe('the layout of lanes', () => {
  it('goes vCPU by vCPU, the mask before the interrupts by number, shared ones last under a header', () => {
    expect(ids(laid(LANES))).toEqual([
      'vcpu0',
      'vcpu1',
      'vcpu1.mask',
      'vcpu1.ppi27',
      'vcpu1.ppi30',
      'group:shared',
      'spi5',
    ]);
  });
  it('names the group of a vCPU whose run states the trace does not show', () => {
    const [header] = laid(LANES.slice(2, 4)).rows;
    expect([header?.kind, header?.title]).toEqual(['header', 'vCPU 1']);
    expect(laid(LANES).rows.find(({ kind }) => kind === 'header')?.title).toBe('Shared');
  });
  it('stacks heights of 22, 40, 18 and a gap between groups', () => {
    const { rows, rules, height } = laid(LANES);
    expect(rows.map(({ y }) => y)).toEqual([0, 30, 52, 92, 110, 136, 158]);
    expect(rules).toEqual([26, 132]);
    expect(height).toBe(176);
  });
  it('gives the selected interrupt a taller lane', () => {
    const layout = laid(LANES, { selected: 'vcpu1.ppi27' });
    expect(layout.rows.find(({ id }) => id === 'vcpu1.ppi27')?.height).toBe(36);
  });
  it('leaves out collapsed and hidden lanes, but never the selected one', () => {
    const collapsed = laid(LANES, { collapsed: new Set(['vcpu1']) });
    expect(ids(collapsed)).toEqual(['vcpu0', 'vcpu1', 'group:shared', 'spi5']);
    const hidden = new Set(['vcpu1.ppi27', 'vcpu1.ppi30']);
    expect(ids(laid(LANES, { hidden, selected: 'vcpu1.ppi30' }))).not.toContain('vcpu1.ppi27');
    expect(ids(laid(LANES, { hidden, selected: 'vcpu1.ppi30' }))).toContain('vcpu1.ppi30');
  });
  it('puts pinned lanes first in their group', () => {
    const layout = laid(LANES, { pinned: new Set(['vcpu1.ppi30']) });
    expect(ids(layout).slice(1, 4)).toEqual(['vcpu1', 'vcpu1.ppi30', 'vcpu1.mask']);
  });
  it('finds the lane at a height, and the one above or below another', () => {
    const layout = laid(LANES);
    expect(rowAt(layout, 93)?.id).toBe('vcpu1.ppi27');
    expect(rowAt(layout, 25)).toBeUndefined();
    expect(rowAt(layout, 176)).toBeUndefined();
    expect(neighbour(layout, 'vcpu1.ppi27', 1)?.id).toBe('vcpu1.ppi30');
    expect(neighbour(layout, undefined, -1)?.id).toBe('spi5');
    expect(neighbour(layout, 'spi5', 1)).toBeUndefined();
  });
  it('gives what is in sight as a filter over all rows would', () => {
    const layout = laid(LANES);
    for (let top = -30; top < 200; top += 7)
      for (const height of [1, 20, 60, 300]) {
        const seen = layout.rows.filter((row) => row.y + row.height > top && row.y < top + height);
        const { first, rows } = rowsBetween(layout, top, top + height);
        expect(rows).toEqual(seen);
        if (seen.length > 0) expect(layout.rows[first]).toBe(seen[0]);
      }
  });
});

describe('quiet lanes', () => {
  const sgis = Array.from({ length: 16 }, (_, n) => lane(`vcpu0.sgi${n}`, 'interrupt', 'vcpu0', n, n !== 7));
  const WITH_QUIET = [
    lane('vcpu0', 'vcpu', 'vcpu0'),
    lane('vcpu0.mask', 'value', 'vcpu0'),
    ...sgis,
    lane('spi5', 'interrupt', 'shared', SPI + 5, true),
    lane('spi6', 'interrupt', 'shared', SPI + 6),
    lane('lpi8', 'interrupt', 'shared', LPI + 8, true),
  ];
  it('are one line at the end of their group, which says how many of what there are', () => {
    const layout = laid(WITH_QUIET);
    expect(ids(layout)).toEqual([
      'vcpu0',
      'vcpu0.mask',
      'vcpu0.sgi7',
      'fold:vcpu0',
      'group:shared',
      'spi6',
      'fold:shared',
    ]);
    expect(layout.rows.filter(({ kind }) => kind === 'fold')).toMatchObject([
      { title: '15 quiet SGIs', collapsed: true, height: 18 },
      { title: '2 quiet SPIs, LPIs', collapsed: true },
    ]);
  });
  it('follow their line when it is open', () => {
    const layout = laid(WITH_QUIET, { unfolded: new Set(['shared']) });
    expect(ids(layout).slice(-4)).toEqual(['spi6', 'fold:shared', 'spi5', 'lpi8']);
    expect(layout.rows.map(({ folded }) => folded).slice(-4)).toEqual([false, false, true, true]);
  });
  it('stand among the others, in their place, when they are selected or pinned', () => {
    const layout = laid(WITH_QUIET, { selected: 'vcpu0.sgi3', pinned: new Set(['vcpu0.sgi9']) });
    expect(ids(layout).slice(0, 6)).toEqual([
      'vcpu0',
      'vcpu0.sgi9',
      'vcpu0.mask',
      'vcpu0.sgi3',
      'vcpu0.sgi7',
      'fold:vcpu0',
    ]);
    expect(layout.rows.find(({ id }) => id === 'fold:vcpu0')?.title).toBe('13 quiet SGIs');
  });
  it('are not counted where they are hidden, and go with their group', () => {
    const hidden = new Set(sgis.slice(0, 5).map(({ id }) => id));
    expect(laid(WITH_QUIET, { hidden }).rows.find(({ kind }) => kind === 'fold')?.title).toBe('10 quiet SGIs');
    expect(ids(laid(WITH_QUIET, { collapsed: new Set(['vcpu0']) }))).not.toContain('fold:vcpu0');
  });
  it('stay as they are where there is only one: a line for it would gain nothing', () => {
    const lanes = [lane('vcpu0', 'vcpu', 'vcpu0'), ...sgis.slice(6, 8)];
    expect(ids(laid(lanes))).toEqual(['vcpu0', 'vcpu0.sgi6', 'vcpu0.sgi7']);
    expect(foldWords([...sgis.slice(0, 1)])).toBe('1 quiet, vcpu0.sgi0');
  });
  it('of 512 vCPUs and 65,536 LPIs are a line for each vCPU, and only those in sight are given out when they are open', () => {
    const many: Lane[] = [];
    for (let vcpu = 0; vcpu < 512; vcpu++) {
      const group = `vcpu${vcpu}`;
      many.push(lane(group, 'vcpu', group));
      for (let n = 0; n < 16; n++) many.push(lane(`${group}.sgi${n}`, 'interrupt', group, n, true));
    }
    for (let n = 0; n < 65_536; n++) many.push(lane(`lpi${n}`, 'interrupt', 'shared', LPI + n, true));
    const groups = groupLanes(many);
    expect(layoutLanes(groups, options).rows).toHaveLength(512 * 2 + 2);
    const open = layoutLanes(groups, { ...options, unfolded: new Set(groups.map(({ id }) => id)) });
    expect(open.rows).toHaveLength(512 * 18 + 2 + 65_536);
    const { first, rows } = rowsBetween(open, open.height - 600, open.height);
    expect(rows).toHaveLength(34);
    expect(open.rows[first]?.id).toBe(`lpi${65_536 - 34}`);
  });
});
