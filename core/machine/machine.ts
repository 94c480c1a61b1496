/**
 * A running VM: cores under KVM's run loop on physical CPUs, in virtual time.
 *
 * Time moves in rounds (rounds.ts); the same configuration and the same host actions at the same counter values give the
 * same run, bit for bit.
 *
 * Kept in slots: everything. Registers that live in the cores and stores to RAM reach their slots before an event is
 * reported, so the journal's state is complete at every event, and undoing it, then `restore`, takes the whole machine
 * back. They reach them there and at the end of `run` only, so what a log has of the time between two events does not
 * depend on how many rounds it took.
 */
import { Host } from '../kvm/host.ts';
import { type Place } from '../kvm/place.ts';
import { type Vm } from '../kvm/vm.ts';
import { type Cell, CellClaim } from '../state/cell.ts';
import { Journal } from '../state/journal.ts';
import { Layout } from '../state/layout.ts';
import { Core, LINE, Ram } from './a64/index.ts';
import { type MachineConfig } from './config.ts';
import { type AnyEvent, type GuestAccess, type HaltReason, type MachineObserver } from './events.ts';
import { CoresAhead } from './cores-ahead.ts';
import { GuestBus } from './guest-bus.ts';
import { ramMemory } from './guest-memory.ts';
import { GuestSystem } from './guest-system.ts';
import { Rounds } from './rounds.ts';
import { RunLoop } from './run-loop.ts';
import { RunQueues } from './run-queues.ts';
import { setUp } from './set-up.ts';
import { Thread } from './thread.ts';

/** Why `run` returned; undefined: the time was reached. */
export interface RunResult {
  readonly halted: HaltReason | undefined;
}

/** The bits of a vCPU's inputs are those of its core's lines. */
const INPUTS = [LINE.IRQ, LINE.FIQ] as const;

export class Machine {
  readonly config: MachineConfig;
  readonly journal: Journal;
  readonly host: Host;
  readonly ram: Ram;
  /** Called after an event's changes are in the journal; the event owns them. */
  observer: MachineObserver | undefined;
  /** Called before an event is reported, to bring further derived slots up to date. */
  beforeEvent: ((event: AnyEvent, place: Place) => void) | undefined;
  /** Called when a core is about to execute an instruction at a breakpoint. */
  onBreakpoint: ((thread: Thread, address: bigint) => void) | undefined;
  /**
   * Called before every instruction, or an interrupt's entry in its place. The run is the same with it and without, only
   * slower. Whoever sets it while a core runs calls `interrupt` too.
   */
  onInstruction: ((thread: Thread) => void) | undefined;
  /** Called between rounds, every thousand of them: a moment to look at the world outside. */
  betweenRounds: (() => void) | undefined;
  readonly #loop: RunLoop;
  /** State of the generator that orders the physical CPUs. */
  readonly random: Cell;
  readonly #rounds: Rounds;
  readonly #threads: Thread[] = [];
  readonly queues: RunQueues;
  #vm: Vm | undefined;
  readonly #ahead: CoresAhead;
  #stopAsked = false;

