/**
 * A running VM: cores under KVM's run loop on physical CPUs, in virtual time.
 *
 * Time moves in rounds. In a round every physical CPU executes up to a slice of its vCPU's instructions, in a fixed
 * order or one drawn from the seed; then the counter advances by the slice (one tick an instruction), timers move and
 * sleepers wake. A slice ends early at the next deadline, so a timer is never late by more than the instruction that
 * runs. When everything sleeps, time jumps to the next deadline. So the same configuration and the same host actions
 * at the same counter values give the same run, bit for bit.
 *
 * Kept in slots: everything. `save` brings registers that live in the cores to their slots; it is called before an
 * event is reported, so that the journal's state is complete at every event and undo takes the whole machine back.
 */
import { Host } from '../kvm/host.ts';
import { type Place } from '../kvm/events.ts';
import { CTRL, GROUP, PMU_ATTRIBUTE, UserWords, VCPU_GROUP } from '../kvm/uapi.ts';
import { FEATURE } from '../kvm/vcpu-slots.ts';
import { type Vm } from '../kvm/vm.ts';
import { type Cell, CellClaim } from '../state/cell.ts';
import { Journal } from '../state/journal.ts';
import { Layout } from '../state/layout.ts';
import { Core, LINE, Ram } from './a64/index.ts';
import { type MachineConfig } from './config.ts';
import { type AnyEvent, type HaltReason, type MachineObserver } from './events.ts';
import { GuestSystem } from './guest-system.ts';
import { draw } from './random.ts';
import { RunLoop } from './run-loop.ts';
import { Thread } from './thread.ts';

/** Why `run` returned: the machine can do no more, or it was asked to give way. */
export type RunResult = { readonly halted: HaltReason } | { readonly halted: undefined };

export class Machine {
  readonly config: MachineConfig;
  readonly journal: Journal;
  readonly host: Host;
  readonly vm: Vm;
  readonly ram: Ram;
  readonly threads: readonly Thread[];
  /** Called after an event's changes are in the journal; the event owns them. */
  observer: MachineObserver | undefined;
  /** Called before an event is reported, to bring further derived slots up to date. */
  beforeEvent: (() => void) | undefined;
  /** Called when a core is about to execute an instruction at a breakpoint. */
  onBreakpoint: ((thread: Thread, address: bigint) => void) | undefined;
  readonly #loop: RunLoop;
  readonly #random: Cell;
  readonly #order: number[];
  #stopAsked = false;

