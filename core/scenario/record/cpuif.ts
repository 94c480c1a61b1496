/** How what the CPU interface does becomes events: what the guest did to it, and what it did in answer. */
import { formatIntid, type Intid } from '../../gic/intid.ts';
import { type CpuifEvent, type NoHppiReason } from '../../gic/v5/events.ts';
import { ppiIntid } from '../../gic/v5/ppi.ts';
import { KINDS, NO_HPPI } from '../../trace/kinds.ts';
import { eventType } from './event-type.ts';
import { lowOf, type Rows } from './scribe.ts';

const HPPI = eventType('irq.hppi', 'hardware');
const SIGNAL = eventType('irq.signal', 'hardware');
const ACKNOWLEDGE = eventType('irq.acknowledge', 'guest');
const DROP = eventType('irq.drop', 'guest');
const DEACTIVATE = eventType('irq.deactivate', 'guest');
/** Bits of `irq.hppi` that say why there is none. */
const { lsb: REASON } = KINDS['irq.hppi'].fields.reasonNone.place;
const reasonBits = (reason: Exclude<NoHppiReason, 'none'>): number => NO_HPPI.indexOf(reason) << REASON;
const [DISABLED, NO_CANDIDATE, MASKED, RUNNING_PRIORITY] = [
  reasonBits('disabled'),
  reasonBits('noCandidate'),
  reasonBits('masked'),
  reasonBits('runningPriority'),
];
/** Less urgent than every priority: there is no candidate. */
const NO_PRIORITY = 255;
/** Detail of a drop that found nothing to drop: the ends of a guest do not match its acknowledges. */
const NOT_ACTIVE = JSON.stringify({ effect: 'no priority was active' });
/** Bits of `irq.signal`. */
const IRQ = 1;
const NMI = 4;

/** Causes for which a pending bit is only carried between memory and hardware: no pending state of a guest moves. */
const CARRIED = new Set(['el2write', 'dviSwitch']);

export const CPUIF: Rows<CpuifEvent['kind']> = {
  'cpuif.reg': (scribe, { register, direction, lo, hi }, place) =>
    scribe.access('guest', place, register, direction, lo, hi, true),
  'cpuif.hppi': (scribe, { after, candidate, priority, reason, tie }, place) => {
    const small = (priority ?? NO_PRIORITY) | bitsOfReason(reason);
    const heldBack = after === 0 && candidate !== 0 ? candidate : undefined;
    const detail = tie.length === 0 ? undefined : JSON.stringify({ tie: tie.map(formatIntid).join(', ') });
    scribe.brief(HPPI, place, 'CPU interface', small, heldBack, after === 0 ? undefined : after, detail);
  },
  'cpuif.signal': (scribe, { irq, nmi }, place) => scribe.brief(SIGNAL, place, '', (irq ? IRQ : 0) | (nmi ? NMI : 0)),
  'cpuif.ack': (scribe, { intid, priority, reasonZero, instruction }, place) => {
    if (intid === 0) scribe.brief(ACKNOWLEDGE, place, reasonZero, 0);
    else scribe.brief(ACKNOWLEDGE, place, instruction, 0, priority, intid);
  },
  'cpuif.drop': (scribe, { priority }, place) =>
    scribe.brief(DROP, place, '', 0, priority, undefined, priority === undefined ? NOT_ACTIVE : undefined),
  'cpuif.deactivate': (scribe, { lo, effect }, place) => {
    if (effect === 'cleared') scribe.brief(DEACTIVATE, place, '', 0, undefined, lo);
    else scribe.put('other', 'guest', place, { event: `deactivate ${effect}` }, { interrupt: formatIntid(lo) });
  },
  'cpuif.insn': (scribe, { instruction, effect, operand }, place) => {
    // The instruction itself is told as an access; barriers say nothing more.
    if (effect !== 'barrier')
      scribe.put(
        'other',
        'guest',
        place,
        { event: `${instruction} ${effect}` },
        { interrupt: formatIntid(lowOf(operand)) },
      );
  },
  'cpuif.physical': (scribe, { ppi, level }, place) =>
    scribe.put('irq.line', 'device', place, { intid: ppiIntid(ppi), level }),
  'cpuif.pending': (scribe, { ppi, after, cause }, place) => {
    // What an acknowledge clears belongs to it and was told.
    if (cause === 'ack' || CARRIED.has(cause)) return;
    scribe.put('irq.pend', 'hardware', place, { intid: ppiIntid(ppi), pending: after, cause });
  },
};

/** By compares, because a property whose name varies is looked up. */
function bitsOfReason(reason: NoHppiReason): number {
  switch (reason) {
    case 'none':
      return 0;
    case 'disabled':
      return DISABLED;
    case 'noCandidate':
      return NO_CANDIDATE;
    case 'masked':
      return MASKED;
    case 'runningPriority':
      return RUNNING_PRIORITY;
  }
}

/** The trace's number of an interrupt that KVM names: old-style PPI numbers too. */
export function intidOfKvm(intid: number): Intid {
  return intid < 0x2000_0000 ? ppiIntid(intid) : (intid as Intid);
}
