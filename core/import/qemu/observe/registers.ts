/**
 * System registers as the plugin prints them: the last value read or written is kept per vCPU, and the registers that
 * hold state of many interrupts are taken apart (gicv5-cpuif-behaviour §4.1, §4.2). The encoding decides which register
 * it is, because the recorder's own names repeat.
 *
 * Not kept: instructions; counters and timer values, which go on by themselves; registers that are derived from
 * others; the set and clear views of bitmaps (they change the interrupts); registers that the tables do not know.
 */
import { formatEncoding, registerByEncoding, registerNames, type Register } from '../../../gic/registers.ts';
import { encodingOf } from '../attribution/assign.ts';
import { type MachineEvent } from '../events/machine.ts';
import { type TraceLine } from '../trace-line.ts';
import { EDGE, LEVEL, type PpiState } from './interrupt-state.ts';
import { tellAccess } from './posted.ts';
import { ICC_CR0, ICC_ICSR, ICC_PCR } from './register-map.ts';
import { type Meaning } from './scene.ts';
import { type Slots } from './slots.ts';
import { type VcpuState } from './vcpu-state.ts';

/** Registers whose last value soon says nothing about the present one. */
const DERIVED: ReadonlySet<string> = new Set([
  'ICC_HPPIR_EL1',
  'ICC_HAPR_EL1',
  'ICC_APR_EL1',
  'ICC_PPI_CACTIVER<n>_EL1',
  'ICC_PPI_SACTIVER<n>_EL1',
  'ICC_PPI_CPENDR<n>_EL1',
  'ICC_PPI_SPENDR<n>_EL1',
  'ISR_EL1',
  'DAIF',
]);
const COUNTS_ON = /^CNT.*(CT|CTSS|TVAL)_EL/;

interface Known {
  readonly name: string;
  readonly isInstruction: boolean;
  /** The last value is kept. */
  readonly isKept: boolean;
  readonly width: 32 | 64;
  readonly effect: Effect | undefined;
  /** Position in its array. */
  readonly index: number;
}

/** What an access does beside being kept. */
type Effect = (line: TraceLine, isRead: boolean, vcpu: VcpuState, slots: Slots, index: number) => void;

/** Bit `i` of the value of a line. */
const bitOf = (line: TraceLine, i: number): number => ((i < 32 ? line.vLo : line.vHi) >>> (i % 32)) & 1;

/** PPIs of a 64-bit bitmap that the trace knows, and those whose bit is set. */
function eachPpi(line: TraceLine, vcpu: VcpuState, index: number, each: (ppi: PpiState, bit: number) => void): void {
  if (line.vLo !== 0 || line.vHi !== 0) for (let i = 0; i < 64; i++) if (bitOf(line, i) === 1) vcpu.ppi(64 * index + i);
  for (const [number, ppi] of vcpu.ppis) if (Math.floor(number / 64) === index) each(ppi, bitOf(line, number % 64));
}

const enables: Effect = (line, _isRead, vcpu, slots, index) => {
  eachPpi(line, vcpu, index, (ppi, bit) => slots.set(ppi.enabled, bit));
};

/** The handling of all PPIs is fixed, so a set bit says nothing about whether a PPI is in use. */
const handlings: Effect = (line, _isRead, vcpu, slots, index) => {
  for (const [number, ppi] of vcpu.ppis)
    if (Math.floor(number / 64) === index) slots.set(ppi.handling, bitOf(line, number % 64));
};

const priorities: Effect = (line, _isRead, vcpu, slots, index) => {
  for (const [number, ppi] of vcpu.ppis) {
    if (Math.floor(number / 8) !== index) continue;
    const byte = number % 8;
    slots.set(ppi.priority, ((byte < 4 ? line.vLo : line.vHi) >>> (8 * (byte % 4))) & 31);
  }
};

function actives(written: 0 | 1): Effect {
  return (line, isRead, vcpu, slots, index) =>
    eachPpi(line, vcpu, index, (ppi, bit) => {
      if (isRead) slots.set(ppi.active, bit);
      else if (bit === 1) slots.set(ppi.active, written);
    });
}

/** Writes reach edge PPIs only; where the handling is not known, neither is the result. */
function pendings(written: 0 | 1): Effect {
  return (line, isRead, vcpu, slots, index) =>
    eachPpi(line, vcpu, index, (ppi, bit) => {
      if (isRead) slots.set(ppi.pending, bit);
      else if (bit === 1) {
        const handling = slots.get(ppi.handling);
        if (handling === EDGE) slots.set(ppi.pending, written);
        else if (handling !== LEVEL && slots.get(ppi.pending) !== written) slots.forget(ppi.pending);
      }
    });
}

