/**
 * What runs in the browser, sent there as source: nothing here may use anything from outside of its function but types.
 *
 * The preload lives in an isolated world: it sees the document, not the page's variables. The two worlds talk through
 * events on the document, whose details the browser itself copies with structured clone from one world to the other; the
 * dispatch is synchronous, so the bridge can answer synchronously like Electron's.
 */

export interface PreloadOptions {
  /** Name of the function that reaches the main process. */
  readonly binding: string;
  readonly platform: string;
  readonly contextIsolation: boolean;
}

/** Preload → main process. */
export type FromPreload =
  | { readonly type: 'send'; readonly channel: string; readonly args: string }
  | { readonly type: 'invoke'; readonly id: number; readonly channel: string; readonly args: string }
  | { readonly type: 'window-open'; readonly url: string }
  | { readonly type: 'preload-error'; readonly message: string };
/** Main process → preload. */
export type ToPreload =
  | { readonly type: 'send'; readonly channel: string; readonly args: string }
  | { readonly type: 'answer'; readonly id: number; readonly result?: string; readonly error?: string };

type AnyFunction = (...args: unknown[]) => unknown;
/** A value on its way to the page: functions by number, plain objects by member, everything else as a copy. */
interface Described {
  readonly function?: number;
  readonly object?: readonly (readonly [string, Described])[];
  readonly value?: unknown;
}
interface CallDetail {
  readonly call: number;
  readonly function: number;
  readonly args: readonly { readonly callback?: number; readonly value?: unknown }[];
}
interface AnswerDetail {
  readonly result?: Described;
  readonly promise?: number;
  readonly error?: string;
}
interface Details {
  'stand-in-describe': null;
  /** The page asks for a window. */
  'stand-in-open': { readonly url: string };
  'stand-in-api': { readonly key: string; readonly exposed: Described };
  'stand-in-call': CallDetail | null;
  'stand-in-return': AnswerDetail;
  'stand-in-callback': { readonly callback: number; readonly values: readonly unknown[] };
  'stand-in-settle': AnswerDetail;
}
/** The part of a browser's global object that is used. */
interface Scope {
  readonly window: { readonly top: unknown };
  readonly document: {
    dispatchEvent(event: object): boolean;
    readonly baseURI: string;
    addEventListener(type: 'click', listener: (event: LinkClick) => void): void;
    addEventListener<T extends keyof Details>(
      type: T,
      listener: (event: { readonly detail: Details[T] }) => void,
    ): void;
  };
  readonly CustomEvent: new (type: string, init: { readonly detail: unknown }) => object;
  readonly standInPaths?: Readonly<Record<string, string>>;
  standInReceive?: (text: string) => void;
  require?: () => object;
  open: (url: string) => null;
}
/** The part of a click on a link that is used. */
interface LinkClick {
  readonly defaultPrevented: boolean;
  readonly target: { closest(selector: string): { readonly href: string } | null };
  preventDefault(): void;
}

