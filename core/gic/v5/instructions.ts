/**
 * The GIC system instructions of EL1, one row each: what they do in the CPU interface (gicv5-cpuif-behaviour §4.3 …
 * §4.7) and which bit of ICH_HFGITR_EL2 must be 1 for them not to trap (gicv5-registers §6).
 * The instructions that manage SPIs and LPIs act on the interrupt domain that the interface reaches (irs/domain.ts);
 * without one they find nothing. TYPE PPI never has an effect there.
 */
import { type CpuInterface } from './cpu-interface.ts';
import { acknowledge, deactivate, dropPriority } from './handling.ts';
import { iaffidOf, icsrLow } from './irs/iste.ts';
import { istOperation } from './irs/operations.ts';
import { type Words } from './words.ts';

export interface GicInstruction {
  /** As in the register tables: `GIC CDDI`, `GICR CDIA`, `GSB ACK`. */
  readonly name: string;
  /** True for `GICR`: the result goes to Xt. */
  readonly hasResult: boolean;
  /** Absent: no trap exists. */
  readonly trap?: number;
  /** `words` holds Xt and receives the result. */
  readonly perform: (c: CpuInterface, words: Words) => void;
}

/** Sets a field of an SPI's or LPI's table entry. */
const onEntry = (name: string, trap: number): GicInstruction => {
  const operation = istOperation(name);
  return {
    name,
    hasResult: false,
    trap,
    perform: (c, words) => {
      const { domain } = c;
      // A domain tells by itself of an instruction without effect.
      if (domain === undefined)
        c.observer?.({ kind: 'cpuif.insn', instruction: name, operand: words.value, effect: 'ignored' });
      else domain.perform(operation, words.lo, words.hi);
    },
  };
};

function readConfiguration(c: CpuInterface, words: Words): void {
  const word = c.domain?.configuration(words.lo);
  if (word === undefined) c.failConfigurationRead();
  else c.icsr.set(icsrLow(word), iaffidOf(word));
  const effect = word === undefined ? 'failed' : 'read';
  c.observer?.({ kind: 'cpuif.insn', instruction: 'GIC CDRCFG', operand: words.value, effect });
}

const barrier = (name: string): GicInstruction => ({
  name,
  hasResult: false,
  perform: (c, words) => {
    c.observer?.({ kind: 'cpuif.insn', instruction: name, operand: words.value, effect: 'barrier' });
  },
});

const GIC_INSTRUCTIONS: readonly GicInstruction[] = [
  onEntry('GIC CDEN', 0),
  onEntry('GIC CDDIS', 1),
  onEntry('GIC CDPRI', 2),
  onEntry('GIC CDAFF', 3),
  onEntry('GIC CDPEND', 4),
  { name: 'GIC CDRCFG', hasResult: false, trap: 5, perform: readConfiguration },
  onEntry('GIC CDHM', 6),
  { name: 'GIC CDEOI', hasResult: false, trap: 7, perform: dropPriority },
  { name: 'GIC CDDI', hasResult: false, trap: 8, perform: (c, words) => deactivate(c, words.lo, words.hi) },
  { name: 'GICR CDIA', hasResult: true, trap: 9, perform: (c, words) => acknowledge(c, 'GICR CDIA', false, words) },
  { name: 'GICR CDNMIA', hasResult: true, trap: 10, perform: (c, words) => acknowledge(c, 'GICR CDNMIA', true, words) },
  barrier('GSB SYS'),
  barrier('GSB ACK'),
];

const byName = new Map(GIC_INSTRUCTIONS.map((instruction) => [instruction.name, instruction]));

/** The row of an EL1 GIC instruction, by its name in the register tables. */
export function gicInstruction(name: string): GicInstruction | undefined {
  return byName.get(name);
}
