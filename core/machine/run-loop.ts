/**
 * The vCPU threads on their physical CPUs: what one of them does in its turn, and what makes it stop, sleep or wake.
 * The steps themselves are KVM's (core/kvm/run-loop.ts); here is only when each happens.
 */
import { type Place } from '../kvm/events.ts';
import { type Stop } from './a64/index.ts';
import { type AnyEvent } from './events.ts';
import { type Machine } from './machine.ts';
import { PSCI, PSCI_VERSION, psciFunction, type PsciAction } from './psci.ts';
import { type Thread } from './thread.ts';

/** Entries that may be abandoned in a row before the turn ends: each one clears the request that caused it. */
const ENTRY_ATTEMPTS = 4;

export class RunLoop {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** One physical CPU's turn; false when it has nothing to execute. */
  turn(cpu: number, budget: number): boolean {
    const thread = this.#current(cpu) ?? this.#pick(cpu);
    if (thread === undefined) return false;
    const executed = this.#execute(thread, budget);
    this.#giveWay(thread, cpu);
    return executed;
  }

  /** Time has moved: lines follow, sleepers whose wait has an end wake. */
  afterTime(): void {
    for (const { index } of this.#machine.threads) this.#machine.refreshLine(index);
  }

  /** Events that concern threads: a kick or a wake-up timer makes a sleeper look again. */
  notice(event: AnyEvent, place: Place): void {
    if (place.vcpu === undefined) return;
    const thread = this.#machine.threads[place.vcpu];
    if (thread === undefined) return;
    if (event.kind === 'vcpu.wake' || event.kind === 'vcpu.kick') {
      if (thread.status === 'blocked') {
        thread.wake.flag = true;
        thread.status = 'ready';
      } else if (thread.vcpu.inGuest) thread.core.kick();
    }
  }

  /** The thread that is loaded there. */
  #current(cpu: number): Thread | undefined {
    const vcpu = this.#machine.host.cpu(cpu).vcpu;
    return vcpu === undefined ? undefined : this.#machine.threads[vcpu.index];
  }

  /** The ready thread that has waited longest on this CPU, begun or scheduled in. */
  #pick(cpu: number): Thread | undefined {
    const waiting = this.#waiting(cpu).sort((a, b) => Number(a.since.value - b.since.value) || a.index - b.index);
    for (const thread of waiting) if (this.#scheduleIn(thread, cpu)) return thread;
    return undefined;
  }

