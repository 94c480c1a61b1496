/**
 * The pace of long work in a thread that others need too: it goes on in slices of a few milliseconds, lets the others
 * have their turn between them, and looks there whether it is still wanted.
 */

export interface SearchControl {
  readonly signal?: AbortSignal;
  /** At most once a slice: blocks done and to do. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Longest stretch without giving way to other tasks, ms. */
const SLICE = 4;

/** Gives way now and then; throws the signal's reason when it is aborted. */
export class Pace {
  readonly #control: SearchControl;
  readonly #total: number;
  #since = performance.now();

  constructor(control: SearchControl, total: number) {
    this.#control = control;
    this.#total = total;
    control.signal?.throwIfAborted();
  }

  /** Call after each block. A promise only when it is time to wait. */
  step(done: number): Promise<void> | undefined {
    if (performance.now() - this.#since < SLICE) return undefined;
    return this.#rest(done);
  }

  async #rest(done: number): Promise<void> {
    this.#control.onProgress?.(done, this.#total);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#control.signal?.throwIfAborted();
    this.#since = performance.now();
  }
}

/** What work in many short parts calls after each: gives a promise when it is time to give way. */
export type Rest = () => Promise<void> | undefined;

/** Uses items one by one, with a rest after each. */
export async function eachInTurn<T>(items: Iterable<T>, rest: Rest, use: (item: T) => void): Promise<void> {
  for (const item of items) {
    use(item);
    const pause = rest();
    if (pause !== undefined) await pause;
  }
}
