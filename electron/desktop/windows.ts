/** The windows. Each is sandboxed, draws its own title bar (ui.md §2), and shows one page. */
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { guardContents } from './guards.ts';
import { pageUrl } from './page.ts';
import { type DesktopWindow, desktopWindow } from './window.ts';
import { SMALLEST, isOnScreen, readWindowPlace, writeWindowPlace } from './window-state.ts';

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
    const window = desktopWindow(browser);
    const { id, contents } = window;

    guardContents(contents, browser);
    browser.once('ready-to-show', () => {
      if (place.maximized) browser.maximize();
      browser.show();
    });
    browser.on('focus', () => {
      order = [...order.filter((other) => other !== id), id];
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
