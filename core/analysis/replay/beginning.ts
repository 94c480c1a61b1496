/**
 * Whether a recording of a GICv3 or GICv2 begins in the middle. A guest sets its distributor up before its first
 * interrupt; so a recording that shows an interrupt without that is a part of one, and what it shows first of anything
 * is taken over: how an interrupt or a CPU interface was set up, what a register held. Later records are compared.
 */
import { type Tally } from './tally.ts';

const BEGUN = 'interrupts, CPU interfaces and registers that were set up before the recording began';
export const BEFORE = 'what was set before the recording began';

export class Beginning {
  readonly #tally: Tally;
  readonly #shown = new Set<string>();
  /** The distributor was set up, or is known to have been before. */
  #isSettled = false;
  isPart = false;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** The recording shows how the distributor is set up. */
  setUp(): void {
    this.#isSettled = true;
  }

  /** An interrupt waits, or is taken. `begun` is called when that shows that the recording is a part. */
  interrupt(begun: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.isPart = true;
    begun();
  }

  /** In a part of a recording: is this shown for the first time? True once for each name. */
  isFirst(name: string): boolean {
    if (!this.isPart || this.#shown.has(name)) return false;
    this.#shown.add(name);
    return true;
  }

  learned(): void {
    this.#tally.infer(BEGUN);
  }
}
