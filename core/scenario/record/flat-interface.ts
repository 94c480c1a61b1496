/** How what a GICv3 or GICv2 guest does at its CPU interface becomes events: acknowledges, ends, the maintenance interrupt. */
import { type SpuriousReason } from '../../gic/v3/cpu-interface.ts';
import { type IcvEnd } from '../../kvm/events.ts';
import { type Detail } from '../../trace/kinds.ts';
import { textsOfNumbers, textsOfWord } from './detail-texts.ts';
import { eventType } from './event-type.ts';
import { intidOfKvm } from './flat-interrupts.ts';
import { hexOf, type Rows } from './scribe.ts';

const ACKNOWLEDGE = eventType('irq.acknowledge', 'guest');
const DROP = eventType('irq.drop', 'guest');
const DEACTIVATE = eventType('irq.deactivate', 'guest');
const IGNORED = eventType('kvm.irq', 'hypervisor');

const inRegister = textsOfNumbers((lr) => ({ lr }));
/** An acknowledge: from which list register, and an SGI of a GICv2 by whom. */
const taken = (lr: number, source: number | undefined): string =>
  source === undefined ? inRegister(lr) : JSON.stringify({ lr, outcome: `from CPU ${source}` });

const SPURIOUS: Readonly<Record<SpuriousReason, string>> = {
  nothing: 'no list register is pending',
  groupDisabled: 'its group is disabled',
  otherGroup: 'the first is of the other group',
  mask: 'masked by the priority mask',
  running: 'not above the running priority',
};
const outcome = textsOfWord('outcome');

/** What an end came to; those that leave an interrupt active, or count it, stand in the list. */
const ENDS: Readonly<Record<IcvEnd['effect'], Detail>> = {
  deactivated: { left: 'deactivated' },
  emulated: { left: 'deactivated in memory' },
  dropped: { left: 'active until DIR' },
  counted: { outcome: 'in no list register, counted in EOIcount' },
  missing: { outcome: 'in no list register' },
  otherPriority: { outcome: 'not deactivated: another priority was dropped' },
};
const endTexts = new Map<IcvEnd['effect'], (lr: number) => string>();

function ended(lr: number, effect: IcvEnd['effect']): string {
  let text = endTexts.get(effect);
  if (text === undefined)
    endTexts.set(
      effect,
      (text = textsOfNumbers((place) => ({ ...(place === 0 ? {} : { lr: place - 1 }), ...ENDS[effect] }))),
    );
  return text(lr + 1);
}

export const FLAT_INTERFACE: Rows<'icv.acknowledge' | 'icv.end' | 'icv.dirIgnored' | 'icv.maintenance'> = {
  'icv.acknowledge': (s, { register, intid, lr, priority, source, why }, place) => {
    if (why === undefined) s.brief(ACKNOWLEDGE, place, register, 0, priority, intidOfKvm(intid), taken(lr, source));
    else s.brief(ACKNOWLEDGE, place, register, 0, undefined, undefined, outcome(SPURIOUS[why]));
  },
  'icv.end': (s, { register, intid, lr, priority, effect }, place) => {
    const text = ended(lr, effect);
    const interrupt = intidOfKvm(intid);
    if (register === 'ICC_DIR_EL1') s.brief(DEACTIVATE, place, '', 0, undefined, interrupt, text);
    else s.brief(DROP, place, '', 0, priority, interrupt, text);
  },
  'icv.dirIgnored': (s, { intid, why }, place) => {
    const interrupt = intidOfKvm(intid);
    if (interrupt !== undefined)
      s.brief(IGNORED, place, 'DIR ignored', 0, undefined, interrupt, JSON.stringify({ why }));
  },
  'icv.maintenance': (s, { misr, eisr, elrsr }, place) =>
    s.put(
      'kvm.step',
      'hardware',
      place,
      { step: 'maintenance', value: BigInt(misr) },
      { eisr: hexOf(BigInt(eisr)), elrsr: hexOf(BigInt(elrsr)) },
    ),
};
