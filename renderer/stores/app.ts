/**
 * The application around the traces: connection, recent files, samples, and the way from a path to an open trace. A path
 * is looked at first (`files.detect`): a trace is opened, a recording is imported and then opened. Several recordings at
 * once may be one machine seen from several sides: what is to be done with them is asked first.
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { type Result, type TaskProgress } from '../../core/session/contract.ts';
import { type Connection } from '../../core/session/client.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { useImportDraft } from './import-draft.ts';
import { type ImportTask, useImports } from './imports.ts';
import { useLive } from './live.ts';
import { useTrace } from './trace.ts';
import { useUi } from './ui.ts';

export type AppInfo = Result<'app.info'>;
export type Recent = AppInfo['recent'][number];

export interface Problem {
  readonly title: string;
  readonly message: string;
}

export const useApp = defineStore('app', () => {
  const info = shallowRef<AppInfo | undefined>();
  const connection = shallowRef<Connection>({ state: 'connecting' });
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

  /** What a person chose or dropped together. */
  async function openAll(paths: readonly string[]): Promise<void> {
    const [first, ...more] = paths;
    if (first === undefined) return;
    if (more.length === 0) return open(first);
    problem.value = undefined;
    try {
      const found = await Promise.all(paths.map((path) => backend().call('files.detect', { path })));
      const isAlone = paths.map((_path, i) => found[i]?.kind === 'gscope' || found[i]?.format === 'scenario');
      for (const [i, path] of paths.entries()) if (isAlone[i] === true) await open(path);
      const together = paths.filter((_path, i) => isAlone[i] !== true);
      if (together.length === 0) return;
      useImportDraft().begin(together);
      useUi().openDialog('import');
    } catch (error) {
      if (!isCancelled(error))
        problem.value = { title: 'These files could not be looked at', message: messageOf(error) };
    }
  }

  async function startImport(files: string[]): Promise<void> {
    await afterReport(await useImports().start({ files }));
  }

  async function onProgress(progress: TaskProgress): Promise<void> {
    await afterReport(useImports().onProgress(progress));
  }

  /** The trace of a source that grows is opened as soon as it is there, any other when it is done. */
  async function afterReport(task: ImportTask): Promise<void> {
    const { id, own, output, progress } = task;
    if (!own || progress === undefined) return;
    const isOpen = useTrace().info?.path === output;
    if (progress.state === 'running') {
      if (task.follow && progress.phase === 'Follow' && !isOpen && !shown.has(id)) await showGrowing(task);
      return;
    }
    await refresh();
    // A stop that kept nothing leaves no trace to open; its card says so.
    if (progress.output === null) return;
    useImports().dismiss(id);
    if (isOpen) return;
    // A person who went on to another trace is not thrown out of it.
    if (view.value === 'start' && !shown.has(id)) await open(progress.output);
    else useUi().notify('note', `${fileName(output)} is ready.`);
  }

  /** Sources that grow and were opened once: whoever closed one is not brought back to it. */
  const shown = new Set<number>();
  async function showGrowing({ id, output }: ImportTask): Promise<void> {
    shown.add(id);
    try {
      await useTrace().open(output);
      void refresh();
    } catch {
      // Its first events are not in the file yet: the next report tries again.
      shown.delete(id);
    }
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
    opening,
    lost,
    problem,
    view,
    refresh,
    open,
    openAll,
    openLive,
    onProgress,
    afterReport,
    forget,
    close,
  };
});

/** Last part of a path of either system. */
export function fileName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
