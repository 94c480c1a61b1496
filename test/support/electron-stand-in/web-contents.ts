/** `WebContents`: one tab, its preload's world, its requests, and the decisions that Electron asks the application for. */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { inside, outside } from './address.ts';
import type { CdpSession } from './cdp.ts';
import { decodeClone, encodeClone } from './clone.ts';
import { type Frame, argumentsOf, ipcMain } from './ipc-main.ts';
import { preventable } from './preventable.ts';
import { answerRequest } from './protocol.ts';
import { record } from './record.ts';
import { defaultSession } from './session.ts';
import { type FromPreload, type PreloadOptions, type ToPreload, pageWorld, preloadWorld } from './worlds.ts';

export interface WebPreferences {
  readonly preload?: string;
  readonly contextIsolation?: boolean;
  readonly sandbox?: boolean;
  readonly nodeIntegration?: boolean;
}

type WindowOpenHandler = (details: { readonly url: string }) => { readonly action: 'allow' | 'deny' };

const WORLD = 'preload';
const BINDING = 'standInSend';

interface PausedRequest {
  readonly requestId: string;
  readonly frameId: string;
  readonly resourceType: string;
  readonly request: { readonly url: string; readonly method: string };
}

const ELSEWHERE = {
  responseCode: 200,
  responseHeaders: [{ name: 'Content-Type', value: 'text/html' }],
  body: Buffer.from('<title>elsewhere</title>').toString('base64'),
};

let lastId = 0;

export class WebContents extends EventEmitter {
  readonly id = ++lastId;
  readonly session = defaultSession;
  readonly preferences: WebPreferences;
  readonly #opened: Promise<CdpSession>;
  #url = '';
  #frameId = '';
  /** The preload's execution context. */
  #world: number | undefined;
  #mayOpen: WindowOpenHandler = () => ({ action: 'allow' });
  /** A navigation that the application itself started. */
  #ownNavigation = false;
  #destroyed = false;
  #zoom = 1;

  /** `open` makes the tab. */
  constructor(preferences: WebPreferences, open: () => Promise<CdpSession>) {
    super();
    this.preferences = preferences;
    this.#opened = open().then((cdp) => this.#prepare(cdp));
  }

  get mainFrame(): Frame {
    return { url: this.#url, parent: null };
  }
  getURL(): string {
    return this.#url;
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  destroyed(): void {
    this.#destroyed = true;
    this.emit('destroyed');
  }
  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.#mayOpen = handler;
  }
  getZoomFactor(): number {
    return this.#zoom;
  }
  setZoomFactor(factor: number): void {
    this.#zoom = factor;
  }
  toggleDevTools(): void {
    record.developerTools++;
  }

  send(channel: string, ...args: unknown[]): void {
    this.#receive({ type: 'send', channel, args: encodeClone(args) });
  }

  async loadURL(url: string): Promise<void> {
    const cdp = await this.#opened;
    this.#ownNavigation = true;
    const loaded = new Promise((resolve) => cdp.once('Page.loadEventFired', resolve));
    const { errorText } = await cdp.send<{ errorText?: string }>('Page.navigate', { url: inside(url) });
    if (errorText !== undefined) throw new Error(`${errorText} (-3) loading '${url}'`);
    await loaded;
  }

  reload(): void {
    this.#ownNavigation = true;
    void this.#opened.then((cdp) => cdp.send('Page.reload'));
  }

  /** Runs JavaScript in the page. */
  async executeJavaScript(expression: string): Promise<unknown> {
    const cdp = await this.#opened;
    const { result } = await cdp.send<{ result: { value?: unknown } }>('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    return result.value;
  }

  /** Gives dropped files their paths, by name. */
  async setPaths(paths: Readonly<Record<string, string>>): Promise<void> {
    await this.#inPreload(`globalThis.standInPaths = ${JSON.stringify(paths)}`);
  }

  async #prepare(cdp: CdpSession): Promise<CdpSession> {
    const { preload, contextIsolation = true, nodeIntegration = false } = this.preferences;
    const world = contextIsolation ? { worldName: WORLD } : {};
    cdp.on('Runtime.executionContextCreated', (params: ContextCreated) =>
      this.#contextCreated(params, contextIsolation),
    );
    cdp.on(
      'Runtime.bindingCalled',
      ({ payload }: { payload: string }) => void this.#fromPreload(JSON.parse(payload) as FromPreload),
    );
    cdp.on('Fetch.requestPaused', (request: PausedRequest) => void this.#request(cdp, request));
    cdp.on('Page.loadEventFired', () => this.emit('did-finish-load'));
    await cdp.send('Page.enable');
    const tree = await cdp.send<{ frameTree: { frame: { id: string } } }>('Page.getFrameTree');
    this.#frameId = tree.frameTree.frame.id;
    await cdp.send('Fetch.enable', { patterns: [{ urlPattern: '*' }] });
    await cdp.send('Runtime.enable');
    await cdp.send(
      'Runtime.addBinding',
      contextIsolation ? { name: BINDING, executionContextName: WORLD } : { name: BINDING },
    );
    if (preload !== undefined) {
      const options: PreloadOptions = { binding: BINDING, platform: process.platform, contextIsolation };
      const source = readFileSync(preload, 'utf8');
      const run = `function (require, process, module, exports) {\n${source}\n}`;
      await cdp.send('Page.addScriptToEvaluateOnNewDocument', {
        source: `(${preloadWorld.toString()})(${JSON.stringify(options)}, ${encodeClone.toString()}, ${decodeClone.toString()}, ${run});`,
        ...world,
      });
    }
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', {
      source: `(${pageWorld.toString()})(${nodeIntegration && !contextIsolation});`,
    });
    return cdp;
  }

