/** How writes of registers of a GICv3 or GICv2 become events, interrupt by interrupt, and why one is ignored. */
import { type Intid } from '../../gic/intid.ts';
import { type IrqWritten, type MmioRefusal } from '../../kvm/events.ts';
import { type Place } from '../../kvm/place.ts';
import { CONFIGURES } from '../../trace/kinds.ts';
import { eventType } from './event-type.ts';
import { intidOfKvm } from './flat-interrupts.ts';
import { hexOf, highOf, lowOf, type Rows, type Scribe } from './scribe.ts';

/** Why an access was not executed (kvm-vgic-v3 §10.1). */
const REFUSALS: Readonly<Record<MmioRefusal, (length: number) => string>> = {
  unmapped: () => 'ignored: no register there',
  badLen: (length) => `ignored: not by ${length} byte${length === 1 ? '' : 's'}`,
  unaligned: () => 'ignored: not aligned',
  beyondIrqs: () => 'ignored: beyond the interrupts of the VM',
};

const HELD = 'pending by its line all the same';

export function whyIgnored(refused: MmioRefusal, length: number): string {
  return REFUSALS[refused](length);
}

type WrittenRow = (s: Scribe, event: IrqWritten, place: Place, intid: Intid) => void;

const configured =
  (what: (typeof CONFIGURES)[number]): WrittenRow =>
  (s, { by, after }, place, intid) =>
    s.brief(CONFIGURE[by], place, '', CONFIGURES.indexOf(what), after, intid);

const CONFIGURE = { guest: eventType('irq.configure', 'guest'), userspace: eventType('irq.configure', 'userspace') };

const WRITTEN: Readonly<Record<IrqWritten['what'], WrittenRow>> = {
  enabled: configured('enabled'),
  group: configured('group'),
  priority: configured('priority'),
  handling: configured('handling'),
  target: (s, { by, after, leadsTo = -1 }, place, intid) =>
    s.put(
      'irq.configure',
      by,
      place,
      { intid, what: 'target', value: BigInt(after) },
      leadsTo < 0 ? { outcome: 'leads to no vCPU' } : { outcome: `vCPU ${leadsTo}` },
    ),
  pending: (s, { by, before, after }, place, intid) => {
    const isSet = (after & 1) !== 0;
    const cause = isSet ? 'ISPENDR' : 'ICPENDR';
    if (before >> 1 !== after >> 1) s.put('irq.pend', by, place, { intid, pending: isSet, cause });
    else
      s.put('kvm.irq', by, place, { intid, step: isSet ? 'latch set' : 'latch cleared' }, { by: cause, outcome: HELD });
  },
  sources: (s, { by, before, after }, place, intid) =>
    s.put(
      'irq.pend',
      by,
      place,
      { intid, pending: after !== 0, cause: (after & ~before) === 0 ? 'CPENDSGIR' : 'SPENDSGIR' },
      { sources: hexOf(BigInt(after)) },
    ),
  active: (s, { by, after }, place, intid) =>
    s.put(after === 0 ? 'irq.deactivate' : 'irq.activate', by, place, { intid }),
  line: (s, { by, after }, place, intid) => s.put('irq.line', by, place, { intid, level: after !== 0 }),
};

export const FLAT_WRITES: Rows<'uapi.frameRegister' | 'irq.written'> = {
  'uapi.frameRegister': (s, { op, register, value }, place) =>
    s.access('userspace', place, register, op === 'get' ? 'read' : 'write', lowOf(value), highOf(value), false),
  'irq.written': (s, event, place) => {
    const intid = intidOfKvm(event.intid);
    if (intid !== undefined) WRITTEN[event.what](s, event, place, intid);
  },
};
