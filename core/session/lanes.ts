/**
 * A lane of a trace as the window names it: per vCPU its run state, its priority mask, its private interrupts; then the
 * shared interrupts. Their order is lane-columns.ts.
 */
import { registerByName } from '../gic/registers.ts';
import { type Lane as StoredLane } from '../trace/lane-kinds.ts';
import { type TraceReader } from '../trace/reader.ts';
import { type GicModel } from '../trace/sink.ts';
import { type Lane } from './contract.ts';
import { interruptLane } from './lane-columns.ts';

/** A lane with the number that the trace file knows it by. */
export interface NamedLane {
  readonly stored: StoredLane;
  readonly lane: Lane;
}

const VCPU_PATH = /^vcpu(\d{1,3})\.(.+)$/;

/** The lane under its name; undefined for those that are not drawn beside others. Whether it is quiet is not known here. */
export function describeLane(reader: TraceReader, stored: StoredLane, gic: GicModel): Lane | undefined {
  switch (stored.kind) {
    case 'density':
      return undefined;
    case 'interrupt': {
      const identity = reader.interruptIndex.identity(stored.subject);
      if (identity === undefined) return undefined;
      return interruptLane(identity.intid, identity.vcpu, gic);
    }
    case 'run':
    case 'value': {
      const descriptor = reader.layout.slots[stored.subject];
      const match = VCPU_PATH.exec(descriptor?.path ?? '');
      if (match === null) return undefined;
      const vcpu = Number(match[1]);
      const group = `vcpu${vcpu}`;
      const base = { group, vcpu, intid: null, quiet: false, lineAlone: false };
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
