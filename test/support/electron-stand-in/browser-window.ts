/** `BrowserWindow`: a tab with the states of a window. What a window manager would do happens at once. */
import { EventEmitter } from 'node:events';
import { app } from './app.ts';
import { preventable } from './preventable.ts';
import { type WebPreferences, WebContents } from './web-contents.ts';

export interface WindowOptions {
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
  readonly show?: boolean;
  readonly frame?: boolean;
  readonly titleBarStyle?: string;
  readonly webPreferences?: WebPreferences;
}

const windows = new Set<BrowserWindow>();

export class BrowserWindow extends EventEmitter {
  readonly webContents: WebContents;
  readonly options: WindowOptions;
  #targetId: string | undefined;
  #state = { visible: false, focused: false, minimized: false, maximized: false, fullScreen: false };
  #closed = false;

  constructor(options: WindowOptions) {
    super();
    if (!app.isReady()) throw new Error('Cannot create BrowserWindow before app is ready');
    this.options = options;
    windows.add(this);
    this.webContents = new WebContents(options.webPreferences ?? {}, () => this.#open());
    this.webContents.once('did-finish-load', () => this.emit('ready-to-show'));
    if (options.show !== false) this.show();
  }

  static getAllWindows(): BrowserWindow[] {
    return [...windows];
  }
  static getFocusedWindow(): BrowserWindow | null {
    return [...windows].find((window) => window.isFocused()) ?? null;
  }

  async #open() {
    const { width = 800, height = 600 } = this.options;
    const connection = await app.browser();
    const created = await connection.browser.send<{ targetId: string }>('Target.createTarget', {
      url: 'about:blank',
      newWindow: true,
      width,
      height,
    });
    const { targetId } = created;
    this.#targetId = targetId;
    const cdp = await connection.attach(targetId);
    await cdp.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
    return cdp;
  }

  show(): void {
    this.#state.visible = true;
    this.emit('show');
    this.focus();
  }
  focus(): void {
    for (const other of windows) if (other !== this) other.blur();
    this.#state.focused = true;
    this.emit('focus');
  }
  blur(): void {
    if (!this.#state.focused) return;
    this.#state.focused = false;
    this.emit('blur');
  }
  minimize(): void {
    this.#state.minimized = true;
    this.emit('minimize');
  }
  restore(): void {
    this.#state.minimized = false;
    this.emit('restore');
  }
  maximize(): void {
    this.#state.maximized = true;
    this.emit('maximize');
  }
  unmaximize(): void {
    this.#state.maximized = false;
    this.emit('unmaximize');
  }
  isVisible = (): boolean => this.#state.visible;
  isFocused = (): boolean => this.#state.focused;
  isMinimized = (): boolean => this.#state.minimized;
  isMaximized = (): boolean => this.#state.maximized;
  isFullScreen = (): boolean => this.#state.fullScreen;
  isDestroyed = (): boolean => this.#closed;
  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    const { x = 10, y = 10, width = 800, height = 600 } = this.options;
    return { x, y, width, height };
  }

  /** Asks the application, which may keep the window. */
  close(): void {
    if (this.#closed) return;
    const event = preventable({});
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }
  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    windows.delete(this);
    const { webContents } = this;
    webContents.destroyed();
    const targetId = this.#targetId;
    if (targetId !== undefined) {
      void app
        .browser()
        .then((connection) => connection.browser.send('Target.closeTarget', { targetId }))
        .catch(() => undefined);
    }
    this.emit('closed');
    app.windowClosed(windows.size);
  }
}

app.windows = () => BrowserWindow.getAllWindows();