/** The preload's world. `run` is the preload's own source as a function. */
export function preloadWorld(
  options: PreloadOptions,
  encodeClone: (value: unknown) => string,
  decodeClone: (text: string) => unknown,
  run: (require: (name: string) => unknown, process: object, module: object, exports: object) => void,
): void {
  const scope = globalThis as unknown as Scope;
  const { document } = scope;
  // Preloads run in the main frame only.
  if (scope.window !== scope.window.top) return;

  const toMain = (message: FromPreload): void => {
    const send = Reflect.get(globalThis, options.binding) as (text: string) => void;
    send(JSON.stringify(message));
  };
  const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
  const listeners = new Map<string, AnyFunction[]>();
  const invoked = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastInvoke = 0;
  const ipcRenderer = {
    send: (channel: string, ...args: unknown[]) => toMain({ type: 'send', channel, args: encodeClone(args) }),
    invoke: async (channel: string, ...args: unknown[]) => {
      const id = ++lastInvoke;
      const text = encodeClone(args);
      return new Promise((resolve, reject) => {
        invoked.set(id, { resolve, reject });
        toMain({ type: 'invoke', id, channel, args: text });
      });
    },
    on(channel: string, listener: AnyFunction) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      return ipcRenderer;
    },
    off(channel: string, listener: AnyFunction) {
      listeners.set(
        channel,
        (listeners.get(channel) ?? []).filter((other) => other !== listener),
      );
      return ipcRenderer;
    },
  };
  scope.standInReceive = (text) => {
    const message = JSON.parse(text) as ToPreload;
    if (message.type === 'send') {
      const args = decodeClone(message.args) as unknown[];
      for (const listener of listeners.get(message.channel) ?? []) listener({ sender: ipcRenderer }, ...args);
      return;
    }
    const waiting = invoked.get(message.id);
    invoked.delete(message.id);
    if (message.result === undefined) waiting?.reject(new Error(message.error));
    else waiting?.resolve(decodeClone(message.result));
  };

  const functions: AnyFunction[] = [];
  function say<T extends keyof Details>(type: T, detail: Details[T]): void {
    document.dispatchEvent(new scope.CustomEvent(type, { detail }));
  }
  const describe = (value: unknown): Described => {
    if (typeof value === 'function') return { function: functions.push(value as AnyFunction) - 1 };
    if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
      return { object: Object.entries(value).map(([key, child]) => [key, describe(child)]) };
    }
    return { value };
  };
  const contextBridge = {
    exposeInMainWorld(key: string, api: unknown) {
      if (!options.contextIsolation) {
        throw new Error('contextBridge API can only be used when contextIsolation is enabled');
      }
      const exposed = describe(api);
      document.addEventListener('stand-in-describe', () => say('stand-in-api', { key, exposed }));
    },
  };
  document.addEventListener('stand-in-open', ({ detail }) => toMain({ type: 'window-open', url: detail.url }));
  document.addEventListener('stand-in-call', ({ detail }) => {
    // What the browser could not copy arrives as null.
    if (detail === null) return say('stand-in-return', { error: 'An object could not be cloned.' });
    const { call, function: number, args } = detail;
    const values = args.map(({ callback, value }) =>
      callback === undefined ? value : (...given: unknown[]) => say('stand-in-callback', { callback, values: given }),
    );
    try {
      const result = functions[number]?.(...values);
      if (!(result instanceof Promise)) return say('stand-in-return', { result: describe(result) });
      say('stand-in-return', { promise: call });
      result.then(
        (value: unknown) => say('stand-in-settle', { promise: call, result: describe(value) }),
        (error: unknown) => say('stand-in-settle', { promise: call, error: messageOf(error) }),
      );
    } catch (error) {
      say('stand-in-return', { error: messageOf(error) });
    }
  });

  const electron = {
    ipcRenderer,
    contextBridge,
    webUtils: { getPathForFile: (file: { readonly name: string }) => scope.standInPaths?.[file.name] ?? '' },
  };
  // Sandboxed preloads can require this and nothing of Node.js.
  const require = (name: string): unknown => {
    if (name === 'electron') return electron;
    throw new Error(`module not found: ${name}`);
  };
  const module = { exports: {} };
  try {
    run(require, { platform: options.platform, versions: {}, env: {} }, module, module.exports);
  } catch (error) {
    toMain({ type: 'preload-error', message: messageOf(error) });
  }
}

/** The page's world: makes what the preload exposed. Runs after the preload and before the page's own scripts. */
export function pageWorld(nodeIntegration: boolean): void {
  const scope = globalThis as unknown as Scope;
  const { document } = scope;
  if (scope.window !== scope.window.top) return;
  if (nodeIntegration) scope.require = () => ({});

  // Electron decides about windows before Chromium opens them; Chromium alone would open them first.
  scope.open = (url) => {
    const detail = { url: new URL(url, document.baseURI).href };
    document.dispatchEvent(new scope.CustomEvent('stand-in-open', { detail }));
    return null;
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[target]:not([target=_self])');
    if (link === null || event.defaultPrevented) return;
    event.preventDefault();
    scope.open(link.href);
  });

  const callbacks: AnyFunction[] = [];
  const promises = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let answer: AnswerDetail | undefined;
  let lastCall = 0;

  const call = (number: number, args: readonly unknown[]): unknown => {
    const mine = ++lastCall;
    const detail: CallDetail = {
      call: mine,
      function: number,
      args: args.map((value) =>
        typeof value === 'function' ? { callback: callbacks.push(value as AnyFunction) - 1 } : { value },
      ),
    };
    answer = undefined;
    document.dispatchEvent(new scope.CustomEvent('stand-in-call', { detail }));
    // The listener below has set it meanwhile, which the compiler cannot see.
    const given = answer as AnswerDetail | undefined;
    if (given === undefined) throw new Error('the preload is gone');
    if (given.error !== undefined) throw new Error(given.error);
    if (given.promise === undefined) return build(given.result);
    return new Promise((resolve, reject) => promises.set(mine, { resolve, reject }));
  };
  const build = (described: Described | undefined): unknown => {
    const number = described?.function;
    if (number !== undefined) return (...args: unknown[]) => call(number, args);
    if (described?.object === undefined) return described?.value;
    return Object.freeze(Object.fromEntries(described.object.map(([key, child]) => [key, build(child)])));
  };
  document.addEventListener('stand-in-return', ({ detail }) => {
    answer = detail;
  });
  document.addEventListener('stand-in-callback', ({ detail }) => {
    callbacks[detail.callback]?.(...detail.values);
  });
  document.addEventListener('stand-in-settle', ({ detail }) => {
    const waiting = promises.get(detail.promise ?? 0);
    promises.delete(detail.promise ?? 0);
    if (detail.error === undefined) waiting?.resolve(build(detail.result));
    else waiting?.reject(new Error(detail.error));
  });
  document.addEventListener('stand-in-api', ({ detail }) => {
    Object.defineProperty(scope, detail.key, { value: build(detail.exposed), writable: false, configurable: false });
  });
  document.dispatchEvent(new scope.CustomEvent('stand-in-describe', { detail: null }));
}
