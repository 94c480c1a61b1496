/**
 * Records of what a machine computed (best interrupts, signals), held against the emulator's state
 * (gicv3-behaviour §17 rules 3 and 4).
 *
 * The recorder prints some inputs before and some after what is computed from them. So a record that does not fit
 * waits: for the next input, after which it is compared for good. Within one operation a machine may compute more than
 * once; a record that a later one of the same CPU replaces, with no input between, is counted as intermediate.
 */
import { type TraceEvent } from '../../trace/kinds.ts';
import { type Tally } from './tally.ts';

const INTERMEDIATE = 'an intermediate computation within one operation';

interface Waiting {
  readonly event: TraceEvent;
  readonly register: string;
  readonly recorded: bigint;
  /** Decides what the recording leaves open so that it fits, where it can. */
  readonly emulated: () => bigint;
  readonly context: () => string;
  /** Makes the emulator's state one that gives the recorded value, once the same comparison has failed twice running. */
  readonly takeOver: () => void;
}

export class Records {
  readonly #tally: Tally;
  readonly #waiting = new Map<string, Waiting>();
  /** Comparisons that failed the last time. */
  readonly #differing = new Set<string>();
  /** CPUs whose present operation computes in several steps. */
  readonly #steps = new Set<number>();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** A CPU begins an operation whose first computations see it half done. */
  steps(cpu: number): void {
    this.#steps.add(cpu);
  }

  take(cpu: number, record: Waiting): void {
    const key = `${cpu} ${record.register}`;
    const before = this.#waiting.get(key);
    if (before !== undefined) {
      this.#waiting.delete(key);
      if (this.#steps.has(cpu)) this.#tally.unsupported(INTERMEDIATE);
      else this.#compare(key, before);
    }
    if (record.emulated() === record.recorded) this.#compare(key, record);
    else this.#waiting.set(key, record);
  }

  /** An input is about to change the machine by `apply`: what waits is compared after it. */
  input(apply: () => void): void {
    apply();
    this.#steps.clear();
    if (this.#waiting.size === 0) return;
    for (const [key, record] of this.#waiting) this.#compare(key, record);
    this.#waiting.clear();
  }

  #compare(key: string, { event, register, recorded, emulated, context, takeOver }: Waiting): void {
    if (this.#tally.compare(event, register, recorded, emulated(), context)) this.#differing.delete(key);
    else if (this.#differing.has(key)) takeOver();
    else this.#differing.add(key);
  }
}
