/**
 * Who waits for which physical CPU, and how many vCPUs can do anything at all.
 *
 * Kept: for each physical CPU its ready threads, longest waiting first (the counter value of `since`, then the vCPU's
 * number), and the number of threads that are not stopped. Both follow from the threads' slots; a thread tells of each
 * change of its own, and after the journal was taken back they are made from the slots again.
 *
 * Cost: a thread that becomes ready is put in its place from the end, where it nearly always belongs, so neither a turn
 * nor a change of threads costs more with many vCPUs.
 */
import { type Journal } from '../state/journal.ts';
import { type Thread } from './thread.ts';

const NOBODY: readonly Thread[] = [];

export class RunQueues {
  readonly #threads: readonly Thread[];
  readonly #journal: Journal;
  readonly #ready = new Map<number, Thread[]>();
  #notStopped = 0;
  #rewinds = -1;

  /** `threads`: all of the machine's, also those that are added later and tell of themselves. */
  constructor(threads: readonly Thread[], journal: Journal) {
    this.#threads = threads;
    this.#journal = journal;
  }

  /** The ready threads of a physical CPU, longest waiting first; the list changes with them. */
  waitingFor(cpu: number): readonly Thread[] {
    if (this.#isStale) this.#rebuild();
    return this.#ready.get(cpu) ?? NOBODY;
  }

  /** Is every thread off, paused or ended? */
  get allStopped(): boolean {
    if (this.#isStale) this.#rebuild();
    return this.#notStopped === 0;
  }

  /** A thread's slots are about to change: it counts no more as what it was. */
  leave(thread: Thread): void {
    if (this.#isStale) return;
    if (!thread.isStopped) this.#notStopped--;
    if (thread.status !== 'ready') return;
    const queue = this.#ready.get(thread.affinity.lo);
    const at = queue?.indexOf(thread) ?? -1;
    if (at >= 0) queue?.splice(at, 1);
  }

  /** A thread's slots have changed: it counts as what it is. */
  enter(thread: Thread): void {
    if (this.#isStale) return;
    if (!thread.isStopped) this.#notStopped++;
    if (thread.status !== 'ready') return;
    const cpu = thread.affinity.lo;
    let queue = this.#ready.get(cpu);
    if (queue === undefined) this.#ready.set(cpu, (queue = []));
    let at = queue.length;
    while (at > 0 && waitsLonger(thread, queue[at - 1])) at--;
    queue.splice(at, 0, thread);
  }

  get #isStale(): boolean {
    return this.#rewinds !== this.#journal.rewinds;
  }

  #rebuild(): void {
    this.#rewinds = this.#journal.rewinds;
    this.#ready.clear();
    this.#notStopped = 0;
    for (const thread of this.#threads) this.enter(thread);
  }
}

function waitsLonger(a: Thread, b: Thread | undefined): boolean {
  if (b === undefined) return false;
  return a.since < b.since || (a.since === b.since && a.index < b.index);
}
