/**
 * Rounds in which cores execute plain instructions and nothing else can happen: no timer is due, nobody is to be
 * scheduled, woken, kicked or interrupted. Then the rounds need nothing of the machine around them: the cores run, in
 * the order that the rounds have, and time moves once, by all of them.
 *
 * What leaves a core (a register of the interface, a frame, an exception, WFI) ends this before it has any effect: the
 * gate is shut, the core stands before the instruction, and the round that it belongs to is gone on with as any other,
 * at its own time, behind the instructions that were executed in it. So a run is the same with quiet rounds and
 * without; only what it costs differs.
 *
 * Cost: one look at every physical CPU, then that of the instructions. Where guests do not stay quiet for long, fewer
 * looks are taken.
 */
import { type HostCpu } from '../kvm/host-cpu.ts';
import { type Gate } from './guest-system.ts';
import { type Machine } from './machine.ts';
import { shuffled } from './random.ts';
import { Stepper } from './stepper.ts';
import { type Thread } from './thread.ts';

/** Instructions of all cores together, before the world outside is looked at. */
const MOST = 32_768;
/** Instructions for which a look at one physical CPU pays. */
const WORTHWHILE = 8;
/** Rounds without a look, at most, where looks did not pay. */
const LONGEST_REST = 32;

/** A round in which somebody left the quiet. */
export interface LeftRound {
  readonly order: readonly number[];
  /** How many of `order` have had their turns. */
  readonly position: number;
  /** Instructions that the next one has executed of its turn. */
  readonly done: number;
}

export class QuietRounds {
  readonly gate: Gate = { isShut: false };
  /** Instructions that the last `run` has executed. */
  executed = 0;
  /** The round in which the last `run` ended, where one has begun and not ended. */
  left: LeftRound | undefined;
  readonly #machine: Machine;
  readonly #order: readonly number[];
  readonly #slice: number;
  readonly #timeslice: number;
  readonly #isSeeded: boolean;
  /** The thread that executes on each physical CPU. */
  readonly #turns: (Thread | undefined)[];
  /** One per vCPU, made when it first takes part. */
  readonly #steppers: (Stepper | undefined)[] = [];
  #count = 0;
  #rest = 0;
  #nextRest = 1;

  constructor(machine: Machine) {
    const { slice, timeslice, seed } = machine.config;
    this.#machine = machine;
    this.#order = machine.host.cpus.map(({ index }) => index);
    this.#turns = this.#order.map(() => undefined);
    this.#slice = slice;
    this.#timeslice = Number(timeslice);
    this.#isSeeded = seed !== 0 && this.#order.length > 1;
  }

