/**
 * Which lanes stand where. Groups follow one another (vCPUs, then shared); in a group the vCPU comes first, then value
 * lanes, then interrupts by number; pinned lanes come before the rest of their group. Pure.
 */
import { type Lane } from '../../core/session/contract.ts';

export interface LaneRow {
  readonly lane: Lane | undefined;
  /** Lane id, or `group:shared` for the header of a group that has no vCPU lane. */
  readonly id: string;
  readonly group: string;
  readonly kind: 'exec' | 'header' | 'interrupt' | 'value';
  readonly y: number;
  readonly height: number;
  readonly selected: boolean;
  readonly collapsed: boolean;
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
  readonly hidden: ReadonlySet<string>;
  readonly pinned: ReadonlySet<string>;
  /** 8, or 10 from 1600 px of window width on. */
  readonly gap: number;
}

export const HEIGHTS = { exec: 22, header: 22, interrupt: 18, selected: 36, value: 40 } as const;

const KIND_ORDER: Readonly<Record<Lane['type'], number>> = { vcpu: 0, value: 1, interrupt: 2 };

export function layoutLanes(lanes: readonly Lane[], options: LaneOptions): LaneLayout {
  const groups = new Map<string, Lane[]>();
  for (const lane of lanes) {
    const members = groups.get(lane.group);
    if (members === undefined) groups.set(lane.group, [lane]);
    else members.push(lane);
  }
  const rows: LaneRow[] = [];
  const rules: number[] = [];
  let y = 0;
  const push = (row: Omit<LaneRow, 'y'>): void => {
    rows.push({ ...row, y });
    y += row.height;
  };
  for (const [group, members] of [...groups].sort(([a], [b]) => groupOrder(a) - groupOrder(b))) {
    if (rows.length > 0) {
      rules.push(y + options.gap / 2);
      y += options.gap;
    }
    const collapsed = options.collapsed.has(group);
    const ordered = members.toSorted((a, b) => laneOrder(a, b, options.pinned));
    if (!members.some((lane) => lane.type === 'vcpu')) {
      const id = `group:${group}`;
      push({ lane: undefined, id, group, kind: 'header', height: HEIGHTS.header, selected: false, collapsed });
    }
    for (const lane of ordered) {
      const selected = lane.id === options.selected;
      if (lane.type === 'vcpu') {
        push({ lane, id: lane.id, group, kind: 'exec', height: HEIGHTS.exec, selected, collapsed });
      } else if (!collapsed && (!options.hidden.has(lane.id) || selected)) {
        const value = lane.type === 'value';
        const height = value ? HEIGHTS.value : selected ? HEIGHTS.selected : HEIGHTS.interrupt;
        push({ lane, id: lane.id, group, kind: value ? 'value' : 'interrupt', height, selected, collapsed: false });
      }
    }
  }
  return { rows, rules, height: y };
}

function groupOrder(group: string): number {
  const match = /^vcpu(\d+)$/.exec(group);
  return match === null ? Number.MAX_SAFE_INTEGER : Number(match[1]);
}

function laneOrder(a: Lane, b: Lane, pinned: ReadonlySet<string>): number {
  return (
    Number(b.type === 'vcpu') - Number(a.type === 'vcpu') ||
    Number(pinned.has(b.id)) - Number(pinned.has(a.id)) ||
    KIND_ORDER[a.type] - KIND_ORDER[b.type] ||
    intidOrder(a.intid) - intidOrder(b.intid)
  );
}

/** SGIs, PPIs, SPIs, LPIs, each by number; the type is in bits 31:29 (0 SGI, 1 PPI, 2 LPI, 3 SPI). */
function intidOrder(intid: number | null): number {
  if (intid === null) return 0;
  const type = [0, 1, 3, 2][(intid >>> 29) & 3] ?? 0;
  return type * 2 ** 29 + (intid & 0x1fff_ffff);
}

/** The row at `y` (in the coordinates of the layout); undefined in gaps and below the last. */
export function rowAt(layout: LaneLayout, y: number): LaneRow | undefined {
  return layout.rows.find((row) => y >= row.y && y < row.y + row.height);
}

/** The next row up or down from `id` that can be selected. */
export function neighbour(layout: LaneLayout, id: string | undefined, step: 1 | -1): LaneRow | undefined {
  const index = layout.rows.findIndex((row) => row.id === id);
  return index < 0 ? layout.rows[step > 0 ? 0 : layout.rows.length - 1] : layout.rows[index + step];
}
