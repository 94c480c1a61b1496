/**
 * Opening files: the system's dialog where a desktop shell offers one, our own folder list in a browser. A dropped file
 * has a path only in the desktop shell; a browser keeps it to itself, so there the bytes are sent to the host.
 */
import { keep } from './remember.ts';
import { useApp } from './stores/app.ts';
import { useImportDraft } from './stores/import-draft.ts';
import { useUi } from './stores/ui.ts';
import { messageOf } from './transport.ts';

export async function chooseAndOpen(): Promise<void> {
  const bridge = window.gicscope;
  if (bridge === undefined) useUi().openDialog('open');
  else await useApp().openAll(await bridge.chooseFiles('open'));
}

/** Recordings to import with what has to be said about them; in a browser they are chosen in the dialog itself. */
export async function chooseAndImport(): Promise<void> {
  const bridge = window.gicscope;
  const files = bridge === undefined ? [] : await bridge.chooseFiles('import');
  if (bridge !== undefined && files.length === 0) return;
  useImportDraft().begin(files);
  useUi().openDialog('import');
}

/** A scenario to record live, chosen by a person; in a browser its own dialog goes on by itself. */
export async function chooseScenario(): Promise<readonly string[]> {
  const bridge = window.gicscope;
  if (bridge !== undefined) return bridge.chooseFiles('scenario');
  useUi().openDialog('open', 'live');
  return [];
}

/** A trace is not where it was: the person shows where it is, and its old place is forgotten. */
export async function locateAndOpen(lost: string): Promise<void> {
  useApp().lost = lost;
  keep('folder', lost.replace(/[\\/][^\\/]*$/, ''));
  await chooseAndOpen();
}

/** Files let go over the window; over the import dialog they join those that are there. */
export async function openDropped(files: Iterable<File>): Promise<void> {
  const app = useApp();
  const bridge = window.gicscope;
  try {
    const paths: string[] = [];
    for (const file of files) paths.push(bridge?.pathForFile(file) || (await upload(file)));
    if (useUi().dialog === 'import') useImportDraft().add(paths);
    else await app.openAll(paths);
  } catch (error) {
    app.problem = { title: 'The dropped file could not be taken', message: messageOf(error) };
    if (app.view !== 'start') useUi().notify('error', messageOf(error));
  }
}

/** Sends a file to the browser host. @returns its path there */
async function upload(file: File): Promise<string> {
  const app = useApp();
  app.opening = file.name;
  try {
    const response = await fetch(`upload/${encodeURIComponent(file.name)}`, { method: 'PUT', body: file });
    if (!response.ok) throw new Error((await response.text()).replace(/^gicscope: /, '').trim());
    const stored: unknown = await response.json();
    if (typeof stored === 'object' && stored !== null && 'path' in stored && typeof stored.path === 'string') {
      return stored.path;
    }
    throw new Error('the host did not say where it put the file');
  } finally {
    app.opening = '';
  }
}
