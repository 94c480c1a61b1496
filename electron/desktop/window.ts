/** One window: what its page is told. Messages for a page that does not listen yet are kept until it does. */
import { type BrowserWindow, type WebContents } from 'electron';
import type { ServerMessage } from '../../core/session/client.ts';
import type { WindowState } from '../../core/session/shell.ts';
import { CHANNEL } from './channels.ts';

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

/** The window's messages; its state is told whenever it changes. */
export function desktopWindow(browser: BrowserWindow): DesktopWindow {
  const contents = browser.webContents;
  // After `closed` the contents are gone, and its number with them.
  const { id } = contents;
  let kept: ServerMessage[] | undefined = [];

  const tell = (message: ServerMessage): void => {
    if (!contents.isDestroyed()) contents.send(CHANNEL.message, message);
  };
  const tellState = (): void => {
    if (contents.isDestroyed()) return;
    const state: WindowState = {
      maximized: browser.isMaximized(),
      fullScreen: browser.isFullScreen(),
      focused: browser.isFocused(),
    };
    contents.send(CHANNEL.windowState, state);
  };
  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) kept ??= [];
  });
  browser.on('maximize', tellState);
  browser.on('unmaximize', tellState);
  browser.on('enter-full-screen', tellState);
  browser.on('leave-full-screen', tellState);
  browser.on('blur', tellState);
  browser.on('focus', tellState);

  return {
    id,
    browser,
    contents,
    tell,
    tellState,
    listens() {
      for (const message of kept ?? []) tell(message);
      kept = undefined;
    },
    command(command, argument) {
      const message: ServerMessage = { type: 'push', event: 'command', payload: { command, argument } };
      if (kept === undefined) tell(message);
      else kept.push(message);
    },
  };
}
