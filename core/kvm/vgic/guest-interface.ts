/**
 * The CPU interface registers that a guest executes without a trap (gicv3-behaviour §6): one row per register, by its
 * name without `ICC_` and `_EL1`. A GICv2 guest reaches the same rows through its memory-mapped interface.
 */
import { type Words } from '../../gic/v5/words.ts';
import { SPURIOUS } from '../../gic/intid.ts';
import { HCR } from '../../gic/v3/vmcr.ts';
import { type CpuInterfaceV3 } from '../../gic/v3/cpu-interface.ts';
import { type InterfaceAnswer } from '../gic-model.ts';
import { type Vcpu } from '../vcpu.ts';

interface Row {
  readonly read?: (cpu: CpuInterfaceV3) => number;
  /** False: it had no effect that could be told of. */
  readonly write?: (cpu: CpuInterfaceV3, value: number) => unknown;
}

const INTID = 0xff_ffff;
const FIRST_SPECIAL = 1020;

function activePriority(group: 0 | 1, n: number): Row {
  return {
    read: (cpu) => cpu.activePriority(group, n),
    write: (cpu, value) => cpu.setActivePriority(group, n, value),
  };
}

const INTERFACE_ROWS: Readonly<Record<string, Row>> = {
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
  ...Object.fromEntries(
    ([0, 1] as const).flatMap((group) =>
      [0, 1, 2, 3].map((n): [string, Row] => [`AP${group}R${n}`, activePriority(group, n)]),
    ),
  ),
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

/** How a system register of the interface behaves beside its row. */
interface Register extends Row {
  readonly name: string;
  /** Number of an active priority word, which the implementation may lack. */
  readonly word: number;
  readonly isDir: boolean;
  readonly reports: 'icv.acknowledge' | 'icv.end' | undefined;
  readonly group: 0 | 1;
}

/** By full name, `ICC_IAR1_EL1`. */
const REGISTERS: ReadonlyMap<string, Register> = new Map(
  Object.entries(INTERFACE_ROWS).map(([short, row]) => {
    const name = `ICC_${short}_EL1`;
    const reports = short.startsWith('IAR') ? 'icv.acknowledge' : /^EOIR|^DIR/.test(short) ? 'icv.end' : undefined;
    const word = Number(/^AP[01]R(\d)$/.exec(short)?.[1] ?? 0);
    return [name, { ...row, name, word, isDir: short === 'DIR', reports, group: short.endsWith('0') ? 0 : 1 }];
  }),
);

/**
 * A system register that `vcpu` executes by its name. UNDEFINED: in this direction, or an active priority word that the
 * implementation lacks. A write of DIR with TDIR set traps.
 */
export function executeRegister(
  vcpu: Vcpu,
  hardware: CpuInterfaceV3,
  name: string,
  direction: 'read' | 'write',
  words: Words,
): InterfaceAnswer {
  const register = REGISTERS.get(name);
  if (register === undefined) return 'elsewhere';
  if (register.word >= hardware.ap1r.length) return 'undefined';
  if (direction === 'read') {
    if (register.read === undefined) return 'undefined';
    words.set(register.read(hardware), 0);
  } else {
    if (register.write === undefined) return 'undefined';
    if (register.isDir && (hardware.hcr.lo & HCR.TDIR) !== 0) return 'elsewhere';
    if (register.write(hardware, words.lo) === false) return 'performed';
  }
  if (register.reports !== undefined && vcpu.vm.host.emit !== undefined)
    tellInterrupt(vcpu, hardware, { reports: register.reports, name, group: register.group, intid: words.lo });
  return 'performed';
}

/** What a guest did to an interrupt by a register of its interface. */
export interface InterruptAccess {
  readonly reports: 'icv.acknowledge' | 'icv.end';
  /** Of the register. */
  readonly name: string;
  readonly group: 0 | 1;
  readonly intid: number;
  readonly source?: number;
}

/** Tells of it, right behind it. */
export function tellInterrupt(
  vcpu: Vcpu,
  hardware: CpuInterfaceV3,
  { reports: kind, name: register, group, intid, source }: InterruptAccess,
): void {
  const { lr, priority, effect } = hardware.latest;
  if (kind === 'icv.end') vcpu.emit({ kind, register, intid, lr, priority, effect });
  else if (isTaken(intid)) vcpu.emit({ kind, register, intid, lr, priority, ...(source !== undefined && { source }) });
  else vcpu.emit({ kind, register, intid, lr: -1, priority: -1, why: hardware.whySpurious(group) });
}

const isTaken = (intid: number): boolean => intid < FIRST_SPECIAL || intid > SPURIOUS;

/** Names of registers that only show something. */
export const SHOWN_REGISTERS: readonly string[] = [...REGISTERS.values()].flatMap(({ name, read, reports }) =>
  read !== undefined && reports === undefined ? [name] : [],
);

/** What the guest would read of one of them; undefined: the interface has no such register. */
export function inspectRegister(hardware: CpuInterfaceV3, name: string): number | undefined {
  const register = REGISTERS.get(name);
  if (register === undefined || register.reports !== undefined || register.word >= hardware.ap1r.length)
    return undefined;
  return register.read?.(hardware);
}
