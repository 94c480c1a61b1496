/**
 * The desktop window: the built main process on Electron where its runtime is, and on the stand-in everywhere. Both give
 * tests the same hand.
 */
import { rmSync } from 'node:fs';
import { type ElectronApplication, type Page, _electron } from 'playwright-core';
import { findRuntime } from '../../../scripts/electron-runtime.ts';
import { type StandIn, launchStandIn } from '../../support/electron-stand-in/launch.ts';
import { sharedChromium } from './chromium.ts';
import { BUILT, freshHome, requireBuild, root } from './places.ts';
import { type OpenOptions, PATIENCE_MS, type ProductWindow, watchProblems } from './window.ts';

export type DialogMethod = 'showMessageBox' | 'showOpenDialog' | 'showSaveDialog';

export interface DesktopWindow extends ProductWindow {
  /** Chooses an item of the application menu. */
  clickMenu(...labels: readonly string[]): Promise<void>;
  /** Labels of the items below. */
  menuItems(...labels: readonly string[]): Promise<readonly string[]>;
  /** The next dialog of this kind is answered so. */
  answer(method: DialogMethod, value: object): Promise<void>;
  /** Texts of the dialogs shown so far. */
  dialogs(): Promise<readonly string[]>;
  /** URLs given to the system's browser. */
  external(): Promise<readonly string[]>;
  /** What the window was made with. */
  preferences(): Promise<{ contextIsolation: boolean; sandbox: boolean; nodeIntegration: boolean }>;
  /** An event of the system for the application. */
  emit(event: 'open-file' | 'second-instance', ...args: readonly unknown[]): Promise<void>;
  quit(): Promise<void>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
  /** Only on the stand-in. */
  readonly standIn?: StandIn;
}

/** Which desktop shells can be tested here. */
export function desktopShells(): readonly ('stand-in' | 'electron')[] {
  return findRuntime().found ? ['stand-in', 'electron'] : ['stand-in'];
}

export function openDesktop(shell: 'stand-in' | 'electron', options: OpenOptions = {}): Promise<DesktopWindow> {
  requireBuild();
  return shell === 'stand-in' ? openOnStandIn(options) : openOnElectron(options);
}

