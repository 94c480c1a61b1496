import { describe, expect, it } from 'vitest';
import { latest, steady } from '../../../renderer/query/latest.ts';

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: unknown) => void } {
  return Promise.withResolvers<T>();
}

describe('questions of which only the newest answer counts', () => {
  it('drop the answer to an older question and abort it', async () => {
    const answers = [deferred<string>(), deferred<string>()];
    const signals: AbortSignal[] = [];
    const asker = latest((index: number, signal) => {
      signals.push(signal);
      return answers[index]?.promise ?? Promise.resolve('');
    });
    const first = asker.ask(0);
    const second = asker.ask(1);
    expect(signals[0]?.aborted).toBe(true);
    answers[1]?.resolve('new');
    answers[0]?.resolve('old');
    expect(await first).toBeUndefined();
    expect(await second).toBe('new');
    expect(asker.waiting).toBe(false);
  });
  it('hide the failure of a dropped question, not of the newest', async () => {
    const answers = [deferred<string>(), deferred<string>()];
    const asker = latest((index: number) => answers[index]?.promise ?? Promise.resolve(''));
    const first = asker.ask(0);
    const second = asker.ask(1);
    answers[0]?.reject(new Error('old'));
    answers[1]?.reject(new Error('new'));
    expect(await first).toBeUndefined();
    await expect(second).rejects.toThrow('new');
  });
});

describe('steady questions', () => {
  it('run one at a time, skip those between, and end with the newest', async () => {
    const runs: number[] = [];
    const gates = [deferred<void>(), deferred<void>()];
    const runner = steady(async (argument: number) => {
      runs.push(argument);
      await gates[runs.length - 1]?.promise;
    });
    void runner.ask(1);
    void runner.ask(2);
    const done = runner.ask(3);
    expect(runs).toEqual([1]);
    gates[0]?.resolve();
    gates[1]?.resolve();
    await done;
    expect(runs).toEqual([1, 3]);
    await runner.ask(4);
    expect(runs).toEqual([1, 3, 4]);
  });
});
