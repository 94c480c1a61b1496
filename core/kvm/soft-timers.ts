/**
 * The host timers that are armed, of all vCPUs: when the next of them fires, without asking every vCPU.
 *
 * Kept beside the slots: the vCPUs that may have one armed, and the earliest deadline until one of them changes. Both
 * follow from the slots and are made from them again after the journal was taken back (`rewinds`).
 */
import { type Journal } from '../state/journal.ts';
import { type VcpuTimers } from './timers.ts';

export class SoftTimers {
  readonly #journal: Journal;
  /** Those of every vCPU that exists, in the order of VMs and vCPUs. */
  readonly #all: () => Iterable<VcpuTimers>;
  readonly #armed = new Set<VcpuTimers>();
  #next: bigint | undefined;
  #isFresh = false;
  #rewinds: number;

  constructor(journal: Journal, all: () => Iterable<VcpuTimers>) {
    this.#journal = journal;
    this.#all = all;
    this.#rewinds = journal.rewinds;
  }

  /** A timer of this vCPU was armed or cancelled. */
  changed(timers: VcpuTimers): void {
    this.#armed.add(timers);
    this.#isFresh = false;
  }

  /** The earliest deadline; undefined: none is armed. May lie in the past. */
  get next(): bigint | undefined {
    if (this.#rewinds !== this.#journal.rewinds) {
      this.#rewinds = this.#journal.rewinds;
      this.#isFresh = false;
      for (const timers of this.#all()) this.#armed.add(timers);
    }
    if (!this.#isFresh) this.#look();
    return this.#next;
  }

  /** Lets those fire whose deadline the counter has reached. */
  fire(now: bigint): void {
    const { next } = this;
    if (next === undefined || next > now) return;
    // In the order of vCPUs, not in that of arming.
    for (const timers of this.#all()) if (this.#armed.has(timers)) timers.fireSoftTimers();
  }

  #look(): void {
    this.#next = undefined;
    this.#isFresh = true;
    for (const timers of this.#armed) {
      const deadline = timers.nextSoftDeadline();
      if (deadline === undefined) this.#armed.delete(timers);
      else if (this.#next === undefined || deadline < this.#next) this.#next = deadline;
    }
  }
}
