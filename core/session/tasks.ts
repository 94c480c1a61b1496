/**
 * Long tasks: numbered, reported at most ten times a second, cancellable. The work itself is a function that is given
 * a signal and a reporter; how it ends decides the task's last report.
 */
import { type TaskProgress } from './contract.ts';
import { SessionError } from './failure.ts';
import { toSessionError } from './validate.ts';

const REPORT_EVERY_MS = 100;

/** What a running task tells of itself. */
export type Advance = Partial<Pick<TaskProgress, 'phase' | 'doneBytes' | 'totalBytes' | 'events'>>;

export interface TaskControl {
  /** Aborted when the work is to be given up and its traces removed. */
  readonly signal: AbortSignal;
  /** Aborted when the work is to end now and keep what it has, also when the backend closes. */
  readonly stop: AbortSignal;
  readonly advance: (now: Advance) => void;
}

/** The output of a finished task; null when nothing was kept. */
export type TaskWork = (control: TaskControl) => Promise<string | null>;

interface Running {
  readonly abort: AbortController;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class Tasks {
  readonly #running = new Map<number, Running>();
  readonly #report: (progress: TaskProgress) => void;
  readonly #now: () => number;
  #next = 1;

  /** `now` in milliseconds, for rates. */
  constructor(report: (progress: TaskProgress) => void, now: () => number = () => performance.now()) {
    this.#report = report;
    this.#now = now;
  }

  /** Starts work and returns the task's number at once. */
  start(title: string, work: TaskWork): number {
    const task = this.#next++;
    const abort = new AbortController();
    const stop = new AbortController();
    const started = this.#now();
    let lastReport = -Infinity;
    let progress: TaskProgress = {
      task,
      title,
      state: 'running',
      phase: '',
      doneBytes: 0,
      totalBytes: 0,
      events: 0,
      eventsPerSecond: 0,
      output: null,
      error: null,
    };
    const advance = (now: Advance): void => {
      const at = this.#now();
      progress = { ...progress, ...now };
      progress.eventsPerSecond = Math.round(progress.events / Math.max(0.001, (at - started) / 1000));
      if (at - lastReport < REPORT_EVERY_MS) return;
      lastReport = at;
      this.#report(progress);
    };
    const isStopped = (): boolean => abort.signal.aborted || stop.signal.aborted;
    const run = async (): Promise<void> => {
      try {
        const output = await work({ signal: abort.signal, stop: stop.signal, advance });
        this.#report({ ...progress, state: isStopped() ? 'cancelled' : 'done', output });
      } catch (error) {
        const failure = toSessionError(error);
        const cancelled = isStopped() || failure.code === 'cancelled';
        this.#report({
          ...progress,
          state: cancelled ? 'cancelled' : 'failed',
          error: cancelled ? null : { code: failure.code, message: failure.message },
        });
      } finally {
        this.#running.delete(task);
      }
    };
    // The first report must come after the caller knows the number.
    const done = Promise.resolve().then(run);
    this.#running.set(task, { abort, stop, done });
    return task;
  }

  /** @throws SessionError `not-found` when the task is not running (any more). */
  cancel(task: number, keep: boolean): void {
    const running = this.#running.get(task);
    if (running === undefined) throw new SessionError({ code: 'not-found', message: `task ${task} is not running` });
    if (keep) running.stop.abort();
    else running.abort.abort(new DOMException('cancelled', 'AbortError'));
  }

  /** Cancels all, keeping what is recorded, and waits until they ended. */
  async close(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort();
    await Promise.all(running.map(({ done }) => done));
  }
}
