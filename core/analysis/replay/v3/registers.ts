/** Reads and writes of ICC_* registers of a physical CPU interface, one row per register (gicv3-behaviour §6). */
import { type Cpu } from './cpu.ts';
import { type PhysicalGic } from './gic.ts';

interface Row {
  readonly read?: (gic: PhysicalGic, cpu: Cpu) => number;
  readonly write?: (cpu: Cpu, value: number) => void;
}

const binaryPoint = (group: 0 | 1): Row => ({
  read: (_gic, cpu) => cpu.interface.bpr(group),
  write: (cpu, value) => cpu.interface.writeBpr(group, value),
});
const groupEnable = (group: 0 | 1): Row => ({
  read: (_gic, cpu) => (cpu.interface.enabled[group] ? 1 : 0),
  write: (cpu, value) => {
    cpu.interface.enabled[group] = (value & 1) === 1;
  },
});
const activePriorities = (group: 0 | 1): Row => ({
  read: (_gic, cpu) => cpu.interface.active[group],
  write: (cpu, value) => {
    cpu.interface.active[group] = value >>> 0;
  },
});
/** The best interrupt if it is of this group, whatever mask and running priority say. */
const highestPending = (group: 0 | 1): Row => ({
  read: (gic, cpu) => {
    const best = gic.best(cpu);
    const isOurs = best.priority !== 255 && best.group === group && cpu.interface.enabled[group];
    return isOurs ? best.intid : 1023;
  },
});

export const ICC_ROWS: ReadonlyMap<string, Row> = new Map([
  ['ICC_PMR_EL1', { read: (_gic, cpu) => cpu.interface.pmr, write: (cpu, value) => cpu.interface.writePmr(value) }],
  ['ICC_CTLR_EL1', { read: (_gic, cpu) => cpu.interface.ctlr, write: (cpu, value) => cpu.interface.writeCtlr(value) }],
  ['ICC_RPR_EL1', { read: (_gic, cpu) => cpu.interface.runningPriority }],
  ['ICC_SRE_EL1', { read: () => 7 }],
  ['ICC_BPR0_EL1', binaryPoint(0)],
  ['ICC_BPR1_EL1', binaryPoint(1)],
  ['ICC_IGRPEN0_EL1', groupEnable(0)],
  ['ICC_IGRPEN1_EL1', groupEnable(1)],
  ['ICC_AP0R0_EL1', activePriorities(0)],
  ['ICC_AP1R0_EL1', activePriorities(1)],
  ['ICC_HPPIR0_EL1', highestPending(0)],
  ['ICC_HPPIR1_EL1', highestPending(1)],
] satisfies readonly (readonly [string, Row])[]);
