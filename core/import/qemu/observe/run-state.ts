/**
 * What a vCPU is doing, as far as lines prove it (`vcpuN.runState`).
 *
 * `off` from power-off; `handler` from taking an interrupt exception, or acknowledging an interrupt where exceptions
 * are not recorded, until no interrupt that this vCPU acknowledged is active any more (interrupts that a driver
 * deactivates late therefore count as handled that long), or for a GICv3 or GICv2 until its EOI; `idle` from WFI until the next line that proves the vCPU
 * runs; else `guest`. Where an acknowledge or deactivation could have been this vCPU's and nothing proves it, handler
 * and guest cannot be told apart, and the state is unknown until an exception or WFI; so it is after an exception in logs
 * that show no acknowledges.
 */
import { type Intid } from '../../../gic/intid.ts';
import { type SlotId } from '../../../state/brand.ts';
import { RUN_STATES, type RunState } from '../../../trace/kinds.ts';
import { type Slots } from './slots.ts';

const numberOf = (state: RunState): number => RUN_STATES.indexOf(state);
const OFF = numberOf('off');
const GUEST = numberOf('guest');
const HANDLER = numberOf('handler');
const IDLE = numberOf('idle');

export class RunStateModel {
  readonly #slots: Slots;
  readonly #slot: SlotId;
  /** Acknowledged by this vCPU and not deactivated. */
  #handled = new Set<Intid>();
  #tookException = false;
  /** Handler and guest cannot be told apart. */
  #isUncertain = false;
  #isIdle = false;

  constructor(slots: Slots, path: string) {
    this.#slots = slots;
    this.#slot = slots.claim({ path, width: 4, values: RUN_STATES });
  }

  /** The vCPU executes something. */
  runs(): void {
    this.#isIdle = false;
    this.#show();
  }

  /** `showsEnd`: the log shows what ends its handling. */
  takesException(showsEnd: boolean): void {
    this.#tookException = showsEnd;
    this.#isUncertain = !showsEnd;
    this.runs();
  }

  acknowledged(interrupt: Intid): void {
    this.#handled.add(interrupt);
    this.runs();
  }

  /** An acknowledge found nothing: the exception is over unless interrupts are still being handled. */
  foundNothing(): void {
    if (this.#handled.size === 0) this.#tookException = false;
    this.runs();
  }

  /** This interrupt is active no more, whoever deactivated it. True: this vCPU had acknowledged it. */
  finished(interrupt: Intid): boolean {
    if (!this.#handled.delete(interrupt)) return false;
    if (this.#handled.size === 0) this.#tookException = false;
    this.#show();
    return true;
  }

  /** An acknowledge or deactivation may have been this vCPU's. */
  mayHaveHandled(): void {
    this.#isUncertain = true;
    this.#show();
  }

  waits(): void {
    this.#isUncertain = false;
    this.#isIdle = true;
    this.#tookException = false;
    this.#show();
  }

  switched(on: boolean): void {
    this.reset();
    this.#set(on ? GUEST : OFF);
  }

  /** A reset ends whatever was handled; whether the vCPU is on is not its business. */
  reset(): void {
    this.#handled.clear();
    this.#tookException = false;
    this.#isUncertain = false;
    this.#isIdle = false;
  }

  forget(): void {
    this.#slots.forget(this.#slot);
  }

  /** What is being handled, to put back with `restore`. */
  get handled(): readonly Intid[] {
    return [...this.#handled];
  }

  restore(handled: readonly Intid[]): void {
    this.#handled = new Set(handled);
    this.#isUncertain = false;
  }

  #show(): void {
    if (this.#isIdle) this.#set(IDLE);
    else if (this.#tookException || this.#handled.size > 0) this.#set(HANDLER);
    else if (this.#isUncertain) this.forget();
    else this.#set(GUEST);
  }

  #set(state: number): void {
    this.#slots.set(this.#slot, state);
  }
}
