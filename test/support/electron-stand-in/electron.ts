/** What the application gets when it imports `electron`. A name that is missing here fails its import. */
import './control.ts';
import { defaultSession } from './session.ts';

export { app } from './app.ts';
export { BrowserWindow } from './browser-window.ts';
export { ipcMain } from './ipc-main.ts';
export { protocol } from './protocol.ts';
export { Menu, dialog, nativeTheme, screen, shell } from './system.ts';
export const session = { defaultSession };
