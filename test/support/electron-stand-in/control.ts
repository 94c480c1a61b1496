/** The test's hand inside the application's process: commands come over the child process's channel. */
import { inside } from './address.ts';
import { app } from './app.ts';
import { BrowserWindow } from './browser-window.ts';
import { type Frame, ipcMain } from './ipc-main.ts';
import { decodeClone } from './clone.ts';
import { type StandInRecord, record } from './record.ts';
import { defaultSession } from './session.ts';
import { Menu, prepareAnswer } from './system.ts';
import { preventable } from './preventable.ts';
import type { WindowOptions } from './browser-window.ts';

export interface StandInState extends StandInRecord {
  readonly windows: readonly {
    readonly url: string;
    readonly visible: boolean;
    readonly focused: boolean;
    readonly maximized: boolean;
    readonly zoom: number;
    readonly options: WindowOptions;
  }[];
}

function first(): BrowserWindow {
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) throw new Error('there is no window');
  return window;
}

/** Every command that a test can give. Arguments and answers must be copyable. */
export const COMMANDS = {
  /** Origin of the windows inside of the browser. */
  origin: (): string => inside('gicscope://app'),
  state(): StandInState {
    return {
      ...record,
      windows: BrowserWindow.getAllWindows().map((window) => ({
        url: window.webContents.getURL(),
        visible: window.isVisible(),
        focused: window.isFocused(),
        maximized: window.isMaximized(),
        zoom: window.webContents.getZoomFactor(),
        options: window.options,
      })),
    };
  },
  answer: (method: string, value: unknown): void => prepareAnswer(method, value),
  menu(labels: readonly string[]): { label: string; accelerator: string; enabled: boolean; items: string[] } {
    const item = Menu.getApplicationMenu()?.find(labels);
    return {
      label: item?.label ?? '',
      accelerator: item?.accelerator ?? '',
      enabled: item?.enabled !== false,
      items: (item?.submenu ?? []).map(({ label, role, type }) => label ?? role ?? type ?? ''),
    };
  },
  click(labels: readonly string[]): void {
    const item = Menu.getApplicationMenu()?.find(labels);
    if (item?.click === undefined) throw new Error(`${labels.join(' › ')} does nothing`);
    item.click(item, BrowserWindow.getFocusedWindow() ?? undefined, {});
  },
  /** Events of the system: `open-file`, `second-instance`, `activate`. Whether the default was prevented. */
  emit(event: string, args: readonly unknown[]): boolean {
    const first = preventable({});
    app.emit(event, first, ...args);
    return first.defaultPrevented;
  },
  paths: (paths: Readonly<Record<string, string>>): Promise<void> => first().webContents.setPaths(paths),
  permission: (name: string): Promise<object> => defaultSession.decide(first().webContents, name),
  /** A message as if a frame of this URL had sent it from the window. */
  async forge(frame: Frame | null, channel: string, args: readonly unknown[]): Promise<unknown> {
    return decodeClone(await ipcMain.ask(first().webContents, frame, channel, args));
  },
  forgeSend(frame: Frame | null, channel: string, args: readonly unknown[]): void {
    ipcMain.deliver(first().webContents, frame, channel, args);
  },
  closeWindow: (): void => first().close(),
  quit: (): void => app.quit(),
};
export type Commands = typeof COMMANDS;

interface Request {
  readonly id: number;
  readonly command: keyof Commands;
  readonly args: readonly unknown[];
}

process.on('message', (request: Request) => {
  const { id, command, args } = request;
  // The channel is typed on the test's side (launch.ts) from the same table.
  const run = COMMANDS[command] as (...args: readonly unknown[]) => unknown;
  Promise.resolve()
    .then(() => run(...args))
    .then(
      (value) => process.send?.({ id, value }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? error.message : String(error) }),
    );
});
// The channel alone does not keep the application alive.
process.channel?.unref();
