/**
 * Generic timers per vCPU: control, compare value, deadline, output line, as the emulator logs them. Without a proven
 * vCPU the timers that it may have been become unknown.
 */
import { HAS_VALUE } from '../../../trace/columns.ts';
import { KINDS, TIMERS, type Timer } from '../../../trace/kinds.ts';
import { type MachineEvent } from '../events/machine.ts';
import { type TraceLine, u64 } from '../trace-line.ts';
import { at, flagAt, form } from './form.ts';
import { type Meaning, type Scene } from './scene.ts';
import { type Slots } from './slots.ts';
import { type TimerSlots, type VcpuState } from './vcpu-state.ts';

const CONTROL_REGISTERS: readonly string[] = TIMERS.map((timer) => registerOf(timer, 'CTL'));
const COMPARE_REGISTERS: readonly string[] = TIMERS.map((timer) => registerOf(timer, 'CVAL'));
const NEVER = 0xffff_ffff;

function registerOf(timer: Timer, what: 'CTL' | 'CVAL'): string {
  const level = timer === 'CNTPS' ? 'EL1' : timer === 'CNTP' || timer === 'CNTV' ? 'EL0' : 'EL2';
  return `${timer}_${what}_${level}`;
}

function slotsOf({ slots }: Scene, vcpu: VcpuState, timer: number): TimerSlots {
  return (vcpu.timers[timer] ??= claim(slots, vcpu.index, timer));
}

function claim(slots: Slots, vcpu: number, timer: number): TimerSlots {
  const path = `vcpu${vcpu}.timer.${timerOf(timer).toLowerCase()}`;
  const register = (name: string | undefined): { readonly register?: string } =>
    name === undefined ? {} : { register: name };
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

/** Makes a field unknown for the vCPUs that a line may be about, where it was known. */
function doubts(field: keyof TimerSlots): NonNullable<Meaning['doubt']> {
  return (line, among, scene) => {
    for (const { timers } of among) {
      const known = timers[line.a];
      if (known !== undefined) scene.slots.forget(known[field]);
    }
  };
}

const control: Meaning = {
  prove: (line, vcpu, scene) => {
    scene.slots.set(slotsOf(scene, vcpu, line.a).control, line.vLo & 3);
    vcpu.run.runs();
  },
  doubt: doubts('control'),
  tell: tellWritten('control'),
};

/** What the mask bit became: the control value is known from the line before. */
const toggle: Meaning = {
  tell: (line, vcpu, scene) => {
    const value = vcpu < 0 ? undefined : scene.slots.get(slotsOf(scene, scene.vcpu(vcpu), line.a).control);
    if (value === undefined) tellWrite(line, vcpu, scene, 'mask', 0, 0, 0);
    else tellWrite(line, vcpu, scene, 'mask', HAS_VALUE, (value >> 1) & 1, 0);
  },
};

const compare: Meaning = {
  prove: (line, vcpu, scene) => {
    scene.slots.set(slotsOf(scene, vcpu, line.a).compare, line.vLo, line.vHi);
    vcpu.run.runs();
  },
  doubt: doubts('compare'),
  tell: tellWritten('compare'),
};

/** The compare value becomes the count, which the log does not show, plus this. */
const value: Meaning = {
  prove: (line, vcpu, scene) => {
    scene.slots.forget(slotsOf(scene, vcpu, line.a).compare);
    vcpu.run.runs();
  },
  doubt: doubts('compare'),
  tell: tellWritten('value'),
};

function offset(timer: Timer): Meaning {
  return {
    prove: (_line, vcpu) => vcpu.run.runs(),
    tell: (line, vcpu, scene) => {
      scene.emit(line, vcpu, 'guest', { kind: 'timer.write', timer, what: 'offset', value: u64(line.vLo, line.vHi) });
    },
  };
}

const WRITE = form('timer.write', 'guest');
const { timer: TIMER_OF_WRITE, what: WHAT } = KINDS[WRITE.kind].fields;

function tellWrite(
  line: TraceLine,
  vcpu: number,
  scene: Scene,
  what: 'control' | 'compare' | 'value' | 'mask',
  has: number,
  lo: number,
  hi: number,
): void {
  const small = at(TIMER_OF_WRITE, line.a) | at(WHAT, WHAT.type.indexOf(what));
  scene.post(line, vcpu, WRITE, small, undefined, has, lo, hi, 0, 0);
}

function tellWritten(what: 'control' | 'compare' | 'value'): Meaning['tell'] {
  return (line, vcpu, scene) => tellWrite(line, vcpu, scene, what, HAS_VALUE, line.vLo, line.vHi);
}

const DEADLINE = form('timer.deadline', 'hardware');
const { timer: TIMER_OF_DEADLINE } = KINDS[DEADLINE.kind].fields;

const deadline: Meaning = {
  prove: (line, vcpu, scene) => {
    scene.slots.set(slotsOf(scene, vcpu, line.a).deadline, line.vLo, line.vHi);
  },
  doubt: doubts('deadline'),
  tell: (line, vcpu, scene) => {
    const small = at(TIMER_OF_DEADLINE, line.a);
    if (line.vLo === NEVER && line.vHi === NEVER) scene.post(line, vcpu, DEADLINE, small, undefined, 0, 0, 0, 0, 0);
    else scene.post(line, vcpu, DEADLINE, small, undefined, HAS_VALUE, line.vLo, line.vHi, 0, 0);
  },
};

const disabled: Meaning = {
  prove: (line, vcpu, scene) => {
    scene.slots.set(slotsOf(scene, vcpu, line.a).deadline, NEVER, NEVER);
  },
  doubt: doubts('deadline'),
  tell: (line, vcpu, scene) => {
    const detail = { disabled: true };
    scene.emit(line, vcpu, 'hardware', { kind: 'timer.deadline', timer: timerOf(line.a), detail });
  },
};

const LINE = form('timer.line', 'hardware');
const { timer: TIMER_OF_LINE, level: LEVEL } = KINDS[LINE.kind].fields;

const output: Meaning = {
  prove: (line, vcpu, scene) => {
    scene.slots.set(slotsOf(scene, vcpu, line.a).line, line.b === 0 ? 0 : 1);
  },
  doubt: doubts('line'),
  tell: (line, vcpu, scene) => {
    const small = at(TIMER_OF_LINE, line.a) | flagAt(LEVEL, line.b);
    scene.post(line, vcpu, LINE, small, undefined, 0, 0, 0, 0, 0);
  },
};

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
} as const satisfies Partial<Record<MachineEvent, Meaning>>;
