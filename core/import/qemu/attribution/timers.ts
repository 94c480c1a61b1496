/**
 * What timer events prove: which lines a write of a timer prints next, and whose timer the main loop fires
 * (timer-book.ts).
 */
import { NOBODY } from '../trace-line.ts';
import { type Action, type ActionKind, type Group, ROLE } from './action.ts';
import { type DocketListener } from './docket.ts';
import { type Machine } from './machine.ts';
import { TimerBook } from './timer-book.ts';

const NEVER = 0xffff_ffff;

export class Timers implements DocketListener {
  readonly #machine: Machine;
  readonly #book = new TimerBook();
  /** Writes of timers that the log has shown. */
  #showsControl = false;
  #showsCompare = false;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** An action of this kind begins. */
  saw(kind: ActionKind): void {
    if (kind === 'timer-control') this.#showsControl = true;
    if (kind === 'timer-compare' || kind === 'timer-value') this.#showsCompare = true;
  }

  /** A control register was written (the line that starts the action): what follows depends on what changes. */
  control(action: Action, value: number): void {
    const { actor, timer } = action;
    if (actor < 0) {
      this.#book.forget(this.#machine.among(action.candidates), timer);
      action.expects = ROLE.maskToggle | ROLE.timerOff;
      return;
    }
    const { enable, mask } = this.#book.setting(actor, timer);
    this.#book.control(actor, timer, value);
    const isEnabled = (value & 1) === 1;
    if (enable < 0) {
      // A deadline that follows may be the main loop's for another vCPU.
      const mayRecompute = this.#machine.only >= 0 ? ROLE.deadline : 0;
      action.expects = ROLE.maskToggle | ROLE.timerOff | mayRecompute;
    } else if (enable !== (value & 1)) action.expects = isEnabled ? ROLE.deadline : ROLE.timerOff;
    else action.expects = mask === ((value >> 1) & 1) ? 0 : ROLE.maskToggle | ROLE.ppiLine | ROLE.timerLine;
  }

  deadline(action: Action, timer: number, lo: number, hi: number): void {
    if (action.actor >= 0) this.#book.deadline(action.actor, timer, lo, hi);
    else this.#book.forgetDeadline(this.#machine.among(action.candidates), timer);
  }

  disabled(action: Action, timer: number): void {
    if (action.actor >= 0) this.#book.disabled(action.actor, timer);
    else this.#book.forget(this.#machine.among(action.candidates), timer);
  }

  /**
   * Whose timer fires. Deadlines decide only in a log that records the writes of timers, else a deadline may be a
   * write's effect; and a timer that has fired has no next deadline.
   */
  whoFires({ timer, keyLo, keyHi }: Action): number {
    const count = this.#machine.vcpus;
    const isOver = keyLo === NEVER && keyHi === NEVER;
    if (count === undefined || !isOver || !this.#showsControl || !this.#showsCompare) return NOBODY;
    return this.#book.whoFires(count, timer);
  }

  wasReset(vcpu: number): void {
    this.#book.reset(vcpu);
  }

  /** Lines are missing: any timer may be set anew. */
  forgetAll(): void {
    this.#book.forgetAll();
  }

  settled({ vcpus, members }: Group): void {
    const last = members.at(-1);
    if (last?.kind !== 'timer-control') return;
    for (const vcpu of vcpus) this.#book.control(vcpu, last.timer, last.keyLo);
  }
}
