/** The EL0 timer registers that a guest can name, one row each (kvm-vgic-v5 §19). */
import { type Words } from '../gic/v5/words.ts';
import { type Outcome } from './outcome.ts';
import * as loop from './run-loop.ts';
import { type TimerContext } from './timer-context.ts';
import { type Vcpu } from './vcpu.ts';

interface TimerRegister {
  readonly owner: 'vtimer' | 'ptimer';
  /** `value` is TVAL: compare minus counter, 32 bits, signed. */
  readonly what: 'control' | 'compare' | 'value';
}

const REGISTERS = new Map<string, TimerRegister>([
  ['CNTV_CTL_EL0', { owner: 'vtimer', what: 'control' }],
  ['CNTV_CVAL_EL0', { owner: 'vtimer', what: 'compare' }],
  ['CNTV_TVAL_EL0', { owner: 'vtimer', what: 'value' }],
  ['CNTP_CTL_EL0', { owner: 'ptimer', what: 'control' }],
  ['CNTP_CVAL_EL0', { owner: 'ptimer', what: 'compare' }],
  ['CNTP_TVAL_EL0', { owner: 'ptimer', what: 'value' }],
]);
/** Both counters read the same: no offset is modelled. */
const COUNTERS = new Set(['CNTVCT_EL0', 'CNTPCT_EL0']);

export function isTimerRegister(name: string): boolean {
  return REGISTERS.has(name) || COUNTERS.has(name);
}

export function accessTimer(vcpu: Vcpu, name: string, direction: 'read' | 'write', words: Words): Outcome {
  const now = vcpu.vm.host.counter.value;
  const register = REGISTERS.get(name);
  if (register === undefined) {
    if (direction === 'write') {
      vcpu.emit({ kind: 'trap.undef', what: name, via: 'hardware' });
      return 'undefined:hardware';
    }
    words.value = now;
    return 'performed';
  }
  const context = vcpu.timers.context(register.owner);
  const what = register.what === 'control' ? 'control' : 'compare';
  if (direction === 'write') {
    const value = register.what === 'value' ? BigInt.asUintN(64, now + BigInt(words.lo | 0)) : words.value;
    return writeTimer(vcpu, context, what, value);
  }
  const direct = vcpu.timers.isDirect(context);
  const cpu = vcpu.requireCpu();
  if (!direct) loop.exit(vcpu, 'trap');
  const value = vcpu.timers.read(context, what, cpu);
  words.value = register.what === 'value' ? BigInt.asUintN(32, value - now) : value;
  return direct ? 'performed' : 'emulated';
}

/** A write to a timer: to the hardware, or by a trap to the emulation, which leaves the guest. */
export function writeTimer(
  vcpu: Vcpu,
  context: TimerContext,
  what: 'control' | 'compare',
  value: bigint,
): 'performed' | 'emulated' {
  const cpu = vcpu.requireGuest();
  if (vcpu.timers.isDirect(context)) {
    vcpu.timers.writeDirect(context, what, value, cpu);
    return 'performed';
  }
  loop.exit(vcpu, 'trap');
  vcpu.timers.writeEmulated(context, what, value);
  return 'emulated';
}
