/**
 * How a machine's time moves: in rounds. In a round every physical CPU executes up to a slice of its vCPU's
 * instructions, in a fixed order or one drawn from the seed; then the counter advances by the slice (one tick an
 * instruction), timers move and sleepers wake. A slice ends early at the next deadline, so a timer is never late by more
 * than the instruction that runs. When everything sleeps, time jumps to the next deadline. So the same configuration and
 * the same host actions at the same counter values give the same run, bit for bit.
 */
import { type HaltReason } from './events.ts';
import { type Gate } from './guest-system.ts';
import { type Machine } from './machine.ts';
import { type LeftRound, QuietRounds } from './quiet-rounds.ts';
import { shuffled } from './random.ts';
import { type RunLoop } from './run-loop.ts';

/** A millisecond's work, or a few. */
const ROUNDS_APART = 1024;
/** Of quiet rounds, as many as take the time of one that is not. */
const INSTRUCTIONS_PER_ROUND = 32;

export class Rounds {
  readonly #machine: Machine;
  readonly #loop: RunLoop;
  readonly #quiet: QuietRounds;
  readonly #order: readonly number[];
  #left = ROUNDS_APART;

  constructor(machine: Machine, loop: RunLoop) {
    this.#machine = machine;
    this.#loop = loop;
    this.#quiet = new QuietRounds(machine);
    this.#order = machine.host.cpus.map(({ index }) => index);
  }

  /** Shut while cores run on their own. */
  get gate(): Gate {
    return this.#quiet.gate;
  }

  /** Until the counter reaches `until`, everything has ended, or the machine is asked to stop. */
  run(until: bigint): HaltReason | undefined {
    const machine = this.#machine;
    while (machine.now < until) {
      if (machine.queues.allStopped) return 'poweredOff';
      if (!this.#round(until)) return 'idle';
      if (--this.#left === 0) {
        this.#left = ROUNDS_APART;
        machine.betweenRounds?.();
      }
      if (machine.stopAsked) return 'stopped';
    }
    return undefined;
  }

  /** Quiet rounds, then one as it comes; false when everything sleeps and nothing is due. */
  #round(until: bigint): boolean {
    const machine = this.#machine;
    const { host, config } = machine;
    const left = machine.onInstruction === undefined ? this.#quietly(until) : undefined;
    if (machine.now >= until) return true;
    const budget = this.#budget(until);
    const order = left?.order ?? (config.seed === 0 ? this.#order : shuffled(machine.random, this.#order.length));
    let busy = false;
    for (let position = left?.position ?? 0; position < order.length; position++) {
      const done = position === left?.position ? left.done : 0;
      if (this.#loop.turn(order[position] ?? 0, budget, done)) busy = true;
      if (machine.stopAsked) return true;
    }
    if (busy) {
      host.advance(BigInt(budget));
      return true;
    }
    const { now } = machine;
    const due = host.nextDeadline();
    if (due === undefined) return false;
    const end = due > until ? until : due <= now ? now + 1n : due;
    host.advance(end - now);
    return true;
  }

  /** Rounds in which nothing but plain instructions happens; the answer is one that has begun with them. */
  #quietly(until: bigint): LeftRound | undefined {
    const quiet = this.#quiet;
    const { host, now } = this.#machine;
    const passed = quiet.run(Number(this.#limit(until) - now));
    if (passed > 0) host.advance(BigInt(passed));
    this.#left = Math.max(1, this.#left - Math.floor(quiet.executed / INSTRUCTIONS_PER_ROUND));
    return quiet.left;
  }

  /** Until when nothing that is due can happen. */
  #limit(until: bigint): bigint {
    const { host, now } = this.#machine;
    const due = host.nextDeadline();
    if (due === undefined) return until;
    return due > now && due < until ? due : until;
  }

  /** Instructions of this round: a slice, or less if something is due before its end. */
  #budget(until: bigint): number {
    const { config, now } = this.#machine;
    return Math.max(1, Math.min(config.slice, Number(this.#limit(until) - now)));
  }
}
