/**
 * Which lanes stand where. Groups follow one another (vCPUs, then shared); in a group the vCPU comes first, then value
 * lanes, then interrupts by number; pinned lanes come before the rest of their group. Quiet interrupts, which the trace
 * never shows pending, active or raised, are folded into one line at the group's end that says how many they are; those
 * that are selected or pinned stand among the others all the same. Pure.
 *
 * Cost: `groupLanes` once for each list of lanes. `layoutLanes` looks at every lane that is shown and compares each
 * quiet one with the selection; what lies in sight is found by halving.
 */
import { type Lane } from '../../core/session/contract.ts';
import { foldWords } from './fold-words.ts';

export interface LaneRow {
  readonly lane: Lane | undefined;
  /** Lane id; `group:shared` for the header of a group that has no vCPU lane, `fold:vcpu0` for its quiet lanes. */
  readonly id: string;
  /** What the gutter says: the lane's label, or of a fold what is in it. */
  readonly title: string;
  readonly group: string;
  readonly kind: 'exec' | 'header' | 'interrupt' | 'value' | 'fold';
  readonly y: number;
  readonly height: number;
  readonly selected: boolean;
  /** Of group lines and folds: what belongs to them is not shown. */
  readonly collapsed: boolean;
  /** Belongs to an open fold. */
  readonly folded: boolean;
}

export interface LaneLayout {
  readonly rows: readonly LaneRow[];
  /** y of the hairline between groups. */
  readonly rules: readonly number[];
  readonly height: number;
}

export interface LaneOptions {
  readonly selected: string | undefined;
  readonly collapsed: ReadonlySet<string>;
  /** Groups whose quiet lanes are shown. */
  readonly unfolded: ReadonlySet<string>;
  readonly hidden: ReadonlySet<string>;
  readonly pinned: ReadonlySet<string>;
  /** 8, or 10 from 1600 px of window width on. */
  readonly gap: number;
}

export interface LaneGroup {
  readonly id: string;
  readonly vcpu: Lane | undefined;
  /** Those that are shown one by one, in order. */
  readonly lanes: readonly Lane[];
  readonly quiet: readonly Lane[];
}

const HEIGHTS = { exec: 22, header: 22, interrupt: 18, fold: 18, selected: 36, value: 40 } as const;

/** Fewer quiet lanes than this would gain nothing by being folded. */
const FEWEST_FOLDED = 2;

const foldId = (group: string): string => `fold:${group}`;

/** The group whose fold this is. */
export function groupOfFold(id: string | undefined): string | undefined {
  return id?.startsWith('fold:') === true ? id.slice('fold:'.length) : undefined;
}

/** Lanes by group, in the order of the trace's list. */
export function groupLanes(lanes: readonly Lane[]): LaneGroup[] {
  const groups = new Map<string, { id: string; vcpu: Lane | undefined; lanes: Lane[]; quiet: Lane[] }>();
  for (const lane of lanes) {
    let group = groups.get(lane.group);
    if (group === undefined)
      groups.set(lane.group, (group = { id: lane.group, vcpu: undefined, lanes: [], quiet: [] }));
    if (lane.type === 'vcpu') group.vcpu = lane;
    else (lane.quiet ? group.quiet : group.lanes).push(lane);
  }
  return [...groups.values()].map((group) =>
    group.quiet.length < FEWEST_FOLDED ? { ...group, lanes: merge(group.lanes, group.quiet), quiet: [] } : group,
  );
}

