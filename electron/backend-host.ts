/**
 * The main thread's half: a SessionBackend that lives in a worker thread, and may die there.
 *
 * Calls are matched to answers by number. When the worker ends without being asked to (an exception, out of memory),
 * every open call fails with what is known of the reason, listeners are told, and `restart` makes a new worker: the
 * next epoch. Nothing restarts by itself, because what killed the worker may kill it again.
 */
import type { Worker } from 'node:worker_threads';
import type { BackendState, Outcome } from '../core/session/client.ts';
import type { Args, Method, PushEvent, PushEvents, Result } from '../core/session/contract.ts';
import { SessionError, failureOf } from '../core/session/failure.ts';
import type { SessionBackend } from '../core/session/session.ts';
import type { FromBackend, ToBackend } from './messages.ts';

export interface BackendHost extends SessionBackend {
  readonly state: BackendState;
  /** Long tasks and live recordings that are running now. */
  readonly running: number;
  onState(handler: (state: BackendState) => void): () => void;
  onPush(handler: (event: PushEvent, payload: unknown) => void): () => void;
  /** Makes a new worker if the last one died; else does nothing. */
  restart(): void;
  /** Ends tasks cleanly and then the worker; ends the worker anyway when that takes longer than the limit. */
  close(limitMs?: number): Promise<void>;
}

/** How long a worker may take to close its files before it is ended, in ms. */
const CLOSE_LIMIT_MS = 5000;

export function createBackendHost(makeWorker: () => Worker): BackendHost {
  const calls = new Map<number, (outcome: Outcome) => void>();
  const stateHandlers = new Set<(state: BackendState) => void>();
  const pushHandlers = new Set<(event: PushEvent, payload: unknown) => void>();
  /** Names of what runs: `task 3`, `live 1`. */
  const tasks = new Set<string>();
  let state: BackendState = { epoch: 0, running: false, reason: 'not started' };
  let worker: Worker | undefined;
  let lastId = 0;
  let closing: Promise<void> | undefined;
  let closed: (() => void) | undefined;

  function become(next: BackendState): void {
    state = next;
    for (const handler of [...stateHandlers]) handler(next);
  }
  function post(message: ToBackend): void {
    worker?.postMessage(message);
  }
  function died(reason: string): void {
    worker = undefined;
    tasks.clear();
    for (const [id, settle] of [...calls]) {
      calls.delete(id);
      settle({ ok: false, failure: { code: 'internal', message: `the backend ended: ${reason}` } });
    }
    if (state.running) become({ epoch: state.epoch, running: false, reason });
    closed?.();
  }
  function note(what: string, runs: boolean): void {
    if (runs) tasks.add(what);
    else tasks.delete(what);
  }
  function push(event: PushEvent, payload: unknown): void {
    if (event === 'task') {
      // Pushes of the worker have the shape that the contract declares.
      const progress = payload as PushEvents['task'];
      note(`task ${progress.task}`, progress.state === 'running');
    } else if (event === 'live') {
      const recording = payload as PushEvents['live'];
      note(`live ${recording.live}`, recording.state === 'running' || recording.state === 'stopped');
    }
    for (const handler of [...pushHandlers]) handler(event, payload);
  }
  function receive(message: FromBackend): void {
    if (message.type === 'outcome') {
      const settle = calls.get(message.id);
      calls.delete(message.id);
      settle?.(message.outcome);
    } else if (message.type === 'push') push(message.event, message.payload);
    else closed?.();
  }
  function start(): void {
    const mine = makeWorker();
    worker = mine;
    let reason = '';
    mine.on('message', (message: FromBackend) => receive(message));
    mine.on('messageerror', (error) => {
      reason = `a message could not be read: ${error.message}`;
      void mine.terminate();
    });
    mine.on('error', (error) => {
      reason = failureOf(error).message;
    });
    mine.on('exit', (code) => {
      if (worker === mine) died(reason || `its thread ended with code ${code}`);
    });
    become({ epoch: state.epoch + 1, running: true, reason: '' });
  }

  async function shutDown(limitMs: number): Promise<void> {
    const mine = worker;
    if (mine === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      closed = resolve;
      timer = setTimeout(resolve, limitMs);
      post({ type: 'close' });
    });
    clearTimeout(timer);
    if (worker === mine) died('gicscope is closing');
    await mine.terminate();
  }

  start();
  return {
    get state() {
      return state;
    },
    get running() {
      return tasks.size;
    },
    handle<M extends Method>(method: M, args: Args<M>, signal: AbortSignal): Promise<Result<M>> {
      if (worker === undefined || closing !== undefined) {
        const why = closing === undefined ? state.reason : 'gicscope is closing';
        return Promise.reject(new SessionError({ code: 'internal', message: `the backend is not running: ${why}` }));
      }
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const cancel = (): void => post({ type: 'cancel', id });
        calls.set(id, (outcome) => {
          signal.removeEventListener('abort', cancel);
          // The worker answers what the contract declares for this method.
          if (outcome.ok) resolve(outcome.result as Result<M>);
          else reject(new SessionError(outcome.failure));
        });
        post({ type: 'call', id, method, args });
        if (signal.aborted) cancel();
        else signal.addEventListener('abort', cancel, { once: true });
      });
    },
    on<E extends PushEvent>(event: E, handler: (payload: PushEvents[E]) => void) {
      const listener = (name: PushEvent, payload: unknown): void => {
        // Same: the payload of `name` is what the contract declares.
        if (name === event) handler(payload as PushEvents[E]);
      };
      pushHandlers.add(listener);
      return () => pushHandlers.delete(listener);
    },
    onState(handler) {
      stateHandlers.add(handler);
      handler(state);
      return () => stateHandlers.delete(handler);
    },
    onPush(handler) {
      pushHandlers.add(handler);
      return () => pushHandlers.delete(handler);
    },
    restart() {
      if (worker === undefined && closing === undefined) start();
    },
    close(limitMs = CLOSE_LIMIT_MS) {
      closing ??= shutDown(limitMs);
      return closing;
    },
  };
}
