/** The window and the application. */
import { chooseAndImport, chooseAndOpen } from '../open-file.ts';
import { cyclePane } from '../panes.ts';
import { useApp } from '../stores/app.ts';
import { useUi } from '../stores/ui.ts';
import { redo, undo } from '../undo.ts';
import { inGroup } from './command.ts';

export const APPLICATION_COMMANDS = inGroup('Application', [
  ['palette', 'Command palette', 'Ctrl+K', 'always', () => useUi().openDialog('palette')],
  ['open', 'Open a trace or recording…', 'Ctrl+O', 'always', chooseAndOpen, { hint: 'open file' }],
  ['import', 'Import recordings, with options…', 'Ctrl+Shift+O', 'always', chooseAndImport],
  ['close', 'Close the trace', 'Ctrl+W', 'session', () => useApp().close()],
  ['trace.facts', 'About this trace', '', 'session', () => useUi().openDialog('trace')],
  ['report', 'Export a report…', 'Ctrl+E Ctrl+4', 'session', () => useUi().openDialog('report')],
  ['undo', 'Undo', 'Ctrl+Z', 'session', async () => say('Undone', await undo())],
  ['redo', 'Redo', 'Ctrl+Shift+Z Ctrl+Y', 'session', async () => say('Redone', await redo())],
  ['pane.next', 'Next pane', 'F6', 'session', () => cyclePane(1), { keyOnly: true }],
  ['pane.previous', 'Previous pane', 'Shift+F6', 'session', () => cyclePane(-1), { keyOnly: true }],
  [
    'inspector.toggle',
    'Show or hide the inspector',
    'Ctrl+I',
    'session',
    () => void (useUi().inspectorVisible = !useUi().inspectorVisible),
  ],
  [
    'dock.toggle',
    'Show or hide the lower dock',
    'Ctrl+J',
    'session',
    () => void (useUi().dockOpen = !useUi().dockOpen),
  ],
  ['theme', 'Dark or light', 'Ctrl+Shift+L', 'always', () => useUi().toggleTheme()],
  ['theme.system', 'Theme of the system', '', 'always', () => void (useUi().themeChoice = 'system')],
  ['theme.contrast', 'High contrast', '', 'always', () => void (useUi().themeChoice = 'contrast')],
  ['settings', 'Settings', 'Ctrl+,', 'always', () => useUi().openDialog('settings')],
  ['keyboard', 'Keyboard map', 'F1 ?', 'always', () => useUi().openDialog('keyboard'), { hint: 'all shortcuts' }],
]);

function say(what: string, title: string | undefined): void {
  useUi().announce(title === undefined ? `Nothing to ${what === 'Undone' ? 'undo' : 'redo'}` : `${what}: ${title}`);
}
