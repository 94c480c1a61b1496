/** How frames, lines and the GICv3 and GICv2 models become events. The rest goes in as `other`, with its facts. */
import { type ItsEvent, type VgicEvent } from '../../kvm/events.ts';
import { type VgicIrsEvent } from '../../kvm/v5/irs/events.ts';
import { type Machine } from '../../machine/machine.ts';
import { IRS } from './irs.ts';
import { ITS } from './its.ts';
import { intidOfKvm } from './flat-interrupts.ts';
import { type Rows } from './scribe.ts';

export interface MemoryPlace {
  readonly register: string;
  /** From the start of its frame; the address itself where it lies in no frame. */
  readonly offset: bigint;
  /** The vCPU whose redistributor it is. */
  readonly redistributor?: number;
}

/** A register by name (`IRS_CR0`, `GICD_ISENABLER1`) where the frame has one there, else frame and offset: `GICD+0xf00`. */
export function placeOfAddress({ vm }: Machine, address: bigint): MemoryPlace {
  const place = vm.gic?.frameAt(address);
  if (place === undefined) return { register: `0x${address.toString(16)}`, offset: address };
  const { register, offset, vcpu } = place;
  return { register, offset: BigInt(offset), ...(vcpu === undefined ? {} : { redistributor: vcpu }) };
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
