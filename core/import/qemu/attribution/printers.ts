/**
 * Whose thread prints: an emulator with a thread for each vCPU tells the vCPU of every line, where the log tells the
 * thread (the number before `@`, or the file of a set that has one file per thread).
 *
 * A thread is a vCPU's once a line that only this vCPU can print stands in it, if it is shown that threads work side by
 * side: one spoke as one vCPU, then another as another, then the first again, at three different times. One thread that
 * plays all vCPUs in turn never does so, nor do the pieces of a log that was cut. A thread that speaks as two vCPUs is
 * nobody's from there on. Threads of devices and of the main loop print no such line.
 */
import { NO_THREAD } from '../prefix.ts';
import { NOBODY } from '../trace-line.ts';

/** More are not listed. */
const MOST_NAMED = 16;

class Printer {
  vcpu = NOBODY;
  /** It spoke as several. */
  isMixed = false;
  /** When it first and last spoke as its vCPU. */
  first = Infinity;
  last = -Infinity;
}

export class Printers {
  readonly #threads = new Map<number, Printer>();
  #present: Printer | undefined;
  #areParallel = false;

  /** The lines from here on are of this thread. The caller bounds the number of threads. */
  turnTo(thread: number): void {
    this.#present = this.#threads.get(thread);
    if (this.#present !== undefined || thread === NO_THREAD) return;
    this.#present = new Printer();
    this.#threads.set(thread, this.#present);
  }

  /** The vCPU whose thread it is; NOBODY where nothing proves one. */
  get vcpu(): number {
    const printer = this.#present;
    return printer === undefined || !this.#areParallel || printer.isMixed ? NOBODY : printer.vcpu;
  }

  /** The present line can only be printed by this vCPU itself. */
  spokeAs(vcpu: number, time: number): void {
    const printer = this.#present;
    if (printer === undefined || printer.isMixed) return;
    if (printer.vcpu === NOBODY) printer.vcpu = vcpu;
    if (printer.vcpu !== vcpu) {
      printer.isMixed = true;
      return;
    }
    printer.first = Math.min(printer.first, time);
    printer.last = time;
    this.#areParallel ||= [...this.#threads.values()].some((other) => isBetween(printer, other));
  }

  /** What `info` says; `nameOf`: of a thread. */
  facts(nameOf: (thread: number) => string): Record<string, string> {
    const speakers = [...this.#threads].filter(([, { vcpu }]) => vcpu !== NOBODY);
    if (speakers.length === 0) return {};
    const mixed = speakers.filter(([, { isMixed }]) => isMixed);
    const proven = speakers.filter(([, { isMixed }]) => !isMixed && this.#areParallel);
    const parts = [
      ...listed(proven, ([thread, { vcpu }]) => `${nameOf(thread)} is vCPU ${vcpu}`),
      ...listed(mixed, ([thread]) => `${nameOf(thread)} speaks as several vCPUs and proves nothing`),
    ];
    const none = proven.length > 0 ? [] : ['nothing shows that each vCPU has a thread of its own'];
    return { threads: [...parts, ...none].join(', ') };
  }
}

/** Whether the other thread spoke as another vCPU in the meantime. */
function isBetween({ vcpu, first, last }: Printer, other: Printer): boolean {
  return !other.isMixed && other.vcpu !== vcpu && first < other.last && other.last < last;
}

function listed<T>(all: readonly T[], text: (one: T) => string): string[] {
  const shown = all.slice(0, MOST_NAMED).map(text);
  return all.length > MOST_NAMED ? [...shown, `and ${all.length - MOST_NAMED} more`] : shown;
}
