/** Follows a task of the backend to its end, with a progress line; Ctrl-C stops it and keeps what is there. */
import { type SessionFailure, type TaskProgress } from '../session/contract.ts';
import { type Context } from './context.ts';
import { CliFailure } from './failure.ts';
import { ProgressLine } from './progress.ts';

/** `start` begins the task and answers its number. Resolves with its last report. @throws CliFailure when it failed */
export async function follow(
  context: Context,
  start: () => Promise<number>,
  stop = context.io.signal,
): Promise<TaskProgress> {
  const last = await untilEnd(context, start, stop);
  if (last.state !== 'failed') return last;
  const { code = 'internal', message = 'the task failed' } = last.error ?? {};
  throw new CliFailure(CODES.find((known) => known === code) ?? 'bad-input', message);
}

const CODES: readonly SessionFailure['code'][] = ['bad-input', 'usage', 'not-found', 'cancelled', 'internal'];

async function untilEnd(context: Context, start: () => Promise<number>, stop: AbortSignal): Promise<TaskProgress> {
  const line = new ProgressLine(context.io);
  const early: TaskProgress[] = [];
  let task: number | undefined;
  let resolve: (progress: TaskProgress) => void = () => undefined;
  const ended = new Promise<TaskProgress>((settle) => {
    resolve = settle;
  });
  const take = (progress: TaskProgress): void => {
    if (task === undefined) early.push(progress);
    else if (progress.task === task) {
      if (progress.state === 'running') line.show(progress);
      else resolve(progress);
    }
  };
  const off = await context.on('task', take);
  const cancel = (): void => {
    // Refused when the task ended in this moment, which its last report tells as well.
    if (task !== undefined)
      context.call('task.cancel', { task, keep: true }, new AbortController().signal).catch(() => undefined);
  };
  stop.addEventListener('abort', cancel);
  try {
    task = await start();
    for (const progress of early) take(progress);
    if (stop.aborted) cancel();
    return await ended;
  } finally {
    stop.removeEventListener('abort', cancel);
    off();
    line.clear();
  }
}
