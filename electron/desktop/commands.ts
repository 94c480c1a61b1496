/**
 * The application menu as a table. What the window can do by itself is named by the window's own command id and sent to
 * it as a `command` push; what only the shell can do is an action of the shell; editing is the system's role.
 */

export type ShellAction =
  'open' | 'new-window' | 'close-window' | 'quit' | 'zoom-in' | 'zoom-out' | 'zoom-reset' | 'developer-tools' | 'about';

/** Roles that the system carries out in the focused field. */
type EditRole = 'cut' | 'copy' | 'paste' | 'selectAll' | 'togglefullscreen';

export type MenuRow =
  | { readonly type: 'window'; readonly id: string; readonly label: string; readonly keys?: string }
  | { readonly type: 'shell'; readonly action: ShellAction; readonly label: string; readonly keys?: string }
  | { readonly type: 'role'; readonly role: EditRole }
  | { readonly type: 'recent'; readonly label: string }
  | { readonly type: 'separator' };

export interface MenuColumn {
  readonly label: string;
  readonly rows: readonly MenuRow[];
}

const SEPARATOR: MenuRow = { type: 'separator' };

/** `CmdOrCtrl` is Electron's word for the key that is Cmd on macOS and Ctrl elsewhere. */
export const MENU: readonly MenuColumn[] = [
  {
    label: '&File',
    rows: [
      { type: 'shell', action: 'new-window', label: 'New Window', keys: 'CmdOrCtrl+Shift+N' },
      SEPARATOR,
      { type: 'shell', action: 'open', label: 'Open…', keys: 'CmdOrCtrl+O' },
      { type: 'recent', label: 'Open Recent' },
      { type: 'window', id: 'import', label: 'Import Recordings…', keys: 'CmdOrCtrl+Shift+O' },
      { type: 'window', id: 'trace.facts', label: 'About This Trace' },
      { type: 'window', id: 'close', label: 'Close Trace', keys: 'CmdOrCtrl+W' },
      SEPARATOR,
      { type: 'window', id: 'report', label: 'Export Report…', keys: 'CmdOrCtrl+E' },
      SEPARATOR,
      { type: 'shell', action: 'close-window', label: 'Close Window', keys: 'CmdOrCtrl+Shift+W' },
      { type: 'shell', action: 'quit', label: 'Quit', keys: 'CmdOrCtrl+Q' },
    ],
  },
  {
    label: '&Edit',
    rows: [
      { type: 'window', id: 'undo', label: 'Undo', keys: 'CmdOrCtrl+Z' },
      { type: 'window', id: 'redo', label: 'Redo', keys: 'CmdOrCtrl+Shift+Z' },
      SEPARATOR,
      { type: 'role', role: 'cut' },
      { type: 'role', role: 'copy' },
      { type: 'role', role: 'paste' },
      { type: 'role', role: 'selectAll' },
    ],
  },
  {
    label: '&View',
    rows: [
      { type: 'window', id: 'palette', label: 'Command Palette…', keys: 'CmdOrCtrl+K' },
      SEPARATOR,
      { type: 'window', id: 'inspector.toggle', label: 'Inspector', keys: 'CmdOrCtrl+I' },
      { type: 'window', id: 'dock.toggle', label: 'Lower Dock', keys: 'CmdOrCtrl+J' },
      { type: 'window', id: 'zoom.fit', label: 'Show Whole Trace' },
      SEPARATOR,
      { type: 'window', id: 'theme', label: 'Dark or Light', keys: 'CmdOrCtrl+Shift+L' },
      { type: 'window', id: 'theme.system', label: 'Theme of the System' },
      SEPARATOR,
      { type: 'shell', action: 'zoom-in', label: 'Larger', keys: 'CmdOrCtrl+Plus' },
      { type: 'shell', action: 'zoom-out', label: 'Smaller', keys: 'CmdOrCtrl+-' },
      { type: 'shell', action: 'zoom-reset', label: 'Actual Size' },
      { type: 'role', role: 'togglefullscreen' },
    ],
  },
  {
    label: '&Go',
    rows: [
      { type: 'window', id: 'run.forward', label: 'Continue', keys: 'F5' },
      { type: 'window', id: 'run.backward', label: 'Reverse-Continue', keys: 'Shift+F5' },
      { type: 'window', id: 'step.forward', label: 'Step', keys: 'F10' },
      { type: 'window', id: 'step.backward', label: 'Step Back', keys: 'Shift+F10' },
      SEPARATOR,
      { type: 'window', id: 'go.to', label: 'Go to Event or Time…' },
      { type: 'window', id: 'breakpoint.edit', label: 'New Breakpoint…', keys: 'Shift+F9' },
    ],
  },
  {
    label: '&Help',
    rows: [
      { type: 'window', id: 'keyboard', label: 'Keyboard Map', keys: 'F1' },
      { type: 'shell', action: 'developer-tools', label: 'Developer Tools', keys: 'CmdOrCtrl+Shift+I' },
      SEPARATOR,
      { type: 'shell', action: 'about', label: 'About gicscope' },
    ],
  },
];
