/**
 * A lane of a trace as the window names it, and the order in which it draws them: per vCPU its run state, its priority
 * mask, its private interrupts by number; then the shared interrupts, SPIs before LPIs.
 */
import { registerByName } from '../gic/registers.ts';
import { interruptKey, interruptLabel } from '../trace/interrupts.ts';
import { type Lane as StoredLane } from '../trace/lane-kinds.ts';
import { type TraceReader } from '../trace/reader.ts';
import { type GicModel } from '../trace/sink.ts';
import { type Lane } from './contract.ts';
import { interruptName } from './inspectable.ts';

/** A lane with the number that the trace file knows it by. */
export interface NamedLane {
  readonly stored: StoredLane;
  readonly lane: Lane;
}

const VCPU_PATH = /^vcpu(\d{1,3})\.(.+)$/;

const TYPE_ORDER: Readonly<Record<Lane['type'], number>> = { vcpu: 0, value: 1, interrupt: 2 };

/** Negative: `a` is drawn above `b`. */
export function compareLanes(a: Lane, b: Lane): number {
  return rank(a) - rank(b) || numberRank(a.intid) - numberRank(b.intid);
}

/** vCPU lanes before shared ones; within a vCPU run state, mask, interrupts. */
function rank(lane: Lane): number {
  return (lane.vcpu ?? 1023) * 4 + TYPE_ORDER[lane.type];
}

/** By type in bits 31:29 (0 SGI, 1 PPI, 2 LPI, 3 SPI), then by number. */
const TYPE_RANK = [0, 1, 3, 2];
function numberRank(intid: number | null): number {
  if (intid === null) return 0;
  return (TYPE_RANK[intid >>> 29] ?? intid >>> 29) * 2 ** 29 + (intid & 0x1fff_ffff);
}

/** The lane under its name; undefined for those that are not drawn beside others. Whether it is quiet is not known here. */
export function describeLane(reader: TraceReader, stored: StoredLane, gic: GicModel): Lane | undefined {
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
        quiet: false,
      };
    }
    case 'run':
    case 'value': {
      const descriptor = reader.layout.slots[stored.subject];
      const match = VCPU_PATH.exec(descriptor?.path ?? '');
      if (match === null) return undefined;
      const vcpu = Number(match[1]);
      const group = `vcpu${vcpu}`;
      const base = { group, vcpu, intid: null, quiet: false };
      if (stored.kind === 'run')
        return { ...base, id: group, type: 'vcpu', label: `vCPU ${vcpu}`, sublabel: '', max: null };
      return {
        ...base,
        id: `${group}.mask`,
        type: 'value',
        label: 'Priority mask',
        sublabel: maskName(descriptor?.register ?? match[2] ?? ''),
        max: 2 ** stored.width - 1,
      };
    }
  }
}

/** `PCR`, `PMR`; of a register that holds more than the mask, the field: `VPMR`. */
function maskName(register: string): string {
  const name = registerByName(register)?.arm ?? register;
  return /_VMCR/.test(name) ? 'VPMR' : name.replace(/^(IC|GIC)[CHV]_|_EL\d$/g, '');
}
