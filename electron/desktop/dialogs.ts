/** The system's dialogs. */
import { statSync } from 'node:fs';
import { type BrowserWindow, dialog, shell } from 'electron';

const TRACES = { name: 'gicscope traces', extensions: ['gscope'] };
const RECORDINGS = { name: 'Recordings', extensions: ['log', 'txt', 'trace', 'dat', 'xz', 'gz', 'zst'] };
const ALL = { name: 'All files', extensions: ['*'] };

/** `open`: traces and recordings; `import`: recordings. Empty when the person cancels. */
export async function chooseFiles(window: BrowserWindow, purpose: 'open' | 'import'): Promise<string[]> {
  const both = { name: 'Traces and recordings', extensions: [...TRACES.extensions, ...RECORDINGS.extensions] };
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title: purpose === 'open' ? 'Open' : 'Import a recording',
    properties: ['openFile', 'multiSelections'],
    // Recordings have any name: by default nothing is filtered out.
    filters: purpose === 'open' ? [ALL, both, TRACES] : [ALL, RECORDINGS],
  });
  return canceled ? [] : filePaths;
}

/** Where a report goes; null when the person cancels. The dialog asked about overwriting. */
export async function chooseReport(
  window: BrowserWindow,
  format: 'html' | 'md',
  suggestedName: string,
): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    title: 'Export a report',
    defaultPath: suggestedName,
    filters: [{ name: format === 'html' ? 'Web page' : 'Markdown', extensions: [format] }],
    properties: ['showOverwriteConfirmation', 'createDirectory'],
  });
  return canceled || filePath === '' ? null : filePath;
}

/** Shows a file in the file manager, if it is one. */
export function reveal(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) shell.showItemInFolder(path);
}