  /** Host and RAM; `create` makes the VM. */
  constructor(config: MachineConfig) {
    this.config = config;
    this.journal = new Journal(new Layout());
    const { facts, profile, vcpus } = config;
    this.host = new Host(this.journal, facts, { profile, reserveVcpus: vcpus.length });
    this.random = new CellClaim(this.journal, 'machine.').cell('random', 32, {
      initial: BigInt(config.seed >>> 0 || 1),
    });
    this.ram = new Ram(config.ram.base, config.ram.size);
    for (const { address, bytes } of config.images) this.ram.loadImage(address, bytes);
    this.queues = new RunQueues(this.#threads, this.journal);
    this.#loop = new RunLoop(this);
    this.#rounds = new Rounds(this, this.#loop);
    this.#ahead = new CoresAhead(this.#threads);
    this.host.observe((event, place) => this.#report(event, place));
  }

  /**
   * KVM_CREATE_VM, and KVM_CREATE_VCPU for each vCPU.
   * @throws RangeError when KVM refuses one, or the VM exists.
   */
  create(): void {
    if (this.#vm !== undefined) throw new RangeError('the VM exists already');
    const vm = this.host.createVm();
    vm.memory = ramMemory(this.ram);
    this.#vm = vm;
    for (const [index, { id, entry, pcpu }] of this.config.vcpus.entries()) {
      const result = vm.createVcpu(id);
      const vcpu = vm.vcpu(index);
      if (result !== 0 || vcpu === undefined) throw new RangeError(`vCPU ${index} with number ${id}: result ${result}`);
      const system = new GuestSystem(
        vcpu,
        this.#rounds.gate,
        (event) => this.#report(event, vcpu.place),
        () => this.refreshLine(index),
      );
      const core = new Core({ ram: this.ram, system, bus: new GuestBus(vcpu, system) });
      system.attach(core);
      core.reset(entry);
      core.setX(0, BigInt(index));
      const thread = new Thread(vcpu, core, system, this.queues, this.journal);
      thread.moveTo(pcpu);
      this.#threads.push(thread);
    }
    this.#ahead.watch(this.ram);
  }

  /** @throws Error before `create`. */
  get vm(): Vm {
    if (this.#vm === undefined) throw new Error('the VM was not created yet');
    return this.#vm;
  }

  /** The same as a number, for hot paths: exact for 104 days. */
  get ticks(): number {
    const { lo, hi } = this.host.counter;
    return hi * 0x1_0000_0000 + lo;
  }

  get threads(): readonly Thread[] {
    return this.#threads;
  }

  /** Counter value, in ticks of 1 ns. */
  get now(): bigint {
    return this.host.counter.value;
  }

  /** What a VMM does before it runs vCPUs (set-up.ts); the first result that is not 0. */
  setUp(): number {
    return setUp(this);
  }

  /** Lets the vCPUs' threads begin KVM_RUN. */
  start(): void {
    for (const [index, { starts }] of this.config.vcpus.entries()) {
      const thread = this.thread(index);
      thread.since = this.ticks;
      if (thread.status !== 'off') continue;
      if (starts === 'off') thread.vcpu.setPoweredOff(true);
      else thread.status = starts === 'on' ? 'ready' : 'paused';
    }
  }

  /** @throws RangeError when there is no such vCPU. */
  thread(index: number): Thread {
    const thread = this.#threads[index];
    if (thread === undefined) throw new RangeError(`no vCPU ${index}; the VM has ${this.#threads.length}`);
    return thread;
  }

  /** Ends `run` after the present instruction. */
  stop(): void {
    this.#stopAsked = true;
    this.interrupt();
  }

  /** Makes cores come back to the run loop after the present instruction; the run goes on. */
  interrupt(): void {
    for (const { core } of this.threads) core.kick();
  }

  get stopAsked(): boolean {
    return this.#stopAsked;
  }

  /**
   * Runs until the counter reaches `until`, everything has ended, or `stop` is called. With nothing to do before a
   * deadline, time jumps; with no deadline either, the answer is `idle` and time stays.
   */
  run(until: bigint): RunResult {
    this.#stopAsked = false;
    this.save();
    const halted = this.#rounds.run(until);
    this.save();
    return { halted };
  }

  /** Lets time pass while nothing runs; what falls due on the way happens. */
  skipTo(time: bigint): void {
    if (time > this.now) this.host.advance(time - this.now);
    this.save();
  }

  /** Brings a core's interrupt inputs up to what its vCPU's are in the guest. */
  refreshLine(index: number): void {
    const thread = this.#threads[index];
    if (thread === undefined) return;
    const { vcpu, core } = thread;
    const inputs = vcpu.inGuest ? vcpu.inputs : 0;
    // After every access of a guest: the lines have mostly stayed.
    for (const line of INPUTS) if (((core.lines ^ inputs) & line) !== 0) core.setLine(line, (inputs & line) !== 0);
  }

  /** Takes a loaded thread off its CPU, out of the guest if need be; it is ready then. */
  scheduleOut(thread: Thread): void {
    this.#loop.scheduleOut(thread);
  }

  /** Has `listener` called before each access of a guest has any effect; undefined ends it. After `create`. */
  watchAccesses(listener: ((thread: Thread, access: GuestAccess) => void) | undefined): void {
    for (const thread of this.#threads)
      thread.system.before = listener === undefined ? undefined : (access) => listener(thread, access);
  }

  /** Everything that lives outside the journal, into the journal. */
  save(): void {
    for (const thread of this.#threads) this.touch(thread);
    this.#catchUp();
  }

  /** A thread's core is about to run, or its registers are changed from outside. */
  touch(thread: Thread): void {
    this.#ahead.touch(thread);
  }

  /** What has changed in cores and RAM, into the journal. */
  #catchUp(named?: Thread): void {
    this.#ahead.catchUp(this.journal, this.#loop.running, named);
    this.ram.flush(this.journal);
  }

  /** Makes cores and RAM what the journal's state says, after an undo. */
  restore(): void {
    for (const thread of this.#threads) thread.restore(this.journal.state);
    this.#ahead.forget();
    this.ram.loadFrom(this.journal.state, this.journal.layout);
    for (const { index } of this.#threads) this.refreshLine(index);
  }

  /** Reports an event of the machine itself. */
  emit(event: AnyEvent, place: Place): void {
    this.#report(event, place);
  }

  /** Makes the journal's state complete for an event. That time moves is none that anybody keeps. */
  #bringUp({ vcpu }: Place): void {
    const { running } = this.#loop;
    if (vcpu === undefined) {
      if (running === undefined) for (const thread of this.#threads) this.touch(thread);
      this.#catchUp();
    } else this.#catchUp(vcpu === running?.index ? undefined : this.#threads[vcpu]);
  }

  #report(event: AnyEvent, place: Place): void {
    const { kind } = event;
    if (kind === 'vcpu.wake' || kind === 'vcpu.kick') this.#loop.kicked(place);
    else if (kind === 'guest.exception') this.#loop.excepted(event, place);
    if (this.observer === undefined) return;
    this.beforeEvent?.(event, place);
    if (kind !== 'host.counter') this.#bringUp(place);
    this.observer(event, place);
  }
}