  /** Executes quiet rounds for at most `ticks` of time; the answer is how many ticks they took. */
  run(ticks: number): number {
    this.executed = 0;
    this.left = undefined;
    if (this.#rest > 0) {
      this.#rest--;
      return 0;
    }
    const rounds = Math.min(Math.floor(ticks / this.#slice), this.#quietRounds());
    if (rounds === 0 || this.#count === 0) {
      this.#pause(false);
      return 0;
    }
    this.gate.isShut = true;
    const most = Math.min(rounds, Math.max(1, Math.floor(MOST / (this.#slice * this.#count))));
    const passed = this.#runAll(most);
    this.gate.isShut = false;
    // Where all of them passed, nobody has left the quiet yet.
    if (passed < most) this.#pause(this.executed >= this.#order.length * WORTHWHILE);
    return passed * this.#slice;
  }

  /** Takes a rest after a run that did not pay, each longer than the one before. */
  #pause(paid: boolean): void {
    this.#nextRest = paid ? 1 : Math.min(this.#nextRest * 2, LONGEST_REST);
    // The instruction that ended the quiet needs a round of its own in any case.
    this.#rest = this.#nextRest;
  }

  // --- who takes part ---------------------------------------------------------------------------------------------

  /** For how many rounds nobody's place can change; 0 when something is to be done now. Sets `#turns`. */
  #quietRounds(): number {
    let rounds = Infinity;
    this.#count = 0;
    for (const cpu of this.#machine.host.cpus) {
      rounds = Math.min(rounds, this.#quietRoundsOf(cpu));
      if (rounds === 0) return 0;
    }
    return rounds;
  }

  #quietRoundsOf(cpu: HostCpu): number {
    const { queues, threads, ticks } = this.#machine;
    const { vcpu, index } = cpu;
    const isWanted = queues.waitingFor(index).length > 0;
    this.#turns[index] = undefined;
    if (vcpu === undefined) return isWanted ? 0 : Infinity;
    const thread = threads[vcpu.index];
    if (thread === undefined || !vcpu.inGuest || vcpu.hasRequest || !this.#isQuiet(thread)) return 0;
    if (!isWanted) return Infinity;
    return Math.max(0, Math.ceil((this.#timeslice - (ticks - thread.since)) / this.#slice));
  }

  /** Does a thread that is in its guest execute on, or wait on? */
  #isQuiet(thread: Thread): boolean {
    const { status, vcpu } = thread;
    if (status === 'waiting') return vcpu.inputs === 0;
    if (status !== 'loaded' || isAtBreakpoint(thread)) return false;
    this.#machine.refreshLine(thread.index);
    this.#turns[vcpu.requireCpu().index] = thread;
    this.#count++;
    return true;
  }

  // --- running ----------------------------------------------------------------------------------------------------

  /** At most `rounds` rounds; the answer is how many ended. */
  #runAll(rounds: number): number {
    for (const thread of this.#turns) if (thread !== undefined) this.#machine.touch(thread);
    if (this.#count === 1 && !this.#isSeeded) return this.#runAlone(rounds);
    if (!this.#isSeeded) return this.#runTogether(rounds, () => this.#order);
    const { random } = this.#machine;
    const state = { lo: random.lo, moveOn: (lo: number): void => void (state.lo = lo) };
    const passed = this.#runTogether(rounds, () => shuffled(state, this.#order.length));
    random.moveOn(state.lo);
    return passed;
  }

  /** The only one that executes needs no rounds: they are counted afterwards. */
  #runAlone(rounds: number): number {
    const position = this.#turns.findIndex((thread) => thread !== undefined);
    const thread = this.#turns[position];
    if (thread === undefined) return 0;
    this.executed = this.#execute(thread, rounds * this.#slice);
    const passed = Math.floor(this.executed / this.#slice);
    const done = this.executed % this.#slice;
    if (done > 0) this.left = { order: this.#order, position, done };
    return passed;
  }

  #runTogether(rounds: number, orderOf: () => readonly number[]): number {
    const slice = this.#slice;
    for (let round = 0; round < rounds; round++) {
      const order = orderOf();
      for (let position = 0; position < order.length; position++) {
        const thread = this.#turns[order[position] ?? 0];
        if (thread === undefined) continue;
        const done = round > 0 && isAtBreakpoint(thread) ? 0 : this.#execute(thread, slice);
        this.executed += done;
        if (done === slice) continue;
        this.left = { order, position, done };
        return round;
      }
    }
    return rounds;
  }

  /** Executes up to `count` plain instructions; the answer is how many. */
  #execute(thread: Thread, count: number): number {
    const stepper = (this.#steppers[thread.index] ??= new Stepper(thread.core));
    const done = count === 1 ? (stepper.step() ? 1 : 0) : stepper.run(count);
    if (done > 0 && thread.reported !== undefined) thread.reported = undefined;
    return done;
  }
}

/** Is the next instruction at a breakpoint that was not reported yet? */
function isAtBreakpoint({ core, reported }: Thread): boolean {
  if (core.breakpoints.size === 0 || !core.breakpoints.mayBeAt(core.pc)) return false;
  const address = core.pcValue;
  return reported !== address && core.breakpoints.has(address);
}
