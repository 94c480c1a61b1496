/**
 * Questions of which only the newest answer counts.
 *
 * `latest`: each call drops the one before it (its signal is aborted, its answer never seen): for panes that follow
 * something. `steady`: one call is in flight, the newest argument waits for it and the ones between are skipped: for
 * the cursor under a held key, where aborting would show nothing until the key is released.
 */
export interface Latest<A, R> {
  /** Resolves undefined when a newer call replaced this one. */
  ask(argument: A): Promise<R | undefined>;
  /** Forgets what is on its way. */
  drop(): void;
  readonly waiting: boolean;
}

export function latest<A, R>(run: (argument: A, signal: AbortSignal) => Promise<R>): Latest<A, R> {
  let generation = 0;
  let controller: AbortController | undefined;
  const drop = (): void => {
    generation++;
    controller?.abort();
    controller = undefined;
  };
  return {
    async ask(argument) {
      drop();
      const mine = generation;
      const own = new AbortController();
      controller = own;
      try {
        const answer = await run(argument, own.signal);
        return mine === generation ? answer : undefined;
      } catch (error) {
        if (mine !== generation) return undefined;
        throw error;
      } finally {
        if (mine === generation) controller = undefined;
      }
    },
    drop,
    get waiting() {
      return controller !== undefined;
    },
  };
}

export interface Steady<A> {
  /** Runs now, or after the run in flight. Resolves when no run is left. */
  ask(argument: A): Promise<void>;
  /** Forgets what waits; the run in flight ends by itself. */
  drop(): void;
}

/** @param run must not throw: it shows its own failures. */
export function steady<A>(run: (argument: A) => Promise<void>): Steady<A> {
  let next: { readonly argument: A } | undefined;
  let running: Promise<void> | undefined;
  async function drain(): Promise<void> {
    while (next !== undefined) {
      const { argument } = next;
      next = undefined;
      await run(argument);
    }
    running = undefined;
  }
  return {
    ask(argument) {
      next = { argument };
      running ??= drain();
      return running;
    },
    drop() {
      next = undefined;
    },
  };
}