async function openOnStandIn(options: OpenOptions): Promise<DesktopWindow> {
  const home = options.home ?? freshHome();
  const args = options.trace === undefined ? [] : ['--', options.trace];
  const { browser, endpoint } = await sharedChromium();
  const standIn = launchStandIn({
    main: BUILT.main,
    folder: root,
    args,
    chromium: endpoint,
    env: { GICSCOPE_HOME: home },
  });
  const [context] = browser.contexts();
  if (context === undefined) throw new Error('the browser has no context');
  const origin = await standIn.run('origin');
  const ours = (): Page | undefined => context.pages().find((page) => page.url().startsWith(`${origin}/`));
  await waitFor(
    () => ours() !== undefined,
    'the window',
    () => standIn.output(),
  );
  const page = ours();
  if (page === undefined) throw new Error('the window is gone');
  page.setDefaultTimeout(PATIENCE_MS);
  const problems = watchProblems(page);
  await page.waitForLoadState('load');

  return {
    page,
    home,
    get problems() {
      return problems;
    },
    standIn,
    ended: standIn.ended,
    clickMenu: (...labels) => standIn.run('click', labels),
    menuItems: async (...labels) => (await standIn.run('menu', labels)).items,
    answer: (method, value) => standIn.run('answer', method, value),
    dialogs: async () => (await standIn.run('state')).dialogs.map(({ options: shown }) => JSON.stringify(shown)),
    external: async () => (await standIn.run('state')).external,
    async preferences() {
      const [window] = (await standIn.run('state')).windows;
      const { contextIsolation = true, sandbox = true, nodeIntegration = false } = window?.options.webPreferences ?? {};
      return { contextIsolation, sandbox, nodeIntegration };
    },
    emit: async (event, ...given) => void (await standIn.run('emit', event, given)),
    quit: () => standIn.run('quit'),
    async close() {
      standIn.kill();
      await standIn.ended;
      if (!page.isClosed()) await page.close();
      if (options.home === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The same on Electron: dialogs and the system's browser are replaced inside its main process. */
async function openOnElectron(options: OpenOptions): Promise<DesktopWindow> {
  const runtime = findRuntime();
  if (!runtime.found) throw new Error(runtime.reason);
  const home = options.home ?? freshHome();
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  const trace = options.trace === undefined ? [] : ['--', options.trace];
  const app: ElectronApplication = await _electron.launch({
    executablePath: runtime.path,
    args: [...(isRoot ? ['--no-sandbox'] : []), root, ...trace],
    // Two applications under test must not take each other for the first instance.
    env: { ...stringsOf(process.env), GICSCOPE_HOME: home, XDG_CONFIG_HOME: home },
  });
  const ended = new Promise<number>((resolve) => app.process().on('exit', (code) => resolve(code ?? -1)));
  await app.evaluate(({ dialog, shell }) => {
    const answers: Record<string, object[]> = {};
    const shown: string[] = [];
    const external: string[] = [];
    Object.assign(globalThis, { gicscopeTest: { answers, shown, external } });
    for (const method of ['showMessageBox', 'showOpenDialog', 'showSaveDialog'] as const) {
      Object.assign(dialog, {
        [method]: (...args: unknown[]) => {
          shown.push(JSON.stringify(args.at(-1)));
          const answer = answers[method]?.shift();
          return answer === undefined ? new Promise(() => undefined) : Promise.resolve(answer);
        },
      });
    }
    Object.assign(shell, { openExternal: async (url: string) => void external.push(url) });
  });
  interface Hand {
    readonly answers: Record<string, object[]>;
    readonly shown: string[];
    readonly external: string[];
  }
  const page = await app.firstWindow();
  const problems = watchProblems(page);
  await page.waitForLoadState('load');

  const walk = (labels: readonly string[], click: boolean): Promise<string[]> =>
    app.evaluate(
      ({ Menu, BrowserWindow }, { path, activate }) => {
        let items = Menu.getApplicationMenu()?.items ?? [];
        const plain = (label: string): string => label.replace(/&(?!&)/g, '').replace(/&&/g, '&');
        for (const label of path) {
          const item = items.find((candidate) => plain(candidate.label) === label);
          if (item === undefined) throw new Error(`the menu has no ${label}`);
          if (activate && label === path.at(-1)) item.click({}, BrowserWindow.getAllWindows()[0], undefined);
          items = item.submenu?.items ?? [];
        }
        return items.map((item) => plain(item.label));
      },
      { path: labels, activate: click },
    );
  return {
    page,
    home,
    problems,
    ended,
    clickMenu: async (...labels) => void (await walk(labels, true)),
    menuItems: (...labels) => walk(labels, false),
    answer: (method, value) =>
      app.evaluate(
        (_electronModule, given) => {
          const { answers } = Reflect.get(globalThis, 'gicscopeTest') as Hand;
          (answers[given.method] ??= []).push(given.value);
        },
        { method, value },
      ),
    dialogs: () => app.evaluate(() => (Reflect.get(globalThis, 'gicscopeTest') as Hand).shown),
    external: () => app.evaluate(() => (Reflect.get(globalThis, 'gicscopeTest') as Hand).external),
    preferences: () =>
      app.evaluate(({ BrowserWindow }) => {
        const contents = BrowserWindow.getAllWindows()[0]?.webContents;
        // Electron has this method but leaves it out of its types.
        const read = Reflect.get(contents ?? {}, 'getLastWebPreferences') as () => Record<string, boolean>;
        const { contextIsolation = true, sandbox = true, nodeIntegration = false } = read.call(contents);
        return { contextIsolation, sandbox, nodeIntegration };
      }),
    emit: (event, ...given) =>
      app.evaluate(
        ({ app: application }, { name, args }) => {
          application.emit(name, { preventDefault: () => undefined }, ...args);
        },
        { name: event, args: given },
      ),
    quit: () => app.evaluate(({ app: application }) => setImmediate(() => application.quit())).then(() => undefined),
    async close() {
      app.process().kill('SIGKILL');
      await ended;
      if (options.home === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}

function stringsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

async function waitFor(condition: () => boolean, what: string, details: () => string): Promise<void> {
  const end = performance.now() + 30_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`${what} did not come within 30 s:\n${details()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
