/** How an input of a GICv3 or GICv2 VM that somebody moves becomes an event: a line, or why there is none. */
import { type InputOutcome, type InputVia } from '../../kvm/events.ts';
import { textsOfWord } from './detail-texts.ts';
import { eventType } from './event-type.ts';
import { intidOfKvm } from './flat-interrupts.ts';
import { type Rows } from './scribe.ts';

const INPUT = {
  userspace: { line: eventType('irq.line', 'userspace'), refused: eventType('kvm.irq', 'userspace') },
  device: { line: eventType('irq.line', 'device'), refused: eventType('kvm.irq', 'device') },
};

const by = textsOfWord('via');
const absorbed = textsOfWord('via', { outcome: 'absorbed, one waits already' });
/** An input that changed nothing (kvm-vgic-v3 §4.1). */
const refusals = new Map<InputOutcome, Map<InputVia, readonly [low: string, high: string]>>();

/** A timer's level is told at each load of its vCPU, and nearly always refused. */
function refused(level: boolean, via: InputVia, reason: InputOutcome): string {
  let ofReason = refusals.get(reason);
  if (ofReason === undefined) refusals.set(reason, (ofReason = new Map()));
  let texts = ofReason.get(via);
  if (texts === undefined) {
    const [low = '', high = ''] = [false, true].map((on) => JSON.stringify({ level: on, via, reason }));
    ofReason.set(via, (texts = [low, high]));
  }
  return texts[level ? 1 : 0];
}

export const FLAT_INPUTS: Rows<'irq.updatePending'> = {
  'irq.updatePending': (s, { intid, level, via, outcome }, place) => {
    const interrupt = intidOfKvm(intid);
    const type = INPUT[via === 'KVM_IRQ_LINE' ? 'userspace' : 'device'];
    if (interrupt === undefined)
      s.put(
        'other',
        type.line.origin,
        place,
        { event: 'injectRefused' },
        { INTID: intid, level, via, reason: outcome },
      );
    else if (outcome !== 'accepted' && outcome !== 'absorbed')
      s.brief(type.refused, place, 'injectRefused', 0, undefined, interrupt, refused(level, via, outcome));
    else
      s.brief(
        type.line,
        place,
        '',
        level ? 1 : 0,
        undefined,
        interrupt,
        outcome === 'accepted' ? by(via) : absorbed(via),
      );
  },
};
