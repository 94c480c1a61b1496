/** `app`: start, files from the system, and the order in which an application ends. */
import { EventEmitter } from 'node:events';
import { CdpConnection } from './cdp.ts';
import { preventable } from './preventable.ts';
import { record } from './record.ts';

interface ClosableWindow {
  close(): void;
  isDestroyed(): boolean;
}

class App extends EventEmitter {
  readonly isPackaged = false;
  name = '';
  /** Set by the windows' module, which needs this one. */
  windows: () => ClosableWindow[] = () => [];
  #browser: Promise<CdpConnection> | undefined;
  #ready = false;
  #quitting = false;
  #firstInstance: boolean | undefined;

  constructor() {
    super();
    // What Electron does between loading the application and `ready`.
    setImmediate(() => {
      this.browser().then(
        () => {
          this.#ready = true;
          this.emit('ready');
        },
        (error: unknown) => {
          console.error(error);
          process.exit(70);
        },
      );
    });
  }

  /** The Chromium whose tabs are the windows; the test has started it. */
  browser(): Promise<CdpConnection> {
    const endpoint = process.env['STAND_IN_CHROMIUM'];
    if (endpoint === undefined) throw new Error('STAND_IN_CHROMIUM is not set');
    this.#browser ??= CdpConnection.connect(endpoint);
    return this.#browser;
  }

  isReady(): boolean {
    return this.#ready;
  }
  whenReady(): Promise<void> {
    return this.#ready ? Promise.resolve() : new Promise((resolve) => this.once('ready', () => resolve()));
  }
  setName(name: string): void {
    this.name = name;
  }
  getVersion(): string {
    return '0.0.0';
  }
  /** Another instance runs if the test says so; then what was handed over is recorded. */
  requestSingleInstanceLock(data?: unknown): boolean {
    this.#firstInstance ??= process.env['STAND_IN_SECOND'] !== '1';
    if (!this.#firstInstance) process.send?.({ handedOver: data });
    return this.#firstInstance;
  }
  addRecentDocument(path: string): void {
    record.recentDocuments.push(path);
  }
  setAboutPanelOptions(): void {
    // Nothing to look at here.
  }
  showAboutPanel(): void {
    record.aboutShown++;
  }

  /** before-quit, then each window may object, then will-quit and quit. */
  quit(): void {
    if (this.#quitting) return;
    const before = preventable({});
    this.emit('before-quit', before);
    if (before.defaultPrevented) return;
    this.#quitting = true;
    for (const window of this.windows()) window.close();
    if (this.windows().length > 0) {
      this.#quitting = false;
      return;
    }
    const will = preventable({});
    this.emit('will-quit', will);
    this.#quitting = false;
    if (!will.defaultPrevented) this.exit(0);
  }
  exit(code: number): void {
    this.emit('quit', {}, code);
    process.exit(code);
  }
  windowClosed(left: number): void {
    if (left > 0 || this.#quitting) return;
    // Without a listener Electron quits by itself.
    if (!this.emit('window-all-closed')) this.quit();
  }
}

export const app = new App();
