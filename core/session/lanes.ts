/**
 * The lanes of a trace as the window names them, in the order in which it draws them: per vCPU its run state, its
 * priority mask, its private interrupts by number; then the shared interrupts.
 */
import { interruptKey, interruptLabel } from '../trace/interrupts.ts';
import { type Lane as StoredLane } from '../trace/lane-kinds.ts';
import { type TraceReader } from '../trace/reader.ts';
import { type GicModel } from '../trace/sink.ts';
import { type Lane } from './contract.ts';
import { interruptName } from './inspect.ts';

/** A lane with the number that the trace file knows it by. */
export interface NamedLane {
  readonly stored: StoredLane;
  readonly lane: Lane;
}

const VCPU_PATH = /^vcpu(\d{1,3})\.(.+)$/;

export function namedLanes(reader: TraceReader, gic: GicModel): NamedLane[] {
  const out: NamedLane[] = [];
  for (const stored of reader.lanes) {
    const lane = describe(reader, stored, gic);
    if (lane !== undefined) out.push({ stored, lane });
  }
  const first = new Map<string, NamedLane>();
  for (const named of out) if (!first.has(named.lane.id)) first.set(named.lane.id, named);
  return [...first.values()].sort((a, b) => rank(a.lane) - rank(b.lane) || (a.lane.intid ?? 0) - (b.lane.intid ?? 0));
}

export function traceLanes(reader: TraceReader, gic: GicModel): Lane[] {
  return namedLanes(reader, gic).map(({ lane }) => lane);
}

const TYPE_ORDER: Readonly<Record<Lane['type'], number>> = { vcpu: 0, value: 1, interrupt: 2 };

/** vCPU lanes before shared ones; within a vCPU run state, mask, interrupts. */
function rank(lane: Lane): number {
  return (lane.vcpu ?? 1023) * 4 + TYPE_ORDER[lane.type];
}

function describe(reader: TraceReader, stored: StoredLane, gic: GicModel): Lane | undefined {
  switch (stored.kind) {
    case 'density':
      return undefined;
    case 'interrupt': {
      const identity = reader.interruptIndex.identity(stored.subject);
      if (identity === undefined) return undefined;
      const { intid, vcpu } = identity;
      const key = interruptKey(intid) ?? `intid${intid}`;
      const group = vcpu === undefined ? 'shared' : `vcpu${vcpu}`;
      return {
        id: vcpu === undefined ? key : `${group}.${key}`,
        type: 'interrupt',
        group,
        label: interruptLabel(intid),
        sublabel: interruptName(intid, gic),
        vcpu: vcpu ?? null,
        intid,
        max: null,
      };
    }
    case 'run':
    case 'value': {
      const descriptor = reader.layout.slots[stored.subject];
      const match = VCPU_PATH.exec(descriptor?.path ?? '');
      if (match === null) return undefined;
      const vcpu = Number(match[1]);
      const group = `vcpu${vcpu}`;
      const base = { group, vcpu, intid: null };
      if (stored.kind === 'run')
        return { ...base, id: group, type: 'vcpu', label: `vCPU ${vcpu}`, sublabel: '', max: null };
      return {
        ...base,
        id: `${group}.mask`,
        type: 'value',
        label: 'Priority mask',
        sublabel: (descriptor?.register ?? match[2] ?? '').replace(/^IC[CHV]_|_EL\d$/g, ''),
        max: 2 ** stored.width - 1,
      };
    }
  }
}
