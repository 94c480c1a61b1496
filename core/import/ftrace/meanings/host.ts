/** The host around KVM: which thread has a CPU, and the host's own interrupts (trace-import-formats §2). */
import { type Meaning, type MeaningRows, other, withNumber } from './meaning.ts';

/** States that a thread leaves the CPU in: low bits are reasons to sleep; `+` (0x100) marks preemption. */
const SLEEPING = 0xff;

const schedule: Meaning = (record, scene) => {
  const next = record.int('next_pid') ?? -1;
  const before = scene.threads.laneOfThread((record.int('prev_pid') ?? -1) + record.kernel);
  const after = scene.threads.laneOfThread(next + record.kernel);
  if (after < 0 && next > 0 && record.lacksNameOf?.(next) !== false)
    scene.threads.hears(next + record.kernel, record.text('next_comm') ?? '');
  if (before >= 0) {
    const state = record.int('prev_state');
    const letters = record.text('prev_state');
    const sleeps = state === undefined ? letters !== undefined && !letters.startsWith('R') : (state & SLEEPING) !== 0;
    scene.setRunState(before, sleeps ? 'blocked' : 'preempted');
  }
  if (after >= 0) scene.setRunState(after, 'host');
  const vcpu = scene.guest?.vcpuOf(record) ?? (before >= 0 ? before : after);
  other(record, scene, vcpu, record.u64('prev_pid'), record.u64('next_pid'));
};

const threadEnds: Meaning = (record, scene) => {
  const lane = scene.threads.laneOfThread(record.pid + record.kernel);
  scene.threads.runs(lane, false);
  scene.setRunState(lane, 'off');
  other(record, scene, scene.guest?.vcpuOf(record) ?? lane);
};

const handlerWithIrq = withNumber('irq');
const handlerBegins: Meaning = (record, scene) => {
  scene.hint.handler(record);
  handlerWithIrq(record, scene);
};

export const HOST: MeaningRows = [
  ['sched_switch', schedule],
  ['sched_process_exit', threadEnds],
  ['irq_handler_entry', handlerBegins],
  ['irq_handler_exit', withNumber('irq', 'ret')],
  ['softirq_entry', withNumber('vec')],
  ['softirq_exit', withNumber('vec')],
  ['softirq_raise', withNumber('vec')],
  ['ipi_send_cpu', withNumber('cpu')],
];
