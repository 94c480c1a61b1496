/**
 * What no page may do, ours or one that got in: leave, open windows, embed, ask for devices. A link to the web goes to the
 * system's browser, after the person agreed to the address they see.
 */
import { type BrowserWindow, type Session, type WebContents, dialog, shell } from 'electron';
import { isOurPage } from './page.ts';
import { webAddress } from './web-address.ts';

/** Writing plain text to the clipboard (Copy); everything else is denied. */
const ALLOWED = 'clipboard-sanitized-write';

export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer) => {
    answer(permission === ALLOWED && isOurPage(contents.getURL()));
  });
  session.setPermissionCheckHandler((contents, permission) => {
    return permission === ALLOWED && contents !== null && isOurPage(contents.getURL());
  });
  session.setDevicePermissionHandler(() => false);
}

export function guardContents(contents: WebContents, window: BrowserWindow): void {
  contents.on('will-navigate', (event) => {
    if (!isOurPage(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame || !isOurPage(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  let asking = false;
  contents.setWindowOpenHandler(({ url }) => {
    const address = webAddress(url);
    // One question at a time: a page cannot bury the person in them.
    if (address !== undefined && !asking) {
      asking = true;
      void openOutside(address, window).finally(() => {
        asking = false;
      });
    }
    return { action: 'deny' };
  });
}

async function openOutside(address: string, window: BrowserWindow): Promise<void> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: 'Open this page in your browser?',
    detail: address.length > 500 ? `${address.slice(0, 500)}…` : address,
    buttons: ['Open', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
  });
  if (response === 0) await shell.openExternal(address);
}
