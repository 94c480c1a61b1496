/**
 * The order of things around a guest entry (kvm-vgic-v5 §18, §23): load, flush, restore, last check, guest, save,
 * fold, put; waiting for an interrupt; reset. Each function is one step of the loop; who calls them when, a scheduler
 * decides.
 *
 * On a VHE host the interface is restored and saved next to flush and fold. Otherwise both happen at EL2 right
 * around the guest, so an abandoned entry does neither and folds what an earlier exit left in the scratch (§24.9).
 */
import { HOST_TRAPS } from './host-cpu-v5.ts';
import { type HostCpu } from './host-cpu.ts';
import { type PendingAnswer, type TrapValues } from './gic-model.ts';
import { type Vcpu } from './vcpu.ts';

/** Trap registers for a guest that is not shown GICv5 (gicv5-registers §3.2). */
const HIDDEN_TRAPS: TrapValues = { read: 0x8, write: 0, instruction: 0 };

export interface EntryConditions {
  /** Other host work is pending at the last check (a signal, a reschedule): the entry is abandoned. */
  readonly hostWork?: boolean;
  /** What an interrupt handler or another CPU does between the flush and the last check. */
  readonly meanwhile?: () => void;
}

export type EntryResult = 'entered' | 'aborted';

/** The thread is scheduled in on `cpu`. Timers first, then the interrupt controller. */
export function load(vcpu: Vcpu, cpu: HostCpu): void {
  vcpu.slots.physicalCpu.set(cpu.index + 1);
  cpu.setVcpu(vcpu);
  vcpu.emit({ kind: 'vcpu.scheduled', in: true });
  vcpu.timers.load(cpu);
  vcpu.gic?.load(cpu);
  decideWfiTrap(vcpu, cpu);
}

/** The thread is scheduled out. */
export function put(vcpu: Vcpu): void {
  const cpu = vcpu.requireCpu();
  vcpu.timers.put(cpu);
  vcpu.gic?.put(cpu);
  cpu.setVcpu(undefined);
  vcpu.slots.physicalCpu.set(0);
  vcpu.emit({ kind: 'vcpu.scheduled', in: false });
}

/** HCR_EL2.TWI, decided at each load (§18.7). */
function decideWfiTrap(vcpu: Vcpu, cpu: HostCpu): void {
  const policy = vcpu.vm.host.facts.wfiTraps ?? 'default';
  const alone = cpu.runnableTasks.lo <= 1;
  const inHardware = vcpu.vm.gic?.waitsInHardware ?? false;
  const trap = policy === 'always' || (policy === 'default' && !(alone && inHardware));
  vcpu.slots.trapWfi.flag = trap;
  vcpu.emit({
    kind: 'vcpu.twi',
    trap,
    reason: policy !== 'default' ? policy : alone ? 'single task' : 'several tasks',
  });
}

/** One attempt to enter the guest. */
export function enter(vcpu: Vcpu, conditions: EntryConditions = {}): EntryResult {
  const cpu = vcpu.requireCpu();
  const { slots, gic } = vcpu;
  const { vhe } = vcpu.vm.host.facts;
  if (slots.irqPendingRequest.flag) {
    slots.irqPendingRequest.flag = false;
    vcpu.emit({ kind: 'vcpu.requestsCleared' });
  }
  gic?.handleRequests();
  vcpu.pmu.update();
  gic?.flush(cpu);
  if (vhe) gic?.restore(cpu);
  conditions.meanwhile?.();
  const requested = slots.irqPendingRequest.flag;
  if (requested || conditions.hostWork === true) {
    vcpu.emit({ kind: 'vcpu.entryAborted', reason: requested ? 'request' : 'hostWork' });
    vcpu.pmu.update();
    if (vhe) gic?.save(cpu);
    gic?.fold(cpu);
    return 'aborted';
  }
  if (!vhe) gic?.restore(cpu);
  cpu.setTraps(guestTraps(vcpu));
  slots.inGuest.flag = true;
  vcpu.emit({ kind: 'vcpu.entry' });
  return 'entered';
}

/** What the trap registers hold while this guest runs. */
function guestTraps({ vm }: Vcpu): TrapValues {
  return (vm.isGicV5Visible ? vm.gic?.traps : undefined) ?? HIDDEN_TRAPS;
}

/** The guest leaves, for whatever reason; the reason itself is handled afterwards. */
export function exit(vcpu: Vcpu, reason: string): void {
  const cpu = vcpu.requireCpu();
  const { slots, gic } = vcpu;
  const { vhe } = vcpu.vm.host.facts;
  slots.inGuest.flag = false;
  vcpu.emit({ kind: 'vcpu.exit', reason });
  if (!vhe) gic?.save(cpu);
  cpu.setTraps(HOST_TRAPS);
  vcpu.pmu.update();
  if (vhe) gic?.save(cpu);
  gic?.fold(cpu);
}

export interface WaitAnswer extends PendingAnswer {
  /** False: the thread sleeps (`blocking` is set) until something wakes it. */
  readonly runnable: boolean;
  /** What makes it so: `PPI 3`, `doorbell`, `CPU line`; absent where the controller does not tell. */
  readonly wakeReason?: string;
}

/**
 * Starts a wait, outside the guest: a trapped WFI after its exit, or a suspension through the MP state. The
 * controller's state is put so that the check sees fresh priorities (§18.3).
 */
export function beginWait(vcpu: Vcpu, cause: 'wfi' | 'suspend'): WaitAnswer {
  const cpu = vcpu.requireCpu();
  vcpu.slots.inWfi.flag = true;
  vcpu.emit({ kind: 'vcpu.wfi', phase: 'enter', cause });
  vcpu.gic?.put(cpu);
  const answer = checkRunnable(vcpu, cpu);
  if (!answer.runnable) {
    vcpu.slots.blocking.flag = true;
    vcpu.emit({ kind: 'vcpu.wfi', phase: 'block', cause });
  }
  return answer;
}

/** Would the wait end now? Asked on `cpu`. */
export function checkRunnable(vcpu: Vcpu, cpu: HostCpu): WaitAnswer {
  const { slots } = vcpu;
  const { mask, pending, because }: PendingAnswer = vcpu.gic?.hasPending(cpu) ?? { mask: 0, pending: false };
  const hasLine = slots.cpuLines.lo !== 0;
  const runnable = (pending || hasLine) && !slots.poweredOff.flag;
  const wakeReason = because ?? (hasLine ? 'CPU line' : undefined);
  return { mask, pending, runnable, ...(runnable && wakeReason !== undefined ? { wakeReason } : {}) };
}

/** The wait is over: marks cleared, then load, which does nothing if scheduling has already loaded. */
export function endWait(vcpu: Vcpu, wakeReason?: string): void {
  vcpu.slots.inWfi.flag = false;
  vcpu.slots.blocking.flag = false;
  vcpu.emit({ kind: 'vcpu.wfi', phase: 'exit', cause: 'wfi', ...(wakeReason === undefined ? {} : { wakeReason }) });
  vcpu.gic?.load(vcpu.requireCpu());
}

/** vCPU reset as the host does it: put if loaded, reset the timers, load again. The controller keeps its state (§24.2). */
export function reset(vcpu: Vcpu): void {
  const cpu = vcpu.cpu;
  if (cpu !== undefined) put(vcpu);
  vcpu.timers.reset();
  if (cpu !== undefined) load(vcpu, cpu);
}
