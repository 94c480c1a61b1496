/** KVM's timers: their lines, and what it saves and restores of them (trace-import-formats §2). */
import { type Timer } from '../../../trace/kinds.ts';
import { printedInterrupt } from '../interrupt-number.ts';
import { type Happening } from '../scene.ts';
import { type Meaning, type MeaningRows, other, step, withArgument, withValue } from './meaning.ts';

/** Order of KVM's timer contexts: EL1 physical, EL1 virtual, EL2 virtual, EL2 physical. */
const CONTEXTS: readonly Timer[] = ['CNTP', 'CNTV', 'CNTHV', 'CNTHP'];
/** PPIs that the timers have unless user space moves them. */
const TIMER_PPIS: ReadonlyMap<number, Timer> = new Map([
  [26, 'CNTHP'],
  [27, 'CNTV'],
  [28, 'CNTHV'],
  [30, 'CNTP'],
]);

const timerUpdate: Meaning = (record, scene) => {
  const vcpu = scene.namedVcpu(record, record.int('vcpu_id'), true);
  const number = record.int('irq');
  const level = record.int('level') === 1;
  const intid = number === undefined ? undefined : printedInterrupt(number);
  if (number === undefined || intid === undefined) return other(record, scene, vcpu);
  scene.sees(number);
  // The output is the input of this PPI; its injection follows, but is an event that need not have been recorded.
  scene.setLine(intid, vcpu, level);
  const timer = TIMER_PPIS.get(number & 0xff_ffff);
  if (timer === undefined) return scene.emit(record, vcpu, 'hypervisor', { kind: 'irq.line', intid, level });
  if (vcpu >= 0) scene.slots.set(scene.timer(vcpu, timer).line, level ? 1 : 0);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'timer.line', timer, level });
};

const timerState =
  (what: string): Meaning =>
  (record, scene) => {
    const vcpu = scene.loadedVcpu(record);
    const context = record.int('timer_idx');
    const timer = context === undefined ? undefined : CONTEXTS[context];
    const control = record.u64('ctl');
    const compare = record.u64('cval');
    if (vcpu >= 0 && timer !== undefined && control !== undefined && compare !== undefined) {
      const slots = scene.timer(vcpu, timer);
      scene.slots.set(slots.control, Number(control & 7n));
      scene.slots.set(slots.compare, Number(compare & 0xffff_ffffn), Number(compare >> 32n));
    }
    const happening: Happening = {
      kind: 'kvm.step',
      step: timer === undefined ? what : `${what} ${timer}`,
      ...withValue(control),
      ...withArgument(compare),
    };
    scene.emit(record, vcpu, 'hypervisor', happening);
  };

const timerMap: Meaning = (record, scene) => {
  const vcpu = scene.namedVcpu(record, record.int('vcpu_id'), true);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'kvm.step', step: 'timer map' });
};

export const TIMERS: MeaningRows = [
  ['kvm_timer_update_irq', timerUpdate],
  ['kvm_timer_save_state', timerState('save')],
  ['kvm_timer_restore_state', timerState('restore')],
  ['kvm_get_timer_map', timerMap],
  ['kvm_timer_hrtimer_expire', step('timer expires', 'timer_idx')],
  ['kvm_timer_emulate', step('emulate timer', 'should_fire', 'timer_idx')],
];
