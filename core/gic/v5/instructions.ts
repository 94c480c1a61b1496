/**
 * The GIC system instructions of EL1, one row each: what they do in the CPU interface (gicv5-cpuif-behaviour §4.3 …
 * §4.7) and which bit of ICH_HFGITR_EL2 must be 1 for them not to trap (gicv5-registers §6).
 * Without an IRS the instructions that manage SPIs and LPIs find nothing; TYPE PPI never has an effect there.
 */
import { type CpuInterface } from './cpu-interface.ts';
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

const withoutTarget = (name: string, trap: number): GicInstruction => ({
  name,
  hasResult: false,
  trap,
  perform: (c, words) => {
    c.observer?.({ kind: 'cpuif.insn', instruction: name, operand: words.value, effect: 'ignored' });
  },
});

const barrier = (name: string): GicInstruction => ({
  name,
  hasResult: false,
  perform: (c, words) => {
    c.observer?.({ kind: 'cpuif.insn', instruction: name, operand: words.value, effect: 'barrier' });
  },
});

export const GIC_INSTRUCTIONS: readonly GicInstruction[] = [
  withoutTarget('GIC CDEN', 0),
  withoutTarget('GIC CDDIS', 1),
  withoutTarget('GIC CDPRI', 2),
  withoutTarget('GIC CDAFF', 3),
  withoutTarget('GIC CDPEND', 4),
  {
    name: 'GIC CDRCFG',
    hasResult: false,
    trap: 5,
    perform: (c, words) => {
      c.failConfigurationRead();
      c.observer?.({ kind: 'cpuif.insn', instruction: 'GIC CDRCFG', operand: words.value, effect: 'failed' });
    },
  },
  withoutTarget('GIC CDHM', 6),
  { name: 'GIC CDEOI', hasResult: false, trap: 7, perform: (c) => c.drop() },
  { name: 'GIC CDDI', hasResult: false, trap: 8, perform: (c, words) => c.deactivate(words.lo, words.hi) },
  { name: 'GICR CDIA', hasResult: true, trap: 9, perform: (c, words) => c.acknowledge('GICR CDIA', false, words) },
  { name: 'GICR CDNMIA', hasResult: true, trap: 10, perform: (c, words) => c.acknowledge('GICR CDNMIA', true, words) },
  barrier('GSB SYS'),
  barrier('GSB ACK'),
];

const byName = new Map(GIC_INSTRUCTIONS.map((instruction) => [instruction.name, instruction]));

/** The row of an EL1 GIC instruction, by its name in the register tables. */
export function gicInstruction(name: string): GicInstruction | undefined {
  return byName.get(name);
}
