/**
 * A guest that looks at state before its GIC instruction is known to be complete (gicv5-spi-lpi-behaviour §7.4): effects
 * of GIC instructions complete in finite time, GSB SYS waits for all of them, GSB ACK for those of acknowledges.
 *
 * Kept: per vCPU the instructions since its last barrier. The emulator completes everything at once, so nothing goes
 * wrong in the trace; on hardware the read may see the state of before. An acknowledge is no look at state, nor is the
 * return from an exception: guests rely on neither.
 */
import { formatIntid } from '../../gic/intid.ts';
import { intidOfOperand } from '../../gic/v5/irs/operations.ts';
import { type TraceEvent } from '../../trace/kinds.ts';
import { actorOf, type FindingPosition, positionOf, type Rule } from './finding.ts';

const EFFECTS = ['CDEN', 'CDDIS', 'CDPRI', 'CDAFF', 'CDPEND', 'CDHM', 'CDDI', 'CDEOI'].map((name) => `GIC ${name}`);
const ACKNOWLEDGES = ['GICR CDIA', 'GICR CDNMIA'];
const GSB_SYS = 'GSB SYS';
const GSB_ACK = 'GSB ACK';
const CDRCFG = 'GIC CDRCFG';
/** Registers that show what instructions bring about. */
const STATE = [
  'ICC_HPPIR_EL1',
  'ICC_HAPR_EL1',
  ...['PPI_SACTIVER', 'PPI_CACTIVER', 'PPI_SPENDR', 'PPI_CPENDR'].flatMap((name) =>
    [0, 1].map((n) => `ICC_${name}${n}_EL1`),
  ),
];
const SEEN = new Set(STATE);
const TAKEN = new Set(ACKNOWLEDGES);
const EFFECTIVE = new Set(EFFECTS);

interface Waiting {
  readonly instruction: string;
  /** The operand, or what was acknowledged; 0: none. */
  readonly intid: number;
  readonly at: FindingPosition;
}

export const MISSING_BARRIER: Rule = {
  id: 'missing-barrier',
  severity: 'warning',
  about: 'state that is read before a GIC instruction is known to be complete',
  clause: 'gicv5-spi-lpi-behaviour §7.4',
  names: [...EFFECTS, ...ACKNOWLEDGES, GSB_SYS, GSB_ACK, CDRCFG, ...STATE],
  // Other sources do not tell of barriers.
  recordedOnly: true,
  start(report) {
    const waiting = new Map<number | undefined, Waiting[]>();
    return (event) => {
      if (event.kind !== 'register.access' || event.origin !== 'guest') return;
      const { register: name, vcpu } = event;
      const since = waiting.get(vcpu) ?? [];
      if (name === GSB_SYS) waiting.delete(vcpu);
      else if (name === GSB_ACK)
        waiting.set(
          vcpu,
          since.filter(({ instruction }) => !TAKEN.has(instruction)),
        );
      else if (EFFECTIVE.has(name) || TAKEN.has(name)) {
        const found = waitingOf(event);
        // A loop without barriers must not grow: one of a kind is enough to tell.
        if (found !== undefined && !since.some((each) => isSame(each, found))) waiting.set(vcpu, [...since, found]);
      } else if (name === CDRCFG || (SEEN.has(name) && event.op === 'read')) {
        const late = since.find(({ intid }) => name !== CDRCFG || intid === operandOf(event));
        if (late === undefined) return;
        const barrier = TAKEN.has(late.instruction) ? GSB_ACK : GSB_SYS;
        const seen = name === CDRCFG ? `the configuration of ${formatIntid(late.intid)}` : name;
        report({
          key: `${late.instruction} ${name}`,
          ...(late.intid === 0 ? {} : { intid: late.intid }),
          title: `No ${barrier} between ${late.instruction} and a look at its effect`,
          explanation:
            `${actorOf(vcpu)} reads ${seen} while its ${late.instruction}${late.intid === 0 ? '' : ` of ${formatIntid(late.intid)}`} may still be under way: ` +
            `only ${barrier} waits for it. The read may show the state of before.`,
          positions: [late.at, positionOf(event, `${actorOf(vcpu)}: ${name}`)],
        });
      }
    };
  },
};

function waitingOf(event: Extract<TraceEvent, { kind: 'register.access' }>): Waiting | undefined {
  const { register: instruction, vcpu } = event;
  // An acknowledge of nothing has no effect.
  if (TAKEN.has(instruction) && (event.value ?? 0n) === 0n) return undefined;
  const intid = instruction === 'GIC CDEOI' ? 0 : operandOf(event);
  return { instruction, intid, at: positionOf(event, `${actorOf(vcpu)}: ${instruction}`) };
}

const operandOf = ({ value = 0n }: Extract<TraceEvent, { kind: 'register.access' }>): number =>
  intidOfOperand(Number(value & 0xffff_ffffn));

const isSame = (a: Waiting, b: Waiting): boolean => a.instruction === b.instruction && a.intid === b.intid;
