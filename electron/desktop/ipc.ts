/**
 * Everything a page can ask of the main process. Each message is checked in one of the two functions at the end: it must
 * come from the main frame of one of our pages, and its arguments must fit a schema; calls of the session go on to their
 * seat (dispatch.ts), which checks them against the contract.
 */
import { type IpcMainEvent, type IpcMainInvokeEvent, ipcMain } from 'electron';
import { z } from 'zod';
import type { BackendHost } from '../backend-host.ts';
import { type Seat, takeSeat } from '../dispatch.ts';
import { CHANNEL } from './channels.ts';
import { chooseFiles, chooseReport, PURPOSES, reveal } from './dialogs.ts';
import { isOurPage } from './page.ts';
import type { DesktopWindow } from './window.ts';
import type { DesktopWindows } from './windows.ts';

type PageEvent = IpcMainEvent | IpcMainInvokeEvent;

const nothing = z.tuple([]);
const text = z.string().max(4096);

export interface IpcHooks {
  /** A page opened this trace. */
  opened(path: string): void;
  /** Shows the application menu at a point of the window. */
  showMenu(window: DesktopWindow, x: number, y: number): void;
}

export function serveIpc(backend: BackendHost, windows: DesktopWindows, hooks: IpcHooks): void {
  const seats = new Map<number, Seat>();

  on(CHANNEL.hello, nothing, (window) => {
    const { contents } = window;
    // A page that was loaded again takes a new seat; the calls of the old one end.
    seats.get(contents.id)?.leave();
    const seat = takeSeat(backend, { tell: (message) => window.tell(message), allows: isTrusted });
    seats.set(contents.id, seat);
    window.listens();
  });
  windows.onClosed(({ id }) => {
    seats.get(id)?.leave();
    seats.delete(id);
  });

  ipcMain.handle(CHANNEL.call, async (event, id: unknown, method: unknown, args: unknown) => {
    const seat = seats.get(event.sender.id);
    if (seat === undefined) {
      return { ok: false, failure: { code: 'usage', message: 'this page may not use gicscope' } };
    }
    const outcome = await seat.call(event, id, method, args);
    if (outcome.ok && method === 'trace.open') {
      const opened = z.object({ path: z.string() }).safeParse(outcome.result);
      if (opened.success) hooks.opened(opened.data.path);
    }
    return outcome;
  });
  ipcMain.on(CHANNEL.cancel, (event, id: unknown) => seats.get(event.sender.id)?.cancel(event, id));
  ipcMain.on(CHANNEL.restart, (event) => seats.get(event.sender.id)?.restart(event));

  handle(CHANNEL.chooseFiles, z.tuple([z.enum(PURPOSES)]), (window, [purpose]) => chooseFiles(window.browser, purpose));
  handle(CHANNEL.chooseReport, z.tuple([z.enum(['html', 'md', 'txt']), text]), (window, [kind, name]) =>
    chooseReport(window.browser, kind, name),
  );
  on(CHANNEL.reveal, z.tuple([text]), (_window, [path]) => reveal(path));
  on(CHANNEL.minimize, nothing, (window) => window.browser.minimize());
  on(CHANNEL.toggleMaximize, nothing, ({ browser }) =>
    browser.isMaximized() ? browser.unmaximize() : browser.maximize(),
  );
  on(CHANNEL.close, nothing, (window) => window.browser.close());
  on(CHANNEL.windowState, nothing, (window) => window.tellState());
  const coordinate = z.number().min(0).max(100_000);
  on(CHANNEL.showMenu, z.tuple([coordinate, coordinate]), (window, [x, y]) => hooks.showMenu(window, x, y));

  function on<A extends unknown[]>(
    channel: string,
    schema: z.ZodType<A>,
    run: (window: DesktopWindow, args: A) => void,
  ): void {
    ipcMain.on(channel, (event, ...args: unknown[]) => {
      const window = trustedWindow(event);
      const checked = schema.safeParse(args);
      // A message that nobody waits for has nobody to tell; it is dropped.
      if (window !== undefined && checked.success) run(window, checked.data);
    });
  }
  function handle<A extends unknown[]>(
    channel: string,
    schema: z.ZodType<A>,
    run: (window: DesktopWindow, args: A) => unknown,
  ): void {
    ipcMain.handle(channel, (event, ...args: unknown[]) => {
      const window = trustedWindow(event);
      if (window === undefined) throw new Error('this page may not use gicscope');
      return run(window, schema.parse(args));
    });
  }
  function trustedWindow(event: PageEvent): DesktopWindow | undefined {
    return isTrusted(event) ? windows.of(event.sender.id) : undefined;
  }
}

/** Whether a message comes from the main frame of one of our pages. */
function isTrusted(event: unknown): boolean {
  // Seats get the event that came with the message and nothing else (see above).
  const { senderFrame } = event as PageEvent;
  return senderFrame !== null && senderFrame.parent === null && isOurPage(senderFrame.url);
}
