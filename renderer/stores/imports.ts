/**
 * Imports and recordings that run, or ended and were not dismissed. What becomes of their traces is the app's affair:
 * `onProgress` gives back the task that a report belongs to.
 */
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { type Args, type TaskProgress } from '../../core/session/contract.ts';
import { backend, messageOf } from '../transport.ts';
import { useUi } from './ui.ts';

export type ImportRequest = Partial<Args<'import.start'>> & { readonly files: string[] };

/** An import that runs or ended; ended ones stay until they are dismissed. */
export interface ImportTask {
  readonly id: number;
  readonly files: readonly string[];
  readonly output: string;
  readonly progress: TaskProgress | undefined;
  /** Started here: its trace is opened when it is done. */
  readonly own: boolean;
  /** The source is read on as it grows, until a person stops it. */
  readonly follow: boolean;
  readonly startedAt: number;
}

export const useImports = defineStore('imports', () => {
  const tasks = shallowRef<readonly ImportTask[]>([]);
  const running = computed(() => tasks.value.filter(isRunning));

  function put(task: ImportTask): void {
    const others = tasks.value.some(({ id }) => id === task.id);
    tasks.value = others ? tasks.value.map((one) => (one.id === task.id ? task : one)) : [...tasks.value, task];
  }

  /** Starts an import. A report may have come before the answer: then the task ended already, or is under way. */
  async function start(request: ImportRequest): Promise<ImportTask> {
    const { task: id, output } = await backend().call('import.start', { output: '', overwrite: false, ...request });
    const { files, follow = false } = request;
    const progress = tasks.value.find((early) => early.id === id)?.progress;
    const task: ImportTask = { id, files, output, progress, own: true, follow, startedAt: Date.now() };
    put(task);
    return task;
  }

  function onProgress(progress: TaskProgress): ImportTask {
    const { task: id } = progress;
    const known = tasks.value.find((one) => one.id === id);
    const unknown = { id, files: [], output: '', own: false, follow: false, startedAt: Date.now() };
    const task: ImportTask = { ...(known ?? unknown), progress };
    put(task);
    return task;
  }

  /** @param keep what was read so far becomes a trace; else nothing is left of it */
  async function stop(id: number, keep: boolean): Promise<void> {
    try {
      await backend().call('task.cancel', { task: id, keep });
    } catch (error) {
      useUi().notify('error', messageOf(error));
    }
  }

  function dismiss(id: number): void {
    tasks.value = tasks.value.filter((task) => task.id !== id);
  }

  return { tasks, running, start, onProgress, stop, dismiss };
});

export function isRunning({ progress }: ImportTask): boolean {
  return progress === undefined || progress.state === 'running';
}

/** How much of its source was read, 0 … 1; undefined where nobody knows how much there is. */
export function shareOf({ progress }: ImportTask): number | undefined {
  if (progress === undefined || progress.totalBytes === 0) return undefined;
  return Math.min(1, progress.doneBytes / progress.totalBytes);
}
