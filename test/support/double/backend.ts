/**
 * A backend for tests of what carries calls: it answers a few methods in ways that tests can steer by the arguments,
 * and knows nothing of traces.
 */
import { SessionError } from '../../../core/session/failure.ts';
import type { Args, Method, PushEvent, PushEvents, Result } from '../../../core/session/contract.ts';
import type { SessionBackend } from '../../../core/session/session.ts';

type Handlers = { readonly [M in Method]?: (args: Args<M>, signal: AbortSignal) => Promise<Result<M>> | Result<M> };

export interface DoubleOptions {
  /** `slow`: closing takes 300 ms; `never`: it does not end. */
  readonly closing?: 'slow' | 'never';
}

export function createDouble(options: DoubleOptions = {}): SessionBackend {
  const listeners = new Map<PushEvent, Set<(payload: never) => void>>();
  let seen = 0;
  let aborted = 0;

  function push<E extends PushEvent>(event: E, payload: PushEvents[E]): void {
    for (const handler of listeners.get(event) ?? []) handler(payload as never);
  }

  const handlers: Handlers = {
    'app.info': () => ({
      version: `seen ${seen}, aborted ${aborted}`,
      platform: 'double',
      samples: [],
      recent: [],
      importFolder: '/imports',
      formats: [],
    }),
    /** `0x` + seq, so that answers can be told apart; seq 7 never ends, 8 ends the thread, 9 throws out of it. */
    'state.digest': ({ seq }, signal) => {
      if (seq === 8) process.exit(3);
      if (seq === 9) setTimeout(() => throwOutside('thrown outside of a call'));
      if (seq !== 7 && seq !== 9) return { digest: `0x${seq.toString(16)}` };
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted++;
          reject(new SessionError({ code: 'cancelled', message: 'stopped half-way' }));
        });
      });
    },
    'timeline.density': ({ columns }) => ({
      rows: 2,
      columns,
      cells: Uint32Array.from({ length: columns * 2 }, (_, i) => i),
    }),
    'trace.open': ({ path }) => {
      throw new SessionError({ code: 'not-found', message: `${path}: no such file` });
    },
    /** Starts a task that runs until it is cancelled. */
    'import.start': ({ output }) => {
      push('task', progress('running'));
      return { task: 1, output: output || '/imports/out.gscope' };
    },
    'task.cancel': () => {
      push('task', progress('cancelled'));
      return {};
    },
    /** A result that cannot cross. */
    'sql.query': () => ({ columns: [], rows: [], truncated: false, extra: () => 1 }),
  };

  return {
    async handle<M extends Method>(method: M, args: Args<M>, signal: AbortSignal): Promise<Result<M>> {
      seen++;
      const handler = handlers[method];
      if (handler === undefined) throw new Error(`the double has no ${method}`);
      return handler(args, signal);
    },
    on(event, handler) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(handler);
      return () => set.delete(handler);
    },
    async close() {
      if (options.closing === 'never') await new Promise(() => setInterval(() => undefined, 1000));
      if (options.closing === 'slow') await new Promise((resolve) => setTimeout(resolve, 300));
    },
  };
}

function throwOutside(message: string): never {
  throw new Error(message);
}

function progress(state: PushEvents['task']['state']): PushEvents['task'] {
  const numbers = { doneBytes: 10, totalBytes: 100, events: 5, eventsPerSecond: 50 };
  return { task: 1, title: 'double.log', state, phase: 'Read', ...numbers, output: null, error: null };
}
