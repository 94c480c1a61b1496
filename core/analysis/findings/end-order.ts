/**
 * Interrupts of a GICv3 that are not ended in reverse order of their acknowledges (gicv3-behaviour §6.4): a write of
 * ICC_EOIR0_EL1 or ICC_EOIR1_EL1 drops the highest active priority, whatever interrupt it names, and with EOImode 0
 * deactivates only one whose priority that was.
 *
 * Kept: of each vCPU the acknowledged interrupts that were not ended, the last on top. A level below them that is not
 * known (restored, or from before the recording) is never judged.
 */
import { formatFlatIntid } from '../../gic/intid.ts';
import { type FindingPosition, positionOf, type Rule } from './finding.ts';

const ACKNOWLEDGES = ['ICC_IAR0_EL1', 'ICC_IAR1_EL1'];
const ENDS = ['ICC_EOIR0_EL1', 'ICC_EOIR1_EL1'];
/** Special identifiers: nothing was acknowledged, and their end is ignored. */
const isInterrupt = (intid: number): boolean => intid < 1020 || intid >= 8192;
/** Preemption levels that an implementation can have: more cannot be active at once. */
const MOST = 128;

interface Handled {
  readonly intid: number;
  readonly at: FindingPosition;
}

export const END_ORDER: Rule = {
  id: 'end-order',
  severity: 'warning',
  about: 'interrupts that are not ended in reverse order of their acknowledges',
  clause: 'gicv3-behaviour §6.4',
  names: [...ACKNOWLEDGES, ...ENDS],
  start(report) {
    const handledBy = new Map<number, Handled[]>();
    return (event) => {
      if (event.kind !== 'register.access' || event.vcpu === undefined || event.value === undefined) return;
      const { vcpu, register, op } = event;
      const intid = Number(event.value & 0xff_ffffn);
      if (!isInterrupt(intid)) return;
      const handled = handledBy.get(vcpu) ?? [];
      handledBy.set(vcpu, handled);
      const name = formatFlatIntid(intid);
      if (op === 'read' && ACKNOWLEDGES.includes(register)) {
        if (handled.length === MOST) handled.shift();
        handled.push({ intid, at: positionOf(event, `vCPU ${vcpu} acknowledges ${name}`) });
        return;
      }
      if (op !== 'write' || !ENDS.includes(register)) return;
      const place = handled.findLastIndex((each) => each.intid === intid);
      const [ended] = place < 0 ? [] : handled.splice(place, 1);
      const later = handled.at(-1);
      if (ended === undefined || later === undefined || place === handled.length) return;
      const last = formatFlatIntid(later.intid);
      report({
        key: `${vcpu}`,
        title: `vCPU ${vcpu} ends ${name} before ${last}, which it acknowledged later`,
        explanation:
          `The write drops the highest active priority, that of ${last}. With EOImode 0 it deactivates ${name} only if ` +
          `that is its priority too: otherwise ${name} stays active, and so does ${last} when it is ended.`,
        positions: [ended.at, later.at, positionOf(event, `vCPU ${vcpu} ends ${name}`)],
      });
    };
  },
};
