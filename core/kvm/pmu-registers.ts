/**
 * The PMU registers through which a guest drives the overflow interrupt. All of them trap, and the write is carried
 * out after that exit's evaluation of the level (kvm-vgic-v5 §20).
 */
import { type Words } from '../gic/v5/words.ts';
import { type Outcome } from './outcome.ts';
import { type VcpuPmu } from './pmu.ts';
import * as loop from './run-loop.ts';
import { type Vcpu } from './vcpu.ts';

interface PmuRegister {
  readonly read: (pmu: VcpuPmu) => number;
  readonly write: (pmu: VcpuPmu, value: number) => void;
}

const overflow = (pmu: VcpuPmu, flags: number): void =>
  pmu.set(flags >>> 0, pmu.interrupts.lo, (pmu.control.lo & 1) !== 0);
const interrupts = (pmu: VcpuPmu, enables: number): void =>
  pmu.set(pmu.overflow.lo, enables >>> 0, (pmu.control.lo & 1) !== 0);

const REGISTERS = new Map<string, PmuRegister>([
  ['PMOVSSET_EL0', { read: (pmu) => pmu.overflow.lo, write: (pmu, value) => overflow(pmu, pmu.overflow.lo | value) }],
  ['PMOVSCLR_EL0', { read: (pmu) => pmu.overflow.lo, write: (pmu, value) => overflow(pmu, pmu.overflow.lo & ~value) }],
  [
    'PMINTENSET_EL1',
    { read: (pmu) => pmu.interrupts.lo, write: (pmu, value) => interrupts(pmu, pmu.interrupts.lo | value) },
  ],
  [
    'PMINTENCLR_EL1',
    { read: (pmu) => pmu.interrupts.lo, write: (pmu, value) => interrupts(pmu, pmu.interrupts.lo & ~value) },
  ],
  [
    'PMCR_EL0',
    {
      read: (pmu) => pmu.control.lo,
      write: (pmu, value) => pmu.set(pmu.overflow.lo, pmu.interrupts.lo, (value & 1) !== 0),
    },
  ],
]);

export function isPmuRegister(name: string): boolean {
  return REGISTERS.has(name);
}

export function accessPmu(vcpu: Vcpu, name: string, direction: 'read' | 'write', words: Words): Outcome {
  loop.exit(vcpu, 'trap');
  const register = vcpu.hasPmu ? REGISTERS.get(name) : undefined;
  if (register === undefined) {
    vcpu.emit({ kind: 'trap.undef', what: name, via: 'handler' });
    return 'undefined:handler';
  }
  if (direction === 'write') register.write(vcpu.pmu, words.lo);
  else words.set(register.read(vcpu.pmu), 0);
  vcpu.emit({ kind: 'trap.sysreg', register: name, direction, value: words.value });
  return 'emulated';
}