  #contextCreated({ context }: ContextCreated, isolated: boolean): void {
    const { frameId, isDefault } = context.auxData;
    if (frameId === this.#frameId && (isolated ? context.name === WORLD : isDefault)) this.#world = context.id;
  }

  async #fromPreload(message: FromPreload): Promise<void> {
    if (message.type === 'preload-error') {
      record.errors.push(`preload: ${message.message}`);
      return;
    }
    if (message.type === 'window-open') return this.#windowOpened(outside(message.url));
    const args = argumentsOf(message.args);
    if (message.type === 'send') return ipcMain.deliver(this, this.mainFrame, message.channel, args);
    const { id, channel } = message;
    try {
      this.#receive({ type: 'answer', id, result: await ipcMain.ask(this, this.mainFrame, channel, args) });
    } catch (error) {
      const text = `Error invoking remote method '${channel}': ${error instanceof Error ? error.message : String(error)}`;
      this.#receive({ type: 'answer', id, error: text });
    }
  }

  #receive(message: ToPreload): void {
    void this.#inPreload(`standInReceive(${JSON.stringify(JSON.stringify(message))})`);
  }

  async #inPreload(expression: string): Promise<void> {
    const cdp = await this.#opened;
    if (this.#destroyed || this.#world === undefined) return;
    try {
      await cdp.send('Runtime.evaluate', { expression, contextId: this.#world });
    } catch {
      // The page went away meanwhile, and what was sent to it with it, as in Electron.
    }
  }

  async #request(cdp: CdpSession, { requestId, frameId, resourceType, request }: PausedRequest): Promise<void> {
    const url = outside(request.url);
    const isMainFrame = frameId === this.#frameId;
    const fail = (): Promise<unknown> => cdp.send('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
    try {
      if (resourceType === 'Document') {
        const own = isMainFrame && this.#ownNavigation;
        if (!own && !this.#mayNavigate(url, isMainFrame)) {
          await fail();
          return;
        }
        if (isMainFrame) {
          this.#ownNavigation = false;
          this.#url = url;
          this.emit('did-start-navigation', { url, isMainFrame, isSameDocument: false });
        }
      }
      // A page that may leave is gone: what there would be elsewhere is not of interest.
      const elsewhere = resourceType === 'Document' && /^https?:/.test(url) ? ELSEWHERE : undefined;
      const answer = (await answerRequest(url, request.method)) ?? elsewhere;
      if (answer === undefined) {
        record.network.push(url);
        await fail();
      } else await cdp.send('Fetch.fulfillRequest', { requestId, ...answer });
    } catch (error) {
      if (!this.#destroyed)
        record.errors.push(`request ${url}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #mayNavigate(url: string, isMainFrame: boolean): boolean {
    const all = preventable({ url, isMainFrame, isSameDocument: false });
    this.emit('will-frame-navigate', all);
    if (!isMainFrame) return !all.defaultPrevented;
    const main = preventable({ url, isMainFrame, isSameDocument: false });
    this.emit('will-navigate', main);
    return !all.defaultPrevented && !main.defaultPrevented;
  }

  /** A page asked for a window. One that may open is an empty tab. */
  async #windowOpened(url: string): Promise<void> {
    const { action } = this.#mayOpen({ url });
    record.windowsAsked.push({ url, action });
    if (action === 'allow') await (await this.#opened).send('Target.createTarget', { url: 'about:blank' });
  }
}

interface ContextCreated {
  readonly context: {
    readonly id: number;
    readonly name: string;
    readonly auxData: { readonly frameId: string; readonly isDefault: boolean };
  };
}