const activePriorities: Effect = (line, _isRead, vcpu) => {
  vcpu.priorities.set(line.vLo);
};

const runningPriority: Effect = (line, _isRead, vcpu) => {
  vcpu.priorities.proveRunning(line.vLo & 255);
};

/** The answer will be in ICC_ICSR_EL1, which is something else than before. */
const requests: Effect = (_line, _isRead, vcpu, slots) => {
  const slot = vcpu.registers.get(ICC_ICSR);
  if (slot !== undefined) slots.forget(slot);
};

/** A timer value that is written sets the compare value, by a count that is not seen; its register has op2 = 2. */
const timerValue: Effect = (line, isRead, vcpu, slots) => {
  const compare = isRead ? undefined : vcpu.registers.get(encodingOf(line) | 2);
  if (compare !== undefined) slots.forget(compare);
};

const EFFECTS: ReadonlyMap<string, Effect> = new Map([
  ['ICC_PPI_ENABLER<n>_EL1', enables],
  ['ICC_PPI_HMR<n>_EL1', handlings],
  ['ICC_PPI_PRIORITYR<n>_EL1', priorities],
  ['ICC_PPI_SACTIVER<n>_EL1', actives(1)],
  ['ICC_PPI_CACTIVER<n>_EL1', actives(0)],
  ['ICC_PPI_SPENDR<n>_EL1', pendings(1)],
  ['ICC_PPI_CPENDR<n>_EL1', pendings(0)],
  ['ICC_APR_EL1', activePriorities],
  ['ICC_HAPR_EL1', runningPriority],
  ['GIC CDRCFG', requests],
  ...registerNames().flatMap((name) => (/^CNT.*_TVAL_/.test(name) ? [[name, timerValue] as const] : [])),
]);

const known = new Map<number, Known>();

function knownRegister(encoding: number, line: TraceLine): Known {
  let entry = known.get(encoding);
  if (entry === undefined) {
    const register = registerByEncoding(line.b, line.c, line.d, line.e, line.f);
    entry = register === undefined ? nameless(line) : describe(register);
    known.set(encoding, entry);
  }
  return entry;
}

function nameless(line: TraceLine): Known {
  const name = formatEncoding([line.b, line.c, line.d, line.e, line.f]);
  return { name, isInstruction: line.b === 1, isKept: false, width: 64, effect: undefined, index: 0 };
}

function describe(register: Register): Known {
  const { name, family, space, width, index } = register;
  const isInstruction = space === 'insn';
  const isKept = !isInstruction && !DERIVED.has(family) && !COUNTS_ON.test(name);
  return { name, isInstruction, isKept, width, effect: EFFECTS.get(family), index: index ?? 0 };
}

function access(op: 'read' | 'write'): Meaning {
  return {
    prove: (line, vcpu, { slots }) => take(line, op === 'read', vcpu, slots),
    tell: (line, vcpu, scene) => {
      const { name, isInstruction } = knownRegister(encodingOf(line), line);
      tellAccess(line, vcpu, scene, name, isInstruction ? 'execute' : op, true, vcpu < 0 ? { cpu: line.a } : undefined);
    },
  };
}

function take(line: TraceLine, isRead: boolean, vcpu: VcpuState, slots: Slots): void {
  const encoding = encodingOf(line);
  const register = knownRegister(encoding, line);
  vcpu.run.runs();
  if (register.isKept) {
    let slot = vcpu.registers.get(encoding);
    if (slot === undefined) {
      const { name, width } = register;
      slot = slots.claim({ path: `vcpu${vcpu.index}.${name}`, width, register: name });
      vcpu.registers.set(encoding, slot);
    }
    slots.set(slot, line.vLo, register.width === 64 ? line.vHi : 0);
  }
  register.effect?.(line, isRead, vcpu, slots, register.index);
  if (register.effect !== undefined || encoding === ICC_CR0 || encoding === ICC_PCR) vcpu.updateMasked();
}

export const REGISTERS = {
  gicplug_sysreg_read: access('read'),
  gicplug_sysreg_write: access('write'),
} as const satisfies Partial<Record<MachineEvent, Meaning>>;
