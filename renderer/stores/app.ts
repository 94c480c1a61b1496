/**
 * The application around the traces: connection, recent files, samples, running imports, and the way from a path to an
 * open trace. A path is looked at first (`files.detect`): a trace is opened, a recording is imported and then opened.
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { type Result, type TaskProgress } from '../../core/session/contract.ts';
import { type Connection } from '../../core/session/client.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { useLive } from './live.ts';
import { useTrace } from './trace.ts';
import { useUi } from './ui.ts';

export type AppInfo = Result<'app.info'>;
export type Recent = AppInfo['recent'][number];

/** An import that runs or ended; ended ones stay until they are dismissed. */
export interface ImportTask {
  readonly id: number;
  readonly files: readonly string[];
  readonly output: string;
  readonly progress: TaskProgress | undefined;
  /** Open the trace when it is done. */
  readonly open: boolean;
  readonly startedAt: number;
}

export interface Problem {
  readonly title: string;
  readonly message: string;
}

export const useApp = defineStore('app', () => {
  const info = shallowRef<AppInfo | undefined>();
  const connection = shallowRef<Connection>({ state: 'connecting' });
  const imports = shallowRef<readonly ImportTask[]>([]);
  const opening = ref('');
  /** A trace that is not where it was and is being looked for. */
  const lost = ref('');
  const problem = shallowRef<Problem | undefined>();
  const view = computed(() => (useTrace().info === undefined ? 'start' : 'session'));

  async function refresh(): Promise<void> {
    try {
      info.value = await backend().call('app.info', {});
    } catch (error) {
      if (!isCancelled(error)) problem.value = { title: 'gicscope cannot be asked', message: messageOf(error) };
    }
  }

  /** Opens a trace, or imports a recording first. */
  async function open(path: string): Promise<void> {
    problem.value = undefined;
    opening.value = path;
    try {
      const found = await backend().call('files.detect', { path });
      if (found.kind === 'unsupported') problem.value = { title: 'This file cannot be opened', message: found.message };
      else if (found.kind === 'importable') await startImport([path]);
      else {
        await useTrace().open(path);
        if (path !== lost.value && fileName(path) === fileName(lost.value)) await forget(lost.value);
        lost.value = '';
      }
      void refresh();
    } catch (error) {
      if (!isCancelled(error))
        problem.value = { title: `${fileName(path)} could not be opened`, message: messageOf(error) };
    } finally {
      opening.value = '';
    }
  }

  /** Records a scenario live: its trace is opened while it grows. */
  async function openLive(path: string): Promise<void> {
    problem.value = undefined;
    opening.value = path;
    try {
      await useLive().start(path);
      void refresh();
    } catch (error) {
      if (!isCancelled(error))
        problem.value = { title: `${fileName(path)} could not be recorded`, message: messageOf(error) };
      // The start screen shows the problem; over a trace it is told beside it.
      if (view.value !== 'start') useUi().notify('error', messageOf(error));
    } finally {
      opening.value = '';
    }
  }

  async function openAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) await open(path);
  }

  async function startImport(files: readonly string[]): Promise<void> {
    const { task, output } = await backend().call('import.start', { files: [...files], output: '', overwrite: false });
    // Progress may have come before the answer.
    const early = imports.value.find(({ id }) => id === task);
    const entry: ImportTask = { id: task, files, output, progress: early?.progress, open: true, startedAt: Date.now() };
    imports.value = [...imports.value.filter(({ id }) => id !== task), entry];
    if (entry.progress !== undefined) await ended(entry, entry.progress);
  }

  async function onProgress(progress: TaskProgress): Promise<void> {
    const known = imports.value.find(({ id }) => id === progress.task);
    const entry: ImportTask = known
      ? { ...known, progress }
      : { id: progress.task, files: [], output: '', progress, open: false, startedAt: Date.now() };
    imports.value = [...imports.value.filter(({ id }) => id !== progress.task), entry];
    if (known !== undefined) await ended(entry, progress);
  }

  async function ended(entry: ImportTask, progress: TaskProgress): Promise<void> {
    if (progress.state === 'running') return;
    await refresh();
    if (progress.state !== 'done') return;
    dismissImport(entry.id);
    const output = progress.output ?? entry.output;
    // A person who went on to another trace is not thrown out of it.
    if (entry.open && view.value === 'start') await open(output);
    else useUi().notify('note', `${fileName(output)} is ready.`);
  }

  async function cancelImport(id: number): Promise<void> {
    try {
      await backend().call('task.cancel', { task: id });
    } catch (error) {
      problem.value = { title: 'The import could not be cancelled', message: messageOf(error) };
    }
  }

  function dismissImport(id: number): void {
    imports.value = imports.value.filter((entry) => entry.id !== id);
  }

  async function forget(path: string): Promise<void> {
    await backend().call('app.forget', { path });
    await refresh();
  }

  async function close(): Promise<void> {
    await useTrace().close();
    await refresh();
  }

  return {
    info,
    connection,
    imports,
    opening,
    lost,
    problem,
    view,
    refresh,
    open,
    openAll,
    openLive,
    onProgress,
    cancelImport,
    dismissImport,
    forget,
    close,
  };
});

/** Last part of a path of either system. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