  /** Builds the machine; `setUp` then creates the VM as user space does. */
  constructor(config: MachineConfig) {
    this.config = config;
    this.journal = new Journal(new Layout());
    const { facts, profile, vcpus } = config;
    this.host = new Host(this.journal, facts, { profile, reserveVcpus: vcpus.length });
    this.#random = new CellClaim(this.journal, 'machine.').cell('random', 32, {
      initial: BigInt(config.seed >>> 0 || 1),
    });
    this.ram = new Ram(config.ram.base, config.ram.size);
    for (const { address, bytes } of config.images) this.ram.loadImage(address, bytes);
    this.#order = Array.from({ length: facts.cpus }, (_, cpu) => cpu);
    this.host.observe((event, place) => this.#report(event, place));
    this.vm = this.host.createVm();
    const threads: Thread[] = [];
    for (const [index, vcpu] of config.vcpus.entries()) {
      this.vm.createVcpu(index);
      const created = this.vm.vcpu(index);
      if (created === undefined) throw new RangeError(`vCPU ${index} could not be created`);
      const system = new GuestSystem(
        created,
        (event) => this.#report(event, created.place),
        () => this.refreshLine(index),
      );
      const core = new Core({ ram: this.ram, system });
      system.attach(core);
      core.reset(vcpu.entry);
      core.setX(0, BigInt(index));
      const thread = new Thread(created, core, this.journal);
      thread.affinity.set(vcpu.pcpu);
      threads.push(thread);
    }
    this.threads = threads;
    this.#loop = new RunLoop(this);
  }

  /** Counter value, in ticks of 1 ns. */
  get now(): bigint {
    return this.host.counter.value;
  }

  /**
   * What a VMM does before it runs vCPUs: vCPU init, device, PMU, CTRL_INIT. Returns the first result that is not 0.
   * Scenarios that test the ioctls themselves leave this out and make the calls one by one.
   */
  setUp(): number {
    const { vm, config } = this;
    const results: (() => number)[] = [];
    for (const [index, { features }] of config.vcpus.entries()) results.push(() => this.#vcpu(index).init(features));
    if (config.device !== 0) results.push(() => vm.createDevice(config.device));
    if (config.device !== 0) results.push(() => vm.deviceAttr('set', GROUP.CTRL, BigInt(CTRL.INIT), new UserWords()));
    for (const [index, { features }] of config.vcpus.entries())
      if (features & FEATURE.PMU)
        results.push(() =>
          this.#vcpu(index).attribute('set', VCPU_GROUP.PMU_V3_CTRL, BigInt(PMU_ATTRIBUTE.INIT), new UserWords()),
        );
    for (const call of results) {
      const result = call();
      if (result !== 0) return result;
    }
    return 0;
  }

  /** Lets the vCPUs' threads begin KVM_RUN. */
  start(): void {
    for (const [index, { startsOn }] of this.config.vcpus.entries()) {
      const thread = this.thread(index);
      thread.status = startsOn ? 'ready' : 'off';
      if (!startsOn) thread.vcpu.setPoweredOff(true);
    }
  }

  /** @throws RangeError when there is no such vCPU. */
  thread(index: number): Thread {
    const thread = this.threads[index];
    if (thread === undefined) throw new RangeError(`no vCPU ${index}; the VM has ${this.threads.length}`);
    return thread;
  }

  /** Ends `run` after the present instruction. */
  stop(): void {
    this.#stopAsked = true;
    for (const { core } of this.threads) core.kick();
  }

  get stopAsked(): boolean {
    return this.#stopAsked;
  }

  /**
   * Runs until the counter reaches `until`, everything has ended, or `stop` is called.
   * With nothing to do before `until`, time jumps there.
   */
  run(until: bigint): RunResult {
    this.#stopAsked = false;
    while (this.now < until) {
      if (this.threads.every(({ status }) => status === 'off' || status === 'ended')) return { halted: 'poweredOff' };
      if (!this.#round(until)) return { halted: 'idle' };
      if (this.#stopAsked) return { halted: 'stopped' };
    }
    return { halted: undefined };
  }

  /** One round; false when everything sleeps and nothing is due before `until`: time is then at `until`. */
  #round(until: bigint): boolean {
    const budget = this.#budget(until);
    let busy = false;
    for (const cpu of this.#cpuOrder()) {
      if (this.#loop.turn(cpu, budget)) busy = true;
      if (this.#stopAsked) return true;
    }
    if (busy) {
      this.host.advance(BigInt(budget));
      this.#loop.afterTime();
      return true;
    }
    const due = this.host.nextDeadline();
    const end = due === undefined || due > until ? until : due <= this.now ? this.now + 1n : due;
    this.host.advance(end - this.now);
    this.#loop.afterTime();
    return due !== undefined && due <= until;
  }

  /** Instructions of this round: a slice, or less if something is due before its end. */
  #budget(until: bigint): number {
    const due = this.host.nextDeadline();
    const limit = due !== undefined && due > this.now && due < until ? due : until;
    return Math.max(1, Math.min(this.config.slice, Number(limit - this.now)));
  }

  #cpuOrder(): readonly number[] {
    const order = this.#order;
    if (this.config.seed === 0) return order;
    for (let i = order.length - 1; i > 0; i--) {
      const j = draw(this.#random, i + 1);
      [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
    }
    return order;
  }

  /** Brings a core's interrupt input up to what its physical CPU's interface signals. */
  refreshLine(index: number): void {
    const thread = this.threads[index];
    if (thread === undefined) return;
    const { vcpu, core } = thread;
    const cpu = vcpu.cpu;
    const raised = vcpu.inGuest && cpu !== undefined && cpu.vcpu === vcpu && cpu.interface.signal.flag;
    if (raised !== ((core.lines & LINE.IRQ) !== 0)) core.setLine(LINE.IRQ, raised);
  }

  /** Everything that lives outside the journal, into the journal. */
  save(): void {
    for (const thread of this.threads) thread.save(this.journal);
    this.ram.flush(this.journal);
  }

  /** Makes cores and RAM what the journal's state says, after an undo. */
  restore(): void {
    for (const thread of this.threads) thread.restore(this.journal.state);
    this.ram.loadFrom(this.journal.state, this.journal.layout);
    for (const { index } of this.threads) this.refreshLine(index);
  }

  #vcpu(index: number) {
    return this.thread(index).vcpu;
  }

  /** Reports an event of the machine itself. */
  emit(event: AnyEvent, place: Place): void {
    this.#report(event, place);
  }

  #report(event: AnyEvent, place: Place): void {
    // Threads are made after the VM, and building it already reports events.
    if (this.threads !== undefined) this.#loop?.notice(event, place);
    if (this.observer === undefined) return;
    if (this.threads !== undefined) this.save();
    this.beforeEvent?.();
    this.observer(event, place);
  }
}
