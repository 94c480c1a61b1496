/**
 * Lanes on the wire. A lane of an interrupt follows from its INTID, its vCPU and the GIC model, and a trace may have
 * 65,536 of them: they travel as columns (9 bytes each; 150 as an object), and both sides make lanes of them with the
 * same function. Pure. Cost: linear, as the columns come in the order in which the window draws.
 */
import { interruptKey, interruptLabel } from '../trace/interrupts.ts';
import { type GicModel } from '../trace/sink.ts';
import { type Lane, type LaneColumns } from './contract.ts';
import { interruptName } from './interrupt-name.ts';

/** In `vcpus`: the interrupt is shared. */
const SHARED = -1;
/** Bits of `flags`. */
const QUIET = 1;
const LINE_ALONE = 2;

export function laneColumns(lanes: readonly Lane[]): LaneColumns {
  const others = lanes.filter(({ intid }) => intid === null);
  const interrupts = lanes.filter(({ intid }) => intid !== null);
  return {
    others,
    intids: Uint32Array.from(interrupts, ({ intid }) => intid ?? 0),
    vcpus: Int32Array.from(interrupts, ({ vcpu }) => vcpu ?? SHARED),
    flags: Uint8Array.from(interrupts, ({ quiet, lineAlone }) => (quiet ? QUIET : 0) | (lineAlone ? LINE_ALONE : 0)),
  };
}

/** All lanes in the order in which the window draws them. */
export function lanesOf({ lanes, gic }: { readonly lanes: LaneColumns; readonly gic: GicModel }): Lane[] {
  const { others, intids, vcpus, flags } = lanes;
  const all = [...others];
  for (const [index, intid] of intids.entries()) {
    const vcpu = vcpus[index] ?? SHARED;
    const flag = flags[index] ?? 0;
    const [quiet, lineAlone] = [(flag & QUIET) !== 0, (flag & LINE_ALONE) !== 0];
    all.push({ ...interruptLane(intid, vcpu === SHARED ? undefined : vcpu, gic), quiet, lineAlone });
  }
  return all.sort(compareLanes);
}

/** The lane of an interrupt; whether it is quiet, and what the source shows of it, is not known here. */
export function interruptLane(intid: number, vcpu: number | undefined, gic: GicModel): Lane {
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
    lineAlone: false,
  };
}

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
