/**
 * The vCPU threads on their physical CPUs: what one of them does in its turn, and what makes it stop, sleep or wake.
 * The steps themselves are KVM's (core/kvm/run-loop.ts); here is only when each happens.
 */
import { EIO } from '../kvm/errno.ts';
import { type HostCpu } from '../kvm/host-cpu.ts';
import { type Place } from '../kvm/place.ts';
import { LockDeadlock } from '../kvm/v5/irs/locks.ts';
import { type Stop } from './a64/index.ts';
import { type AnyEvent } from './events.ts';
import { hypercall } from './hypercall.ts';
import { type Machine } from './machine.ts';
import { type Thread } from './thread.ts';

/** Entries that may be abandoned in a row before the turn ends: each one clears the request that caused it. */
const ENTRY_ATTEMPTS = 4;

export class RunLoop {
  /** The thread whose turn it is. */
  running: Thread | undefined;
  readonly #machine: Machine;
  readonly #timeslice: number;

  constructor(machine: Machine) {
    this.#machine = machine;
    this.#timeslice = Number(machine.config.timeslice);
  }

  /** One physical CPU's turn, of whose instructions `done` are executed already; false when it has nothing to execute. */
  turn(cpu: number, budget: number, done: number): boolean {
    const thread = this.#current(cpu) ?? this.#pick(cpu);
    this.running = thread;
    if (thread === undefined) return false;
    // Events bring up to date what has been touched.
    this.#machine.touch(thread);
    const executed = this.#executeOrHang(thread, budget, done);
    const gaveWay = this.#giveWay(thread, cpu);
    this.running = undefined;
    return executed || gaveWay;
  }

  /** A kick or a wake-up timer makes a sleeper look again, and a runner leave the guest. */
  kicked({ vcpu }: Place): void {
    const thread = vcpu === undefined ? undefined : this.#machine.threads[vcpu];
    if (thread?.status === 'blocked') thread.status = 'ready';
    else if (thread?.vcpu.inGuest === true) thread.core.kick();
  }

  /** An interrupt delays the instruction whose breakpoint was reported. */
  excepted({ exception, from }: Extract<AnyEvent, { kind: 'guest.exception' }>, { vcpu }: Place): void {
    const thread = vcpu === undefined ? undefined : this.#machine.threads[vcpu];
    if (exception === 'irq' && thread?.reported === from) thread.interruptedAt = from;
  }

  /** Exits the guest if need be and takes the thread off its CPU. */
  scheduleOut(thread: Thread): void {
    const { vcpu } = thread;
    if (vcpu.inGuest) vcpu.exit('irq');
    thread.since = this.#machine.ticks;
    thread.status = 'ready';
    if (vcpu.cpu !== undefined) vcpu.put();
  }

