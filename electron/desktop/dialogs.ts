/** The system's dialogs. */
import { statSync } from 'node:fs';
import { type BrowserWindow, dialog, shell } from 'electron';
import { type ReportFile } from '../../core/session/shell.ts';

const TRACES = { name: 'gicscope traces', extensions: ['gscope'] };
const RECORDINGS = { name: 'Recordings', extensions: ['log', 'txt', 'trace', 'dat', 'xz', 'gz', 'zst'] };
const SCENARIOS = { name: 'Scenarios', extensions: ['yaml', 'yml'] };
const DEVICE_TREES = { name: 'Device tree blobs', extensions: ['dtb', 'fdt'] };
const ALL = { name: 'All files', extensions: ['*'] };

export const PURPOSES = ['open', 'import', 'scenario', 'device-tree'] as const;
type Purpose = (typeof PURPOSES)[number];

const TITLES: Record<Purpose, string> = {
  open: 'Open',
  import: 'Import recordings',
  scenario: 'Record a scenario live',
  'device-tree': 'Device tree of the recorded machine',
};
const ANY = {
  name: 'Traces, recordings and scenarios',
  extensions: [...TRACES.extensions, ...RECORDINGS.extensions, ...SCENARIOS.extensions],
};
// Recordings have any name: by default nothing is filtered out.
const FILTERS: Record<Purpose, Electron.FileFilter[]> = {
  open: [ALL, ANY, TRACES, SCENARIOS],
  import: [ALL, RECORDINGS],
  scenario: [SCENARIOS, ALL],
  'device-tree': [ALL, DEVICE_TREES],
};
/** Of which one at a time is asked for. */
const SINGLE: ReadonlySet<Purpose> = new Set(['scenario', 'device-tree']);

/** `open`: traces, recordings and scenarios; the others what their names say. Empty when the person cancels. */
export async function chooseFiles(window: BrowserWindow, purpose: Purpose): Promise<string[]> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title: TITLES[purpose],
    properties: SINGLE.has(purpose) ? ['openFile'] : ['openFile', 'multiSelections'],
    filters: FILTERS[purpose],
  });
  return canceled ? [] : filePaths;
}

const REPORT_FILES: Record<ReportFile, string> = { html: 'Web page', md: 'Markdown', txt: 'Text' };

/** Where a report goes; null when the person cancels. The dialog asked about overwriting. */
export async function chooseReport(
  window: BrowserWindow,
  kind: ReportFile,
  suggestedName: string,
): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    title: 'Export a report',
    defaultPath: suggestedName,
    filters: [{ name: REPORT_FILES[kind], extensions: [kind] }],
    properties: ['showOverwriteConfirmation', 'createDirectory'],
  });
  return canceled || filePath === '' ? null : filePath;
}

/** Whether imports that are running may be stopped, because the application ends. */
export async function confirmStop(window: BrowserWindow | undefined, running: number): Promise<boolean> {
  const options: Electron.MessageBoxOptions = {
    type: 'question',
    message: running === 1 ? 'An import is still running.' : `${running} imports are still running.`,
    detail: 'If you quit, it stops here. What was imported so far is kept and can be opened.',
    buttons: ['Stop and Quit', 'Keep Running'],
    defaultId: 1,
    cancelId: 1,
  };
  const { response } = await (window === undefined
    ? dialog.showMessageBox(options)
    : dialog.showMessageBox(window, options));
  return response === 0;
}

/** Shows a file in the file manager, if it is one. */
export function reveal(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) shell.showItemInFolder(path);
}
