/** How frames, lines and the GICv3 and GICv2 models become events. The rest goes in as `other`, with its facts. */
import { type Frame, nameAt, registerAt } from '../../gic/registers.ts';
import { type ItsEvent, type VgicEvent } from '../../kvm/events.ts';
import { type VmGic } from '../../kvm/gic-model.ts';
import { DEVICE_VGIC_V2, DEVICE_VGIC_V5 } from '../../kvm/uapi.ts';
import { type VgicIrsEvent } from '../../kvm/v5/irs/events.ts';
import { irsOffset } from '../../kvm/v5/irs/virtual-irs.ts';
import { VmVgicV5 } from '../../kvm/v5/vm-vgic.ts';
import { type Its } from '../../kvm/v3/its/its.ts';
import { itsesOf } from '../../kvm/v3/its/its-set.ts';
import { UNSET, vgicOf } from '../../kvm/vgic/vm-state.ts';
import { type Machine } from '../../machine/machine.ts';
import { IRS } from './irs.ts';
import { ITS } from './its.ts';
import { intidOfKvm } from './flat-interrupts.ts';
import { type Rows } from './scribe.ts';

/** Frames are 64 KiB, 128 KiB for a redistributor; a GICv2's are smaller and apart. */
const DIST_SIZE = 0x1_0000n;
const REDIST_SIZE = 0x2_0000n;

export interface MemoryPlace {
  readonly register: string;
  /** From the start of its frame; the address itself where it lies in no frame. */
  readonly offset: bigint;
  /** The vCPU whose redistributor it is. */
  readonly redistributor?: number;
}

/** A register by name (`IRS_CR0`, `GICD_ISENABLER1`) where the frame has one there, else frame and offset: `GICD+0xf00`. */
export function placeOfAddress(machine: Machine, address: bigint): MemoryPlace {
  const part = machine.vm.gic;
  if (part?.model.deviceType === DEVICE_VGIC_V5) return placeInIrs(part, address);
  const vgic = vgicOf(machine.vm);
  const inside = (base: bigint, size: bigint): boolean => base !== UNSET && address >= base && address < base + size;
  const at = (frame: Frame, base: bigint, shown?: string): MemoryPlace => ({
    register: nameAt(frame, Number(address - base), shown),
    offset: address - base,
  });
  const dist = vgic.distBase.value;
  const isV2 = part?.model.deviceType === DEVICE_VGIC_V2;
  if (inside(dist, DIST_SIZE)) return isV2 ? at('GICD_V2', dist, 'GICD') : at('GICD', dist);
  for (const { index, redistBase } of vgic.vcpus)
    if (inside(redistBase.value, REDIST_SIZE)) return { ...at('GICR', redistBase.value), redistributor: index };
  const its = itsesOf(vgic).answeringAt(address, 1);
  if (its !== undefined) return placeInIts(its, address);
  return { register: `0x${address.toString(16)}`, offset: address };
}

/** Registers of the first ITS by name alone: a VM hardly has a second one. */
function placeInIts({ index, base }: Its, address: bigint): MemoryPlace {
  const offset = address - base.value;
  const name = index === 0 ? registerAt('GITS', Number(offset))?.register.name : undefined;
  return { register: name ?? `GITS${index}+0x${offset.toString(16)}`, offset };
}

function placeInIrs(part: VmGic, address: bigint): MemoryPlace {
  const irs = part instanceof VmVgicV5 ? part.irs : undefined;
  const offset = irs === undefined ? undefined : irsOffset(irs, address, 1);
  if (offset !== undefined) return nameIn('IRS', offset);
  const inIts = irs?.its?.offsetOf(address, 1);
  return inIts === undefined ? { register: `0x${address.toString(16)}`, offset: address } : nameIn('ITS', inIts);
}

function nameIn(frame: 'IRS' | 'ITS', offset: number): MemoryPlace {
  const name = registerAt(frame, offset)?.register.name ?? `${frame}+0x${offset.toString(16)}`;
  return { register: name, offset: BigInt(offset) };
}

export const VGIC: Rows<VgicEvent['kind'] | VgicIrsEvent['kind'] | ItsEvent['kind']> = {
  ...IRS,
  ...ITS,
  mmio: (s, { address, length, direction, value }, place) => {
    const { register, offset, redistributor } = placeOfAddress(s.machine, address);
    const isOther = redistributor !== undefined && redistributor !== s.threadOf(place)?.index;
    s.put(
      'mmio.access',
      'guest',
      place,
      { register, offset, op: direction, size: length, value },
      isOther ? { redistributor } : undefined,
    );
  },
  'sgi.send': (s, { value, anyGroup }, place) =>
    s.put('register.access', 'guest', place, {
      register: anyGroup ? 'ICC_SGI1R_EL1' : 'ICC_SGI0R_EL1',
      op: 'write',
      value,
    }),
  'icv.acknowledge': (s, { register, intid }, place) =>
    s.interrupt('irq.acknowledge', 'guest', place, intidOfKvm(intid), 0, register),
  'icv.end': (s, { register, intid }, place) =>
    s.interrupt(register === 'ICC_DIR_EL1' ? 'irq.deactivate' : 'irq.drop', 'guest', place, intidOfKvm(intid), 0, ''),
  'irq.updatePending': (s, { intid, level }, place) => {
    const interrupt = intidOfKvm(intid);
    if (interrupt !== undefined) s.put('irq.line', 'device', place, { intid: interrupt, level });
  },
};
