/**
 * The windows. Each is sandboxed, draws its own title bar (ui.md §2), and shows one page. Messages for a page that does
 * not listen yet are kept until it does.
 */
import { type WebContents, BrowserWindow, nativeTheme, screen } from 'electron';
import type { ServerMessage } from '../../core/session/client.ts';
import type { WindowState } from '../../core/session/shell.ts';
import { CHANNEL } from './channels.ts';
import { guardContents } from './guards.ts';
import { pageUrl } from './page.ts';
import { SMALLEST, isOnScreen, readWindowPlace, writeWindowPlace } from './window-state.ts';

export interface DesktopWindow {
  readonly id: number;
  readonly browser: BrowserWindow;
  readonly contents: WebContents;
  tell(message: ServerMessage): void;
  /** The page listens: what was kept is told now. */
  listens(): void;
  /** Runs a command of the page. */
  command(command: string, argument: string): void;
  tellState(): void;
}

export interface DesktopWindows {
  open(trace?: string): DesktopWindow;
  of(contentsId: number): DesktopWindow | undefined;
  /** The focused one, else the one focused last. */
  current(): DesktopWindow | undefined;
  readonly count: number;
  onClosed(handler: (window: DesktopWindow) => void): void;
  /** The handler may keep a window open by answering true. */
  onClosing(handler: (window: DesktopWindow) => boolean): void;
}

export interface WindowsOptions {
  /** Path of the built preload. */
  readonly preload: string;
  /** Keeps size and place. */
  readonly stateFile: string;
}

/** Colours of the window before its page is drawn: `bg` of both themes. */
const BACKGROUND = { dark: '#0b0d11', light: '#ffffff' };

export function createWindows({ preload, stateFile }: WindowsOptions): DesktopWindows {
  const windows = new Map<number, DesktopWindow>();
  const closedHandlers: ((window: DesktopWindow) => void)[] = [];
  const closingHandlers: ((window: DesktopWindow) => boolean)[] = [];
  /** Last focused last. */
  let order: number[] = [];

  function open(trace?: string): DesktopWindow {
    const place = readWindowPlace(stateFile);
    const screens = screen.getAllDisplays().map(({ workArea }) => workArea);
    // Further windows are placed by the system, or they would cover the first.
    const position = windows.size === 0 && isOnScreen(place, screens) ? place.position : null;
    const browser = new BrowserWindow({
      ...place.size,
      ...position,
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      show: false,
      title: 'gicscope',
      titleBarStyle: 'hidden',
      ...(process.platform === 'darwin' ? { trafficLightPosition: { x: 12, y: 13 } } : {}),
      backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
      webPreferences: {
        preload,
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webSecurity: true,
        spellcheck: false,
      },
    });
    const contents = browser.webContents;
    // After `closed` the contents are gone, and its number with them.
    const { id } = contents;
    let kept: ServerMessage[] | undefined = [];

    const tell = (message: ServerMessage): void => {
      if (!contents.isDestroyed()) contents.send(CHANNEL.message, message);
    };
    const window: DesktopWindow = {
      id,
      browser,
      contents,
      tell,
      listens() {
        for (const message of kept ?? []) tell(message);
        kept = undefined;
      },
      command(command, argument) {
        const message: ServerMessage = { type: 'push', event: 'command', payload: { command, argument } };
        if (kept === undefined) tell(message);
        else kept.push(message);
      },
      tellState() {
        if (contents.isDestroyed()) return;
        const state: WindowState = {
          maximized: browser.isMaximized(),
          fullScreen: browser.isFullScreen(),
          focused: browser.isFocused(),
        };
        contents.send(CHANNEL.windowState, state);
      },
    };

    guardContents(contents, browser);
    contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) kept ??= [];
    });
    browser.once('ready-to-show', () => {
      if (place.maximized) browser.maximize();
      browser.show();
    });
    const tellState = (): void => window.tellState();
    browser.on('maximize', tellState);
    browser.on('unmaximize', tellState);
    browser.on('enter-full-screen', tellState);
    browser.on('leave-full-screen', tellState);
    browser.on('blur', tellState);
    browser.on('focus', () => {
      order = [...order.filter((other) => other !== id), id];
      tellState();
    });
    browser.on('close', (event) => {
      if (closingHandlers.some((handler) => handler(window))) event.preventDefault();
      else {
        const { x, y, width, height } = browser.getNormalBounds();
        writeWindowPlace(stateFile, { size: { width, height }, position: { x, y }, maximized: browser.isMaximized() });
      }
    });
    browser.on('closed', () => {
      windows.delete(id);
      order = order.filter((other) => other !== id);
      for (const handler of closedHandlers) handler(window);
    });

    windows.set(id, window);
    order = [id, ...order];
    void contents.loadURL(pageUrl(trace)).catch((error: unknown) => {
      // A page that was replaced or closed while it loaded is no failure.
      if (!contents.isDestroyed()) console.error(`gicscope: ${error instanceof Error ? error.message : String(error)}`);
    });
    return window;
  }

  return {
    open,
    of: (id) => windows.get(id),
    current: () => windows.get(order.at(-1) ?? -1),
    get count() {
      return windows.size;
    },
    onClosed: (handler) => void closedHandlers.push(handler),
    onClosing: (handler) => void closingHandlers.push(handler),
  };
}
