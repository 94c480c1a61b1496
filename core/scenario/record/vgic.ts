/** How frames, lines and the GICv3 and GICv2 models become events. The rest goes in as `other`, with its facts. */
import { type ItsEvent, type RemovalReason, type VgicEvent } from '../../kvm/events.ts';
import { type Place } from '../../kvm/place.ts';
import { type VgicIrsEvent } from '../../kvm/v5/irs/events.ts';
import { FIRST_SPI, NONE } from '../../kvm/vgic/irq.ts';
import { type Machine } from '../../machine/machine.ts';
import { interruptLabel } from '../../trace/interrupts.ts';
import { IRS } from './irs.ts';
import { ITS } from './its.ts';
import { FLAT_INPUTS } from './flat-inputs.ts';
import { FLAT_INTERFACE } from './flat-interface.ts';
import { intidOfKvm } from './flat-interrupts.ts';
import { FLAT_WRITES, whyIgnored } from './flat-writes.ts';
import { sgiText } from './sgi-detail.ts';
import { textsOfNumbers, textsOfWords } from './detail-texts.ts';
import { eventType } from './event-type.ts';
import { type Rows, type Scribe } from './scribe.ts';

const PEND = eventType('irq.pend', 'guest');
const SENT = eventType('kvm.irq', 'guest');
const SGIR = 'GICD_SGIR';
const STEP = eventType('kvm.irq', 'hypervisor');
const SORT = eventType('kvm.step', 'hypervisor');
const HARDWARE_STEP = eventType('kvm.irq', 'hardware');

const queued = textsOfNumbers((target) => ({ target }));
const endedElsewhere = textsOfNumbers((holder) => (holder === NONE ? {} : { holder }));
const migrated = textsOfNumbers((from, to) => ({ from, to }));
const removed = new Map<RemovalReason, (from: number) => string>();
const physical = textsOfNumbers((pintid, on) => ({ pintid, on: on !== 0 }));
const bound = textsOfNumbers((pintid) => ({ pintid }));
const acknowledged = textsOfNumbers((pin) => ({ pin }));
/** Of a list that was sorted, in the text of one order. */
const MOST_SORTED = 64;

/** What KVM does with one interrupt; an interrupt that the trace cannot number is none of the guest's. */
function step(s: Scribe, place: Place, name: string, intid: number, detail?: string, type = STEP): void {
  const interrupt = intidOfKvm(intid);
  if (interrupt !== undefined) s.brief(type, place, name, 0, undefined, interrupt, detail);
}

function whyRemoved(from: number, why: RemovalReason): string {
  let text = removed.get(why);
  if (text === undefined) removed.set(why, (text = textsOfNumbers((vcpu) => ({ from: vcpu, why }))));
  return text(from);
}

/** By INTIDs before and after: lists of one vCPU after the other are sorted alike. */
const sorted = textsOfWords((before, after) =>
  before === after ? { order: namesOf(after) } : { before: namesOf(before), after: namesOf(after) },
);

/** `SPI 40, SGI 3` of `40,3` */
function namesOf(intids: string): string {
  const numbers = intids.split(',').map(Number);
  const names = numbers.slice(0, MOST_SORTED).map((number) => {
    const intid = intidOfKvm(number);
    return intid === undefined ? `INTID ${number}` : interruptLabel(intid);
  });
  return [...names, ...(numbers.length > MOST_SORTED ? [`${numbers.length - MOST_SORTED} more`] : [])].join(', ');
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
  ...FLAT_INPUTS,
  ...FLAT_INTERFACE,
  ...FLAT_WRITES,
  mmio: (s, { address, length, direction, value, refused }, place) => {
    const { register, offset, redistributor } = placeOfAddress(s.machine, address);
    const isOther = redistributor !== undefined && redistributor !== s.threadOf(place)?.index;
    const detail = {
      ...(isOther ? { redistributor } : {}),
      ...(refused === undefined ? {} : { outcome: whyIgnored(refused, length) }),
    };
    s.put(
      'mmio.access',
      'guest',
      place,
      { register, offset, op: direction, size: length, value },
      isOther || refused !== undefined ? detail : undefined,
    );
  },
  'sgi.send': (s, event, place) => {
    const { register, value } = event;
    const detail = sgiText(event);
    // GICD_SGIR is memory, which tells of itself.
    if (register === SGIR) step(s, place, 'sgi.send', event.sgi, detail, SENT);
    else {
      const pc = s.pc(place);
      const access = { kind: 'register.access', register, op: 'write', value } as const;
      s.tell(pc === undefined ? access : { ...access, pc }, 'guest', place, detail);
    }
  },
  'irq.latched': (s, { intid, cause }, place) => {
    const interrupt = intidOfKvm(intid);
    if (interrupt !== undefined) s.brief(PEND, place, cause, 1, undefined, interrupt);
  },
  'ap.queue': (s, { intid, target }, place) => step(s, place, 'ap.queue', intid, queued(target)),
  'irq.endedElsewhere': (s, { intid, holder }, place) =>
    step(s, place, 'irq.endedElsewhere', intid, endedElsewhere(holder), HARDWARE_STEP),
  'irq.unqueued': (s, { intid, target }, place) => step(s, place, 'irq.unqueued', intid, queued(target)),
  'ap.remove': (s, { intid, from, why }, place) => step(s, place, 'ap.remove', intid, whyRemoved(from, why)),
  'ap.migrate': (s, { intid, from, to }, place) => step(s, place, 'ap.migrate', intid, migrated(from, to)),
  // The new order is that of the list registers that follow.
  'ap.sort': (s, { before, after }, place) =>
    s.brief(SORT, place, 'ap.sort', 0, undefined, undefined, sorted(before.join(), after.join())),
  'irq.bound': (s, { intid, pintid }, place) => step(s, place, 'irq.bound', intid, bound(pintid)),
  'irq.acknowledged': (s, { pin }, place) => step(s, place, 'irq.acknowledged', FIRST_SPI + pin, acknowledged(pin)),
  'physical.active': (s, { intid, pintid, on }, place) =>
    step(s, place, 'physical.active', intid, physical(pintid, on ? 1 : 0)),
  'physical.pending': (s, { intid, pintid, on }, place) =>
    step(s, place, 'physical.pending', intid, physical(pintid, on ? 1 : 0)),
  'physical.deactivate': (s, { intid, pintid, by }, place) =>
    step(s, place, 'physical.deactivate', intid, bound(pintid), by === 'hardware' ? HARDWARE_STEP : STEP),
  'timer.physicalActive': (s, { intid, pintid, on }, place) =>
    step(s, place, 'timer.physicalActive', intid, physical(pintid, on ? 1 : 0)),
};