  /** The thread that is loaded there. */
  #current(cpu: number): Thread | undefined {
    const vcpu = this.#machine.host.cpu(cpu).vcpu;
    return vcpu === undefined ? undefined : this.#machine.threads[vcpu.index];
  }

  /** The ready thread that has waited longest on this CPU, begun or scheduled in. */
  #pick(cpu: number): Thread | undefined {
    const waiting = this.#machine.queues.waitingFor(cpu);
    if (waiting.length === 0) return undefined;
    // Whoever becomes ready meanwhile waits for the next turn.
    for (const thread of waiting.slice()) if (this.#scheduleIn(thread, cpu)) return thread;
    return undefined;
  }

  #scheduleIn(thread: Thread, index: number): boolean {
    const { host, ticks, config, queues } = this.#machine;
    const cpu = host.cpu(index);
    this.running = thread;
    this.#machine.touch(thread);
    const tasks = config.hostTasks + Math.max(1, queues.waitingFor(index).length);
    if (cpu.runnableTasks.lo !== tasks) host.setRunnableTasks(index, tasks);
    thread.since = ticks;
    thread.status = 'loaded';
    if (!this.#load(thread, cpu)) {
      thread.status = 'ended';
      return false;
    }
    return !thread.inWait.flag || this.#resumeWait(thread);
  }

  /** KVM_RUN begins, or goes on here; false: it fails. */
  #load({ vcpu }: Thread, cpu: HostCpu): boolean {
    if (!vcpu.slots.locked.flag) return vcpu.beginRun(cpu) === 0;
    vcpu.load(cpu);
    const { dead } = vcpu.vm;
    if (dead.flag) vcpu.endRun(-EIO);
    return !dead.flag;
  }

  /** Woken from a trapped WFI: the check is made again before the wait ends (kvm-vgic-v5 §18.3). */
  #resumeWait(thread: Thread): boolean {
    const { vcpu } = thread;
    const { runnable, wakeReason } = vcpu.checkRunnable();
    if (runnable) {
      thread.inWait.flag = false;
      vcpu.endWait(wakeReason);
      return true;
    }
    thread.status = 'blocked';
    vcpu.put();
    // An expired deadline would wake the thread over and over; one wake per expiry is enough (gicv5-scenarios S69).
    const { background } = vcpu.timers;
    if (background.armed.flag && background.deadline.value <= this.#machine.now) background.cancel();
    return false;
  }

  /** A thread that takes a lock which it holds never comes back: the run ends there, the lock still held. */
  #executeOrHang(thread: Thread, budget: number, done: number): boolean {
    try {
      return this.#execute(thread, budget, done);
    } catch (error) {
      if (!(error instanceof LockDeadlock)) throw error;
      thread.status = 'ended';
      this.#machine.stop();
      return true;
    }
  }

  /** Executes up to `budget` instructions; false when the core only waits. */
  #execute(thread: Thread, budget: number, done: number): boolean {
    const machine = this.#machine;
    const { vcpu, core } = thread;
    let left = budget - done;
    let attempts = ENTRY_ATTEMPTS;
    while (left > 0 && (thread.status === 'loaded' || thread.status === 'waiting')) {
      if (!vcpu.inGuest) {
        if (vcpu.enter() === 'aborted') {
          if (--attempts === 0) return true;
          continue;
        }
      } else if (vcpu.hasRequest) {
        vcpu.leaveOnRequest();
        if (thread.status === 'waiting') thread.status = 'loaded';
        continue;
      }
      if (thread.status === 'waiting') {
        if (vcpu.inputs === 0) return left < budget;
        thread.status = 'loaded';
      }
      if (core.breakpoints.size !== 0 && this.#reports(thread)) continue;
      machine.onInstruction?.(thread);
      machine.refreshLine(thread.index);
      const stop = core.run(machine.onInstruction === undefined ? left : 1);
      if (core.executed !== 0) thread.reported = undefined;
      left -= stop.kind === 'limit' || stop.kind === 'wait' ? Math.max(1, core.executed) : core.executed;
      this.#handle(thread, stop);
      if (machine.stopAsked) return true;
    }
    return true;
  }

  /**
   * Is the next instruction at a breakpoint that was not reported yet? A run that begins there executes it, so this
   * looks first, also where a slice ended there. One that an interrupt delayed is reported once.
   */
  #reports(thread: Thread): boolean {
    const { core } = thread;
    const address = core.pcValue;
    if (thread.reported === address || !core.breakpoints.has(address)) return false;
    thread.reported = address;
    if (thread.interruptedAt === address) {
      thread.interruptedAt = undefined;
      return false;
    }
    this.#machine.onBreakpoint?.(thread, address);
    return true;
  }

  #handle(thread: Thread, stop: Stop): void {
    const { vcpu } = thread;
    switch (stop.kind) {
      case 'limit':
      case 'kick':
      case 'breakpoint':
        // Requests and breakpoints are seen to before the next instruction.
        return;
      case 'wait':
        this.#wait(thread);
        return;
      case 'trap':
        if (vcpu.inGuest) vcpu.exit(stop.exception.kind);
        hypercall(this.#machine, thread);
        return;
    }
  }

  #wait(thread: Thread): void {
    const { vcpu } = thread;
    if (!vcpu.inGuest) return;
    const answer = vcpu.waitForInterrupt();
    if (!answer.trapped) {
      if (!answer.ends) thread.status = 'waiting';
      return;
    }
    if (answer.runnable) {
      vcpu.endWait(answer.wakeReason);
      return;
    }
    thread.inWait.flag = true;
    thread.status = 'blocked';
    vcpu.put();
  }

  /** When several threads want this CPU, one that had its timeslice is scheduled out. True: something will run next. */
  #giveWay(thread: Thread, cpu: number): boolean {
    const { ticks, queues } = this.#machine;
    const isWanted = queues.waitingFor(cpu).length > 0;
    if (!isWanted || (thread.status !== 'loaded' && thread.status !== 'waiting')) return isWanted;
    if (ticks - thread.since >= this.#timeslice) {
      // One that waited in hardware goes on behind its WFI, which may end at any time.
      this.scheduleOut(thread);
    }
    return true;
  }
}
