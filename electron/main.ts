/** Entry of the desktop application: one instance, its windows, menu, files, and its end. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Menu, type BrowserWindow, app, dialog, protocol, session } from 'electron';
import { startBackend } from './backend-thread.ts';
import { confirmStop } from './desktop/dialogs.ts';
import { guardSession } from './desktop/guards.ts';
import { serveIpc } from './desktop/ipc.ts';
import { type MenuActions, menuTemplate } from './desktop/menu.ts';
import { SCHEME, servePage } from './desktop/page.ts';
import { prepareQuit } from './desktop/quit.ts';
import { runShellAction } from './desktop/shell-actions.ts';
import { type SecondStart, secondStartSchema, traceArgument } from './desktop/start-arguments.ts';
import { createWindows } from './desktop/windows.ts';
import { findPlaces } from './places.ts';

const here = dirname(fileURLToPath(import.meta.url));

function start(firstTrace: string | undefined): void {
  const places = findPlaces(import.meta.url);
  const backend = startBackend(import.meta.url, places);
  const windows = createWindows({
    preload: join(here, '..', 'preload', 'preload.cjs'),
    stateFile: join(dirname(places.stateFile), 'window.json'),
  });
  let recent: readonly string[] = [];
  /** macOS tells of a file before there is a window. */
  let ready = false;
  let waiting = firstTrace;

  const quitting = prepareQuit(app, backend, (running) => confirmStop(windows.current()?.browser, running));

  function openTrace(path: string): void {
    if (!ready) waiting = path;
    else {
      const window = windows.current();
      if (window === undefined) windows.open(path);
      else {
        window.command('open', path);
        bringUp(window.browser);
      }
    }
  }

  function showMenu(): void {
    const actions: MenuActions = {
      shell: (action) => runShellAction(action, windows, openTrace),
      window: commandToWindow,
    };
    Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(actions, recent)));
  }
  function commandToWindow(id: string, argument: string): void {
    if (id === 'open') openTrace(argument);
    else windows.current()?.command(id, argument);
  }
  /** The menu lists what the backend remembers. */
  async function refreshRecent(): Promise<void> {
    const info = await backend.handle('app.info', {}, new AbortController().signal);
    recent = info.recent.filter(({ found }) => found).map(({ path }) => path);
    showMenu();
  }
  const refreshRecentSoon = (): void =>
    void refreshRecent().catch((error: unknown) => console.error(`gicscope: recent traces: ${String(error)}`));

  serveIpc(backend, windows, {
    opened(path) {
      app.addRecentDocument(path);
      refreshRecentSoon();
    },
    showMenu(window, x, y) {
      Menu.getApplicationMenu()?.popup({ window: window.browser, x: Math.round(x), y: Math.round(y) });
    },
  });
  windows.onClosing(() => quitting.holds(windows.count - 1));
  app.on('second-instance', (_event, _argv, _cwd, data) => {
    const told = secondStartSchema.safeParse(data);
    const window = windows.current()?.browser;
    if (told.success && told.data.trace !== null) openTrace(told.data.trace);
    else if (window !== undefined) bringUp(window);
    else if (ready) windows.open();
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    openTrace(path);
  });
  app.on('activate', () => {
    if (ready && windows.count === 0) windows.open();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('render-process-gone', (_event, contents, { reason }) => {
    const window = windows.of(contents.id)?.browser;
    if (reason === 'clean-exit' || window === undefined) return;
    dialog.showErrorBox(
      'The window stopped',
      `Its process ended (${reason}). It is loaded again; your trace is not harmed.`,
    );
    contents.reload();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => quitting.now());

  // Not awaited at the top level: Electron becomes ready only after this module was evaluated.
  void app.whenReady().then(() => {
    guardSession(session.defaultSession);
    protocol.handle(SCHEME, (request) => servePage(places.renderer, request));
    app.setAboutPanelOptions({
      applicationName: 'gicscope',
      applicationVersion: app.getVersion(),
      copyright: 'Apache-2.0',
    });
    showMenu();
    refreshRecentSoon();
    ready = true;
    windows.open(waiting);
  });
}

function bringUp(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

protocol.registerSchemesAsPrivileged([
  { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
]);
app.setName('gicscope');
const trace = traceArgument(process.argv, app.isPackaged, process.cwd());
const secondStart: SecondStart = { trace: trace ?? null };
if (app.requestSingleInstanceLock(secondStart)) start(trace);
else app.quit();