  #waiting(cpu: number): Thread[] {
    return this.#machine.threads.filter(({ status, affinity }) => status === 'ready' && affinity.lo === cpu);
  }

  #scheduleIn(thread: Thread, index: number): boolean {
    const { host, now } = this.#machine;
    const { vcpu } = thread;
    const cpu = host.cpu(index);
    host.setRunnableTasks(index, Math.max(1, this.#waiting(index).length));
    thread.since.value = now;
    if (!vcpu.slots.locked.flag) {
      const result = vcpu.beginRun(cpu);
      if (result !== 0) {
        thread.status = 'ended';
        return false;
      }
    } else vcpu.load(cpu);
    thread.status = 'loaded';
    if (!thread.inWait.flag) return true;
    // Woken from a trapped WFI: the check is made again before the wait ends (kvm-vgic-v5 §18.3).
    thread.wake.flag = false;
    if (vcpu.checkRunnable().runnable) {
      thread.inWait.flag = false;
      vcpu.endWait();
      return true;
    }
    vcpu.put();
    thread.status = 'blocked';
    return false;
  }

  /** Executes up to `budget` instructions; false when the core only waits. */
  #execute(thread: Thread, budget: number): boolean {
    const { vcpu, core } = thread;
    let left = budget;
    let attempts = ENTRY_ATTEMPTS;
    while (left > 0 && thread.status !== 'blocked' && thread.status !== 'off' && thread.status !== 'ended') {
      if (!vcpu.inGuest) {
        if (vcpu.enter() === 'aborted') {
          if (--attempts === 0) return true;
          continue;
        }
      }
      this.#machine.refreshLine(thread.index);
      if (thread.status === 'waiting') {
        if (!this.#endsHardwareWait(thread)) return left < budget;
        thread.status = 'loaded';
      }
      const stop = core.run(left);
      left -= Math.max(1, core.executed);
      this.#handle(thread, stop);
      if (this.#machine.stopAsked) return true;
    }
    return true;
  }

  /** An untrapped WFI ends when the interface signals, even while PSTATE masks interrupts. */
  #endsHardwareWait({ vcpu }: Thread): boolean {
    return vcpu.cpu?.interface.signal.flag === true || vcpu.hasRequest;
  }

  #handle(thread: Thread, stop: Stop): void {
    const { vcpu } = thread;
    switch (stop.kind) {
      case 'limit':
        return;
      case 'kick':
        if (vcpu.inGuest && vcpu.hasRequest) vcpu.exit('kick');
        return;
      case 'breakpoint':
        this.#machine.onBreakpoint?.(thread, stop.address);
        return;
      case 'wait':
        this.#wait(thread);
        return;
      case 'trap':
        if (vcpu.inGuest) vcpu.exit(stop.exception.kind);
        if (stop.exception.kind === 'hvc' || stop.exception.kind === 'smc') this.#hypercall(thread);
        return;
    }
  }

  #wait(thread: Thread): void {
    const { vcpu } = thread;
    // A trap handler may have run between the instruction and here; then the guest is entered again first.
    if (!vcpu.inGuest) return;
    const answer = vcpu.waitForInterrupt();
    if (!answer.trapped) {
      if (!answer.ends) thread.status = 'waiting';
      return;
    }
    if (answer.runnable) {
      vcpu.endWait();
      return;
    }
    thread.inWait.flag = true;
    vcpu.put();
    thread.status = 'blocked';
  }

  /** When several threads want this CPU, one that had its timeslice is scheduled out. */
  #giveWay(thread: Thread, cpu: number): void {
    const { config, now } = this.#machine;
    if (thread.status !== 'loaded' && thread.status !== 'waiting') return;
    const migrates = thread.affinity.lo !== cpu;
    if (!migrates) {
      if (now - thread.since.value < config.timeslice || this.#waiting(cpu).length === 0) return;
    }
    this.scheduleOut(thread);
  }

  /** Exits the guest if need be and takes the thread off its CPU. */
  scheduleOut(thread: Thread): void {
    const { vcpu } = thread;
    if (vcpu.inGuest) vcpu.exit('irq');
    if (vcpu.cpu !== undefined) vcpu.put();
    thread.since.value = this.#machine.now;
    thread.status = 'ready';
  }

  // --- PSCI -----------------------------------------------------------------------------------------------------

  #hypercall(thread: Thread): void {
    const { core } = thread;
    const id = Number(core.x(0) & 0xffff_ffffn);
    const [x1, x2, x3] = [core.x(1), core.x(2), core.x(3)];
    const known = psciFunction(id);
    const result = known === undefined ? PSCI.NOT_SUPPORTED : this.#psci(thread, known.action, x1, x2, x3);
    this.#machine.emit(
      {
        kind: 'guest.psci',
        function: known?.name ?? `0x${id.toString(16)}`,
        x0: BigInt(id),
        x1,
        result: BigInt.asUintN(64, result),
      },
      thread.vcpu.place,
    );
    core.setX(0, BigInt.asUintN(64, result));
  }

  #psci(thread: Thread, action: PsciAction, x1: bigint, x2: bigint, x3: bigint): bigint {
    switch (action) {
      case 'version':
        return PSCI_VERSION;
      case 'features':
        return psciFunction(Number(x1 & 0xffff_ffffn)) === undefined ? PSCI.NOT_SUPPORTED : PSCI.SUCCESS;
      case 'cpuOff':
        this.#powerOff(thread);
        return PSCI.SUCCESS;
      case 'systemOff':
        for (const each of this.#machine.threads) this.#powerOff(each);
        return PSCI.SUCCESS;
      case 'cpuOn':
        return this.#powerOn(x1, x2, x3);
    }
  }

  #powerOff(thread: Thread): void {
    const { vcpu } = thread;
    if (vcpu.inGuest) vcpu.exit('hvc');
    if (vcpu.cpu !== undefined) vcpu.put();
    vcpu.setPoweredOff(true);
    thread.inWait.flag = false;
    thread.status = 'off';
  }

  #powerOn(target: bigint, entry: bigint, context: bigint): bigint {
    const thread = this.#machine.threads[Number(target & 0xffffn)];
    if (thread === undefined) return PSCI.INVALID_PARAMETERS;
    if (thread.status !== 'off') return PSCI.ALREADY_ON;
    const { vcpu, core } = thread;
    if (vcpu.slots.hasRun.flag) vcpu.reset();
    core.reset(entry);
    core.setX(0, context);
    vcpu.setPoweredOff(false);
    thread.status = 'ready';
    return PSCI.SUCCESS;
  }
}
