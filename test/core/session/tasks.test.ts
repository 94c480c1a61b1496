import { describe, expect, it } from 'vitest';
import { type TaskProgress } from '../../../core/session/contract.ts';
import { Tasks } from '../../../core/session/tasks.ts';

function collect(now?: () => number): { tasks: Tasks; reports: TaskProgress[]; last: () => Promise<TaskProgress> } {
  const reports: TaskProgress[] = [];
  let settle: (progress: TaskProgress) => void = () => undefined;
  const ended = new Promise<TaskProgress>((resolve) => (settle = resolve));
  const tasks = new Tasks((progress) => {
    reports.push(progress);
    if (progress.state !== 'running') settle(progress);
  }, now);
  return { tasks, reports, last: () => ended };
}

describe('long tasks', () => {
  it('report their output when they are done', async () => {
    const { tasks, last } = collect();
    tasks.start('import', () => Promise.resolve('/a.gscope'));
    expect(await last()).toMatchObject({ state: 'done', output: '/a.gscope', error: null });
  });

  it('report at most ten times a second, and the rate of events', async () => {
    let clock = 0;
    const { tasks, reports, last } = collect(() => clock);
    tasks.start('import', ({ advance }) => {
      for (let i = 1; i <= 100; i++) {
        clock += 10;
        advance({ events: i * 1000 });
      }
      return Promise.resolve(null);
    });
    const end = await last();
    expect(reports.length).toBeLessThanOrEqual(12);
    expect(end.eventsPerSecond).toBe(100_000);
  });

  it('report a failure as code and message', async () => {
    const { tasks, last } = collect();
    tasks.start('import', () => Promise.reject(new RangeError('line 3: too long')));
    expect(await last()).toMatchObject({ state: 'failed', error: { code: 'bad-input', message: 'line 3: too long' } });
  });

  it('tell a task that is stopped whether to keep what it has', async () => {
    const { tasks, last } = collect();
    let isGivenUp = true;
    const task = tasks.start('import', async ({ signal, stop }) => {
      await new Promise((resolve) => stop.addEventListener('abort', resolve));
      isGivenUp = signal.aborted;
      return '/kept.gscope';
    });
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 1));
    tasks.cancel(task, true);
    expect(await last()).toMatchObject({ state: 'cancelled', output: '/kept.gscope' });
    expect(isGivenUp).toBe(false);
  });

  it('refuse to stop what does not run', () => {
    expect(() => collect().tasks.cancel(7, false)).toThrow(/task 7 is not running/);
  });
});
