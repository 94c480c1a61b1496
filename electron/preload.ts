/**
 * The bridge between the page and the main process, built to one CommonJS file that requires only `electron`. It carries
 * and does nothing else: every check is on the other side, where a page cannot reach it.
 */
import { type IpcRendererEvent, contextBridge, ipcRenderer, webUtils } from 'electron';
import type { ServerMessage } from '../core/session/client.ts';
import type { ShellBridge, WindowState } from '../core/session/shell.ts';
import { CHANNEL } from './desktop/channels.ts';

/** Hears one channel; the event object stays here, because it would give the page all of IPC. */
function hear<T>(channel: string, handler: (message: T) => void): () => void {
  const listener = (_event: IpcRendererEvent, message: T): void => handler(message);
  ipcRenderer.on(channel, listener);
  return () => void ipcRenderer.off(channel, listener);
}

/** Electron refuses what is no file; then there is no path either. */
function pathForFile(file: unknown): string {
  try {
    return webUtils.getPathForFile(file as File);
  } catch {
    return '';
  }
}

const bridge: ShellBridge = {
  platform: process.platform,
  call: (id, method, args) => ipcRenderer.invoke(CHANNEL.call, id, method, args),
  cancel: (id) => ipcRenderer.send(CHANNEL.cancel, id),
  restart: () => ipcRenderer.send(CHANNEL.restart),
  on(handler) {
    const stop = hear<ServerMessage>(CHANNEL.message, handler);
    ipcRenderer.send(CHANNEL.hello);
    return stop;
  },
  pathForFile,
  chooseFiles: (purpose) => ipcRenderer.invoke(CHANNEL.chooseFiles, purpose),
  chooseReport: (kind, suggestedName) => ipcRenderer.invoke(CHANNEL.chooseReport, kind, suggestedName),
  reveal: (path) => ipcRenderer.send(CHANNEL.reveal, path),
  window: {
    minimize: () => ipcRenderer.send(CHANNEL.minimize),
    toggleMaximize: () => ipcRenderer.send(CHANNEL.toggleMaximize),
    close: () => ipcRenderer.send(CHANNEL.close),
    showMenu: (x, y) => ipcRenderer.send(CHANNEL.showMenu, x, y),
    onState(handler) {
      const stop = hear<WindowState>(CHANNEL.windowState, handler);
      ipcRenderer.send(CHANNEL.windowState);
      return stop;
    },
  },
};
contextBridge.exposeInMainWorld('gicscope', bridge);
