/**
 * Which threads' cores have run since their slots were written, and the writing.
 *
 * Invariant: a core that is not in the list agrees with its slots, so bringing the journal up to date costs what the
 * cores that ran have changed, however many vCPUs there are.
 */
import { type Journal } from '../state/journal.ts';
import { type Ram } from './a64/index.ts';
import { type Thread } from './thread.ts';

export class CoresAhead {
  readonly #threads: readonly Thread[];
  readonly #ahead: Thread[] = [];

  constructor(threads: readonly Thread[]) {
    this.#threads = threads;
  }

  /** A store of one core may take the reservation of another, which does not run. When all cores observe the RAM. */
  watch(ram: Ram): void {
    const reservationLost = (): void => {
      for (const thread of this.#threads) if (thread.core.systemDirty) this.touch(thread);
    };
    // Told after the cores.
    ram.observers.push({ codeChanged: () => undefined, reservationLost });
  }

  /** A thread's core is about to run, or its registers are changed from outside. */
  touch(thread: Thread): void {
    if (thread.isAhead) return;
    thread.isAhead = true;
    this.#ahead.push(thread);
  }

  /**
   * Writes what has changed in cores to their slots, by the numbers of the vCPUs. One that runs goes on being ahead;
   * `named` is another one, to which something was done: where it is may follow from that.
   */
  catchUp(journal: Journal, running: Thread | undefined, named?: Thread): void {
    const ahead = this.#ahead;
    // Nearly always: the one that runs made the event, and nobody else ran since the last.
    if (ahead.length === 1 && running !== undefined && ahead[0] === running) {
      if (named !== undefined && named.index < running.index) named.saveRunState();
      running.save(journal);
      if (named !== undefined && named.index > running.index) named.saveRunState();
      return;
    }
    if (named !== undefined) this.touch(named);
    if (ahead.length > 1) sortByIndex(ahead);
    for (const thread of ahead) {
      thread.isAhead = false;
      thread.save(journal);
    }
    ahead.length = 0;
    if (running !== undefined) this.touch(running);
  }

  /** The cores were made what their slots say. */
  forget(): void {
    for (const thread of this.#ahead) thread.isAhead = false;
    this.#ahead.length = 0;
  }
}

/** They are mostly two: the one that runs, and the one that it has done something to. */
function sortByIndex(threads: Thread[]): void {
  const [first, second] = threads;
  if (threads.length > 2 || first === undefined || second === undefined) threads.sort((a, b) => a.index - b.index);
  else if (second.index < first.index) threads.reverse();
}
