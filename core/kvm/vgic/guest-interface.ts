/**
 * The CPU interface registers that a guest executes without a trap (gicv3-behaviour §6): one row per register, by its
 * name without `ICC_` and `_EL1`. A GICv2 guest reaches the same rows through its memory-mapped interface.
 */
import { type CpuInterfaceV3 } from '../../gic/v3/cpu-interface.ts';
import { type Vcpu } from '../vcpu.ts';

interface Row {
  readonly read?: (cpu: CpuInterfaceV3) => number;
  readonly write?: (cpu: CpuInterfaceV3, value: number) => void;
}

const INTID = 0xff_ffff;

export const INTERFACE_ROWS: Readonly<Record<string, Row>> = {
  IAR0: { read: (cpu) => cpu.acknowledge(0) },
  IAR1: { read: (cpu) => cpu.acknowledge(1) },
  EOIR0: { write: (cpu, value) => cpu.endOfInterrupt(0, value & INTID) },
  EOIR1: { write: (cpu, value) => cpu.endOfInterrupt(1, value & INTID) },
  DIR: { write: (cpu, value) => cpu.deactivateInterrupt(value & INTID) },
  HPPIR0: { read: (cpu) => cpu.highestPending(0) },
  HPPIR1: { read: (cpu) => cpu.highestPending(1) },
  RPR: { read: (cpu) => cpu.runningPriority },
  PMR: { read: (cpu) => cpu.pmr, write: (cpu, value) => (cpu.pmr = value) },
  BPR0: { read: (cpu) => cpu.bpr0, write: (cpu, value) => (cpu.bpr0 = value) },
  BPR1: { read: (cpu) => cpu.bpr1, write: (cpu, value) => (cpu.bpr1 = value) },
  CTLR: { read: (cpu) => cpu.control, write: (cpu, value) => (cpu.control = value) },
  IGRPEN0: { read: (cpu) => +cpu.groupEnabled(0), write: (cpu, value) => cpu.enableGroup(0, (value & 1) !== 0) },
  IGRPEN1: { read: (cpu) => +cpu.groupEnabled(1), write: (cpu, value) => cpu.enableGroup(1, (value & 1) !== 0) },
};

/**
 * A read (`value` undefined) or a write of a guest that is in the guest; undefined: no such register in this direction.
 * A write returns 0.
 */
export function executeGuest(vcpu: Vcpu, register: string, value: number | undefined): number | undefined {
  const hardware = vcpu.requireGuest().interfaceV3;
  const row = INTERFACE_ROWS[register];
  if (hardware === undefined || row === undefined) return undefined;
  if (value === undefined) return row.read?.(hardware);
  if (row.write === undefined) return undefined;
  row.write(hardware, value);
  return 0;
}