export function layoutLanes(groups: readonly LaneGroup[], options: LaneOptions): LaneLayout {
  const { selected: chosen, hidden, pinned } = options;
  const rows: LaneRow[] = [];
  const rules: number[] = [];
  let y = 0;
  const push = (row: Omit<LaneRow, 'y' | 'selected'>): void => {
    rows.push({ ...row, y, selected: row.id === chosen });
    y += row.height;
  };
  const isKept = ({ id }: Lane): boolean => id === chosen || pinned.has(id);
  const isShown = ({ id }: Lane): boolean => id === chosen || !hidden.has(id);
  const pushLane = (lane: Lane, folded: boolean): void => {
    const kind = lane.type === 'value' ? 'value' : 'interrupt';
    const height = kind === 'interrupt' && lane.id === chosen ? HEIGHTS.selected : HEIGHTS[kind];
    push({ lane, id: lane.id, title: lane.label, group: lane.group, kind, height, collapsed: false, folded });
  };
  for (const { id: group, vcpu, lanes, quiet } of groups) {
    if (rows.length > 0) {
      rules.push(y + options.gap / 2);
      y += options.gap;
    }
    const head = { group, collapsed: options.collapsed.has(group), folded: false };
    if (vcpu === undefined)
      push({
        ...head,
        lane: vcpu,
        id: `group:${group}`,
        title: groupWords(group),
        kind: 'header',
        height: HEIGHTS.header,
      });
    else push({ ...head, lane: vcpu, id: vcpu.id, title: vcpu.label, kind: 'exec', height: HEIGHTS.exec });
    if (head.collapsed) continue;
    const kept = quiet.filter((lane) => isKept(lane) && isShown(lane));
    for (const lane of pinnedFirst(merge(lanes.filter(isShown), kept), pinned)) pushLane(lane, false);
    const rest = quiet.filter((lane) => !isKept(lane) && isShown(lane));
    if (rest.length === 0) continue;
    const collapsed = !options.unfolded.has(group);
    const id = foldId(group);
    push({
      lane: undefined,
      id,
      title: foldWords(rest),
      group,
      kind: 'fold',
      height: HEIGHTS.fold,
      collapsed,
      folded: false,
    });
    if (!collapsed) for (const lane of rest) pushLane(lane, true);
  }
  return { rows, rules, height: y };
}

/** Of a group whose vCPU has no lane of its own: a source may not show when it runs. */
function groupWords(group: string): string {
  const vcpu = /^vcpu(\d+)$/.exec(group)?.[1];
  return vcpu === undefined ? 'Shared' : `vCPU ${vcpu}`;
}

/** Two ordered lists of one group as one: values before interrupts, those by type and number. */
function merge(lanes: readonly Lane[], kept: readonly Lane[]): readonly Lane[] {
  if (kept.length === 0) return lanes;
  return [...lanes, ...kept].sort((a, b) => numberRank(a.intid) - numberRank(b.intid));
}

function pinnedFirst(lanes: readonly Lane[], pinned: ReadonlySet<string>): readonly Lane[] {
  if (pinned.size === 0) return lanes;
  return lanes.toSorted((a, b) => Number(pinned.has(b.id)) - Number(pinned.has(a.id)));
}

/** SGIs, PPIs, SPIs, LPIs, each by number; the type is in bits 31:29 (0 SGI, 1 PPI, 2 LPI, 3 SPI). */
function numberRank(intid: number | null): number {
  if (intid === null) return -1;
  const type = [0, 1, 3, 2][(intid >>> 29) & 3] ?? 0;
  return type * 2 ** 29 + (intid & 0x1fff_ffff);
}

/** Index of the first row that ends below `y`, in the coordinates of the layout. */
function firstBelow({ rows }: LaneLayout, y: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = rows[middle];
    if (row !== undefined && row.y + row.height <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The rows that lie between two heights, and the index of the first. */
export function rowsBetween(
  layout: LaneLayout,
  top: number,
  bottom: number,
): { readonly first: number; readonly rows: readonly LaneRow[] } {
  const first = firstBelow(layout, top);
  let end = firstBelow(layout, bottom);
  const last = layout.rows[end];
  if (last !== undefined && last.y < bottom) end++;
  return { first, rows: layout.rows.slice(first, end) };
}

/** The row at `y` (in the coordinates of the layout); undefined in gaps and below the last. */
export function rowAt(layout: LaneLayout, y: number): LaneRow | undefined {
  const row = layout.rows[firstBelow(layout, y)];
  return row !== undefined && y >= row.y ? row : undefined;
}

/** The next row up or down from `id` that can be selected. */
export function neighbour(layout: LaneLayout, id: string | undefined, step: 1 | -1): LaneRow | undefined {
  const index = layout.rows.findIndex((row) => row.id === id);
  return index < 0 ? layout.rows[step > 0 ? 0 : layout.rows.length - 1] : layout.rows[index + step];
}
