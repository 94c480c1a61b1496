/** How frames, lines and the GICv3 and GICv2 models become events. The rest goes in as `other`, with its facts. */
import { type ItsEvent, type VgicEvent } from '../../kvm/events.ts';
import { type Place } from '../../kvm/place.ts';
import { type VgicIrsEvent } from '../../kvm/v5/irs/events.ts';
import { type Machine } from '../../machine/machine.ts';
import { IRS } from './irs.ts';
import { ITS } from './its.ts';
import { intidOfKvm } from './flat-interrupts.ts';
import { textsOfNumbers } from './detail-texts.ts';
import { eventType } from './event-type.ts';
import { hexOf, type Rows, type Scribe } from './scribe.ts';

const ACKNOWLEDGE = eventType('irq.acknowledge', 'guest');
const DROP = eventType('irq.drop', 'guest');
const DEACTIVATE = eventType('irq.deactivate', 'guest');
const LINE = eventType('irq.line', 'device');
const OTHER = eventType('other', 'hypervisor');

const queued = textsOfNumbers((intid, target) => ({ intid, target }));
const removed = textsOfNumbers((intid, from) => ({ intid, from }));
const physical = textsOfNumbers((pintid, on) => ({ pintid, on: on !== 0 }));

/** A frequent one of those that have no kind of their own. */
function other(s: Scribe, place: Place, event: string, detail: string): void {
  s.brief(OTHER, place, event, 0, undefined, undefined, detail);
}

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
  'sgi.send': (s, { register, value }, place) =>
    s.put('register.access', 'guest', place, { register, op: 'write', value }),
  'icv.acknowledge': (s, { register, intid }, place) =>
    s.brief(ACKNOWLEDGE, place, register, 0, undefined, intidOfKvm(intid)),
  'icv.end': (s, { register, intid }, place) =>
    s.brief(register === 'ICC_DIR_EL1' ? DEACTIVATE : DROP, place, '', 0, undefined, intidOfKvm(intid)),
  'icv.maintenance': (s, { misr, eisr, elrsr }, place) =>
    s.put(
      'kvm.step',
      'hardware',
      place,
      { step: 'maintenance', value: BigInt(misr) },
      { eisr: hexOf(BigInt(eisr)), elrsr: hexOf(BigInt(elrsr)) },
    ),
  'irq.updatePending': (s, { intid, level }, place) => {
    const interrupt = intidOfKvm(intid);
    if (interrupt !== undefined) s.brief(LINE, place, '', level ? 1 : 0, undefined, interrupt);
  },
  'ap.queue': (s, { intid, target }, place) => other(s, place, 'ap.queue', queued(intid, target)),
  'irq.unqueued': (s, { intid, target }, place) => other(s, place, 'irq.unqueued', queued(intid, target)),
  'ap.remove': (s, { intid, from }, place) => other(s, place, 'ap.remove', removed(intid, from)),
  // The order is that of the list registers that follow.
  'ap.sort': (s, _event, place) => other(s, place, 'ap.sort', '{}'),
  'timer.physicalActive': (s, { pintid, on }, place) =>
    other(s, place, 'timer.physicalActive', physical(pintid, on ? 1 : 0)),
};
