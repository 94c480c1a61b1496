/**
 * Generic timers per vCPU: control, compare value, deadline, output line, as the emulator logs them. Without a proven
 * vCPU the timers that it may have been become unknown.
 */
import { type SlotId } from '../../../state/brand.ts';
import { TIMERS, type Timer } from '../../../trace/kinds.ts';
import { type MachineEvent } from '../events/machine.ts';
import { type TraceLine, u64 } from '../trace-line.ts';
import { type Observe, type Scene } from './scene.ts';

const CONTROL_REGISTERS: readonly string[] = TIMERS.map((timer) => registerOf(timer, 'CTL'));
const COMPARE_REGISTERS: readonly string[] = TIMERS.map((timer) => registerOf(timer, 'CVAL'));
const NEVER = 0xffff_ffff;

function registerOf(timer: Timer, what: 'CTL' | 'CVAL'): string {
  const level = timer === 'CNTPS' ? 'EL1' : timer === 'CNTP' || timer === 'CNTV' ? 'EL0' : 'EL2';
  return `${timer}_${what}_${level}`;
}

interface TimerSlots {
  readonly control: SlotId;
  readonly compare: SlotId;
  readonly deadline: SlotId;
  readonly line: SlotId;
}

/** The timers of all vCPUs; one per scene. */
const books = new WeakMap<Scene, (TimerSlots | undefined)[]>();

function slotsOf(scene: Scene, vcpu: number, timer: number): TimerSlots {
  let book = books.get(scene);
  if (book === undefined) books.set(scene, (book = []));
  return (book[vcpu * TIMERS.length + timer] ??= claim(scene, vcpu, timer));
}

function claim({ slots }: Scene, vcpu: number, timer: number): TimerSlots {
  const path = `vcpu${vcpu}.timer.${timerOf(timer).toLowerCase()}`;
  const register = (name: string | undefined): { readonly register?: string } => (name === undefined ? {} : { register: name });
  return {
    control: slots.claim({ path: `${path}.control`, width: 3, ...register(CONTROL_REGISTERS[timer]) }),
    compare: slots.claim({ path: `${path}.compare`, width: 64, ...register(COMPARE_REGISTERS[timer]) }),
    deadline: slots.claim({ path: `${path}.deadline`, width: 64 }),
    line: slots.claim({ path: `${path}.line`, width: 1 }),
  };
}

/** The reader admits only numbers of `TIMERS`. */
function timerOf(number: number): Timer {
  return TIMERS[number] ?? 'CNTV';
}

/** The timers that a line is about: the proven vCPU's, or of all that it may be, those that are known so far. */
function forgetMaybe(line: TraceLine, scene: Scene, timer: number, ...fields: (keyof TimerSlots)[]): void {
  for (const { index } of scene.maybe(line)) {
    const known = books.get(scene)?.[index * TIMERS.length + timer];
    if (known !== undefined) for (const field of fields) scene.slots.forget(known[field]);
  }
}

const control: Observe = (line, vcpu, scene) => {
  if (vcpu >= 0) {
    scene.slots.set(slotsOf(scene, vcpu, line.a).control, line.vLo & 3);
    scene.vcpu(vcpu).runs();
  } else forgetMaybe(line, scene, line.a, 'control');
  write(line, vcpu, scene, 'control');
};

/** What the bit becomes follows from the control value before. */
const toggle: Observe = (line, vcpu, scene) => {
  const before = vcpu < 0 ? undefined : scene.slots.get(slotsOf(scene, vcpu, line.a).control);
  const timer = timerOf(line.a);
  const value = before === undefined ? {} : { value: BigInt((before >> 1) & 1) };
  scene.emit(line, vcpu, 'guest', { kind: 'timer.write', timer, what: 'mask', ...value });
};

const compare: Observe = (line, vcpu, scene) => {
  if (vcpu >= 0) {
    scene.slots.set(slotsOf(scene, vcpu, line.a).compare, line.vLo, line.vHi);
    scene.vcpu(vcpu).runs();
  } else forgetMaybe(line, scene, line.a, 'compare');
  write(line, vcpu, scene, 'compare');
};

/** The compare value becomes the count, which the log does not show, plus this. */
const value: Observe = (line, vcpu, scene) => {
  if (vcpu >= 0) {
    scene.slots.forget(slotsOf(scene, vcpu, line.a).compare);
    scene.vcpu(vcpu).runs();
  } else forgetMaybe(line, scene, line.a, 'compare');
  write(line, vcpu, scene, 'value');
};

function offset(timer: Timer): Observe {
  return (line, vcpu, scene) => {
    scene.emit(line, vcpu, 'guest', { kind: 'timer.write', timer, what: 'offset', value: u64(line.vLo, line.vHi) });
  };
}

function write(line: TraceLine, vcpu: number, scene: Scene, what: 'control' | 'compare' | 'value'): void {
  scene.emit(line, vcpu, 'guest', { kind: 'timer.write', timer: timerOf(line.a), what, value: u64(line.vLo, line.vHi) });
}

const deadline: Observe = (line, vcpu, scene) => {
  if (vcpu >= 0) scene.slots.set(slotsOf(scene, vcpu, line.a).deadline, line.vLo, line.vHi);
  else forgetMaybe(line, scene, line.a, 'deadline');
  const isNever = line.vLo === NEVER && line.vHi === NEVER;
  const at = isNever ? {} : { deadline: u64(line.vLo, line.vHi) };
  scene.emit(line, vcpu, 'hardware', { kind: 'timer.deadline', timer: timerOf(line.a), ...at });
};

const disabled: Observe = (line, vcpu, scene) => {
  if (vcpu >= 0) scene.slots.set(slotsOf(scene, vcpu, line.a).deadline, NEVER, NEVER);
  else forgetMaybe(line, scene, line.a, 'deadline');
  const detail = { disabled: true };
  scene.emit(line, vcpu, 'hardware', { kind: 'timer.deadline', timer: timerOf(line.a), detail });
};

const output: Observe = (line, vcpu, scene) => {
  const level = line.b !== 0;
  if (vcpu >= 0) scene.slots.set(slotsOf(scene, vcpu, line.a).line, level ? 1 : 0);
  else forgetMaybe(line, scene, line.a, 'line');
  scene.emit(line, vcpu, 'hardware', { kind: 'timer.line', timer: timerOf(line.a), level });
};

/** Makes the timers of a vCPU unknown, as a reset does. */
export function forgetTimers(scene: Scene, vcpu: number): void {
  const book = books.get(scene);
  for (let timer = 0; timer < TIMERS.length; timer++) {
    const known = book?.[vcpu * TIMERS.length + timer];
    if (known !== undefined) for (const slot of Object.values(known)) scene.slots.forget(slot);
  }
}

export const TIMER_EVENTS = {
  arm_gt_ctl_write: control,
  arm_gt_imask_toggle: toggle,
  arm_gt_cval_write: compare,
  arm_gt_tval_write: value,
  arm_gt_cntvoff_write: offset('CNTV'),
  arm_gt_cntpoff_write: offset('CNTP'),
  arm_gt_recalc: deadline,
  arm_gt_recalc_disabled: disabled,
  arm_gt_update_irq: output,
} as const satisfies Partial<Record<MachineEvent, Observe>>;
