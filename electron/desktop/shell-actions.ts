/** What the menu asks of the shell itself, not of a page: windows, files, zoom, the end. */
import { app } from 'electron';
import { type ShellAction } from './commands.ts';
import { chooseFiles } from './dialogs.ts';
import { type DesktopWindow } from './window.ts';
import { type DesktopWindows } from './windows.ts';

/** Largest and smallest size of the interface (ui.md §7). */
const ZOOM = { least: 0.8, most: 2, step: 0.1 };

/** Runs an action on the current window. `openTrace` opens what the person chose. */
export function runShellAction(action: ShellAction, windows: DesktopWindows, openTrace: (path: string) => void): void {
  const window = windows.current();
  switch (action) {
    case 'new-window':
      windows.open();
      break;
    case 'open':
      if (window !== undefined) void chooseFiles(window.browser, action).then((files) => files.forEach(openTrace));
      break;
    case 'close-window':
      window?.browser.close();
      break;
    case 'quit':
      app.quit();
      break;
    case 'zoom-in':
      zoom(window, ZOOM.step);
      break;
    case 'zoom-out':
      zoom(window, -ZOOM.step);
      break;
    case 'zoom-reset':
      window?.contents.setZoomFactor(1);
      break;
    case 'developer-tools':
      window?.contents.toggleDevTools();
      break;
    case 'about':
      app.showAboutPanel();
      break;
  }
}

function zoom(window: DesktopWindow | undefined, by: number): void {
  const contents = window?.contents;
  contents?.setZoomFactor(Math.min(ZOOM.most, Math.max(ZOOM.least, contents.getZoomFactor() + by)));
}
