/**
 * The shells: one specification that runs on the browser host, on the stand-in for Electron, and on Electron itself where
 * its runtime is. What a trace looks like is other specifications' business; here it is how windows live.
 */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HostedWindow, openInBrowserHost, startHost } from './harness/browser-host.ts';
import { type DesktopWindow, desktopShells, openDesktop } from './harness/desktop.ts';
import { cursorAt, dropFile, openedTrace, snapshot } from './harness/page.ts';
import { closeChromium, sharedChromium } from './harness/chromium.ts';
import { BUILT, root } from './harness/places.ts';
import { longRecording, smallRecording } from './harness/recordings.ts';
import { bundledSample, runCli, sampleTrace } from './harness/sample.ts';
import { type OpenOptions, type ProductWindow, keepPicture } from './harness/window.ts';
import { launchStandIn } from '../support/electron-stand-in/launch.ts';

const SHELLS = ['browser', ...desktopShells()] as const;
type Shell = (typeof SHELLS)[number];

let folder: string;
let trace: string;
const windows: ProductWindow[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-shell-'));
  trace = sampleTrace();
});
afterAll(async () => {
  await closeChromium();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(async () => {
  for (const window of windows.splice(0)) await window.close();
});

async function open(shell: Shell, options: OpenOptions = {}): Promise<ProductWindow> {
  const window = await (shell === 'browser' ? openInBrowserHost(options) : openDesktop(shell, options));
  windows.push(window);
  return window;
}
async function desktop(shell: Shell, options: OpenOptions = {}): Promise<DesktopWindow> {
  if (shell === 'browser') throw new Error('a browser is no desktop');
  const window = await openDesktop(shell, options);
  windows.push(window);
  return window;
}
async function hosted(options: OpenOptions = {}): Promise<HostedWindow> {
  const window = await openInBrowserHost(options);
  windows.push(window);
  return window;
}
const onScreen = (page: Page, text: string) => page.getByText(text).first().waitFor();

describe.each(SHELLS)('a window on %s', (shell) => {
  it('shows the bundled sample at its first start, and nothing goes wrong', async () => {
    const { page, problems } = await open(shell);
    await onScreen(page, bundledSample().title);
    expect(await page.title()).toBe('gicscope');
    expect((await snapshot(page))?.view).toBe('start');
    await keepPicture(page, `start-${shell}`);
    expect(problems).toEqual([]);
  });

  it('opens the trace that it was started with, and steps with the keyboard', async () => {
    const { page, problems } = await open(shell, { trace });
    const first = await openedTrace(page);
    expect(first.events).toBeGreaterThan(100_000);
    expect(first.lanes.length).toBeGreaterThan(3);
    for (let n = 1; n <= 3; n++) {
      await page.keyboard.press('F10');
      await cursorAt(page, first.seq + n);
    }
    await page.keyboard.press('Shift+F10');
    await cursorAt(page, first.seq + 2);
    await keepPicture(page, `session-${shell}`);
    expect(problems).toEqual([]);
  });

  it('imports the sample when it is chosen, and remembers the trace', async () => {
    const { page, problems, home } = await open(shell);
    await page.getByTestId('sample').first().click();
    const { events } = await openedTrace(page);
    expect(events).toBeGreaterThan(100_000);
    expect(readdirSync(join(home, 'traces')).filter((name) => name.endsWith('.gscope'))).toHaveLength(1);
    expect(readFileSync(join(home, 'state.json'), 'utf8')).toContain('.gscope');
    expect(problems).toEqual([]);
  });

  it('says what is wrong with a file that it cannot open', async () => {
    const bad = join(folder, `picture-${shell}.jpg`);
    writeFileSync(bad, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0]));
    const { page } = await open(shell, { trace: bad });
    await page.getByTestId('problem').waitFor();
    expect(await page.getByTestId('problem').textContent()).toMatch(/cannot be opened|could not be opened/);
  });

  it('gives its page nothing of Node.js, and lets it load and run nothing from elsewhere', async () => {
    const { page } = await open(shell);
    await onScreen(page, bundledSample().title);
    const seen = await page.evaluate(async () => {
      const attempt = async (what: () => unknown): Promise<string> => {
        try {
          return `allowed: ${String(await what())}`;
        } catch (error) {
          return error instanceof Error ? error.name : 'refused';
        }
      };
      const script = document.createElement('script');
      script.textContent = 'globalThis.injected = true';
      document.head.append(script);
      const frame = document.createElement('iframe');
      frame.src = 'https://example.org/';
      document.body.append(frame);
      const image = new Image();
      const loaded = new Promise((resolve) => {
        image.onload = () => resolve('loaded');
        image.onerror = () => resolve('refused');
      });
      image.src = 'https://example.org/a.png';
      return {
        node: ['require', 'process', 'module', 'Buffer', 'global', '__dirname'].filter((name) => name in globalThis),
        inline: 'injected' in globalThis,
        // The policy is what is tested: evaluation must be refused.
        // In a turn of its own: what the debugger itself evaluates is free of the policy.
        evaluated: await attempt(
          () =>
            new Promise((resolve, reject) => {
              setTimeout(() => {
                try {
                  resolve(Reflect.construct(Function, ['return 1'])());
                } catch (error) {
                  reject(error);
                }
              });
            }),
        ),
        fetched: await attempt(() => fetch('https://example.org/')),
        socket: await attempt(
          () =>
            new Promise((resolve, reject) => {
              const socket = new WebSocket('wss://example.org/');
              socket.addEventListener('open', () => resolve('open'));
              socket.addEventListener('error', () => reject(new TypeError('refused')));
            }),
        ),
        image: await loaded,
      };
    });
    expect(seen).toEqual({
      node: [],
      inline: false,
      evaluated: 'EvalError',
      fetched: 'TypeError',
      socket: expect.not.stringContaining('allowed'),
      image: 'refused',
    });
    await page.evaluate(() => document.querySelector('iframe')?.remove());
  });

  // A file that a script makes has no path, which only the stand-in can be told.
  it.skipIf(shell === 'electron')('takes a dropped recording', async () => {
    const text = smallRecording();
    const path = join(folder, 'dropped.log');
    writeFileSync(path, text);
    const window = await open(shell);
    const { page, problems } = window;
    await page.getByTestId('drop').waitFor();
    if ('standIn' in window) await (window as DesktopWindow).standIn?.run('paths', { 'dropped.log': path });
    await dropFile(page, '[data-testid=drop]', 'dropped.log', text);
    const { events } = await openedTrace(page);
    expect(events).toBeGreaterThan(1000);
    expect(problems).toEqual([]);
  });
});

describe.each(desktopShells())('the desktop application on %s', (shell) => {
  it('isolates and sandboxes its pages', async () => {
    const window = await desktop(shell);
    expect(await window.preferences()).toEqual({ contextIsolation: true, sandbox: true, nodeIntegration: false });
    const bridge = await window.page.evaluate(() => {
      const shape = (value: unknown): unknown =>
        typeof value === 'object' && value !== null
          ? Object.fromEntries(Object.entries(value).map(([key, child]) => [key, shape(child)]))
          : typeof value;
      return shape(Reflect.get(globalThis, 'gicscope'));
    });
    expect(bridge).toEqual({
      platform: 'string',
      call: 'function',
      cancel: 'function',
      restart: 'function',
      on: 'function',
      pathForFile: 'function',
      chooseFiles: 'function',
      chooseReport: 'function',
      reveal: 'function',
      window: {
        minimize: 'function',
        toggleMaximize: 'function',
        close: 'function',
        showMenu: 'function',
        onState: 'function',
      },
    });
  });

  it('sends what the menu says to the window', async () => {
    const { page, ...window } = await desktop(shell, { trace });
    const { seq } = await openedTrace(page);
    await window.clickMenu('Go', 'Step');
    await cursorAt(page, seq + 1);
    await window.clickMenu('Go', 'Step Back');
    await cursorAt(page, seq);
    await window.clickMenu('File', 'Export Report…');
    await page.getByTestId('dialog').waitFor();
  });

  it('opens what is chosen in the system’s dialog, and lists it as recent', async () => {
    const { page, ...window } = await desktop(shell);
    await onScreen(page, bundledSample().title);
    await window.answer('showOpenDialog', { canceled: true, filePaths: [] });
    await window.clickMenu('File', 'Open…');
    await window.answer('showOpenDialog', { canceled: false, filePaths: [trace] });
    await window.clickMenu('File', 'Open…');
    await openedTrace(page);
    await expect.poll(() => window.menuItems('File', 'Open Recent')).toEqual([trace]);
    await window.clickMenu('File', 'Close Trace');
    await expect.poll(async () => (await snapshot(page))?.view).toBe('start');
    await window.clickMenu('File', 'Open Recent', trace);
    await openedTrace(page);
  });

  it('opens traces from the file manager and from a second start in the window that is there', async () => {
    const { page, ...window } = await desktop(shell);
    await onScreen(page, bundledSample().title);
    await window.emit('second-instance', [], '/', { trace: 5 });
    await window.emit('second-instance', [], '/', { trace });
    await openedTrace(page);
    await window.clickMenu('File', 'Close Trace');
    await expect.poll(async () => (await snapshot(page))?.view).toBe('start');
    await window.emit('open-file', trace);
    await openedTrace(page);
  });

  it('keeps its page where it is', async () => {
    const { page } = await desktop(shell);
    await onScreen(page, bundledSample().title);
    const before = page.url();
    await page.evaluate(() => {
      location.href = 'https://evil.example/';
    });
    await page.evaluate(() => {
      const link = document.createElement('a');
      link.href = 'https://evil.example/link';
      document.body.append(link);
      link.click();
      link.remove();
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(page.url()).toBe(before);
    await onScreen(page, bundledSample().title);
  });

  it('opens no windows for pages, and links only after the person agreed', async () => {
    const { page, ...window } = await desktop(shell);
    await onScreen(page, bundledSample().title);
    const before = page.context().pages().length;
    const ask = (url: string) => page.evaluate((address) => void globalThis.open(address), url);
    for (const url of ['http://plain.example/', 'file:///etc/passwd', 'https://bank.example@evil.example/'])
      await ask(url);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await window.dialogs()).toEqual([]);
    await window.answer('showMessageBox', { response: 1, checkboxChecked: false });
    await ask('https://first.example/');
    await expect.poll(() => window.dialogs()).toEqual([expect.stringContaining('https://first.example/')]);
    await window.answer('showMessageBox', { response: 0, checkboxChecked: false });
    await page.evaluate(() => {
      const link = document.createElement('a');
      link.href = 'https://second.example/page';
      link.target = '_blank';
      document.body.append(link);
      link.click();
      link.remove();
    });
    await expect.poll(() => window.external()).toEqual(['https://second.example/page']);
    await expect.poll(() => page.context().pages().length).toBe(before);
  });

  it('ends with its window, and keeps the window’s size', async () => {
    const { page, home, ...window } = await desktop(shell);
    await onScreen(page, bundledSample().title);
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    expect(await window.ended).toBe(0);
    const place: unknown = JSON.parse(readFileSync(join(home, 'window.json'), 'utf8'));
    expect(place).toMatchObject({ size: { width: expect.any(Number), height: expect.any(Number) }, maximized: false });
  });

  it('asks before it ends with an import under way, and keeps what was imported', async () => {
    const long = longRecording(folder, 20);
    const { page, home, ...window } = await desktop(shell, { trace: long });
    await expect
      .poll(
        async () =>
          Number(
            /([\d,]+) events/
              .exec((await page.getByTestId('import-card').textContent()) ?? '')?.[1]
              ?.replaceAll(',', ''),
          ),
        { timeout: 30_000 },
      )
      .toBeGreaterThan(1000);
    await window.answer('showMessageBox', { response: 1, checkboxChecked: false });
    await window.quit();
    await expect.poll(() => window.dialogs()).toEqual([expect.stringContaining('still running')]);
    await page.getByTestId('import-cancel').waitFor();
    await window.answer('showMessageBox', { response: 0, checkboxChecked: false });
    await window.quit();
    expect(await window.ended).toBe(0);
    const kept = readdirSync(join(home, 'traces'));
    expect(kept).toEqual(['long.gscope']);
    const info: unknown = JSON.parse(runCli(['info', join(home, 'traces', 'long.gscope'), '--json']));
    expect(info).toMatchObject({ complete: false, events: expect.any(Number) });
    expect(Reflect.get(Object(info), 'events')).toBeGreaterThan(1000);
  });

  it('ends cleanly when a terminal wants it to', async () => {
    const { page, ...window } = await desktop(shell, { trace });
    await openedTrace(page);
    await window.quit();
    expect(await window.ended).toBe(0);
    expect(existsSync(`${trace}-wal`)).toBe(false);
  });
});

describe('the desktop application, where the stand-in can look inside', () => {
  it('makes its window as the design says', async () => {
    const { standIn } = await desktop('stand-in');
    // Shown when its page is ready, which may be a moment after it was loaded.
    await expect
      .poll(async () => (await standIn?.run('state'))?.windows[0])
      .toMatchObject({
        url: 'gicscope://app/',
        visible: true,
        options: { minWidth: 1180, minHeight: 720, titleBarStyle: 'hidden' },
      });
  });

  it('answers no frame but the main frame of its own page', async () => {
    const { page, standIn } = await desktop('stand-in');
    await onScreen(page, bundledSample().title);
    if (standIn === undefined) throw new Error('no stand-in');
    const own = { url: 'gicscope://app/', parent: null };
    const call = (frame: { url: string; parent: typeof own | null } | null) =>
      standIn.run('forge', frame, 'session:call', [999_999, 'app.info', {}]);
    expect(await call(own)).toMatchObject({ ok: true });
    const forged = [
      { url: 'https://evil.example/', parent: null },
      { url: 'gicscope://evil/', parent: null },
      { url: 'file:///tmp/index.html', parent: null },
      { url: 'gicscope://app/', parent: own },
      null,
    ];
    for (const frame of forged) {
      expect(await call(frame)).toMatchObject({ ok: false, failure: { message: 'this page may not use gicscope' } });
      await expect(standIn.run('forge', frame, 'shell:choose-files', ['open'])).rejects.toThrow(/may not use/);
      await standIn.run('forgeSend', frame, 'window:close', []);
    }
    await expect(standIn.run('forge', own, 'shell:choose-files', ['everything'])).rejects.toThrow(/open/);
    await standIn.run('forgeSend', own, 'window:show-menu', ['x', -1]);
    const state = await standIn.run('state');
    expect(state.windows).toHaveLength(1);
    expect(state.dialogs).toEqual([]);
    expect(state.menusShown).toEqual([]);
  });

  it('denies what pages ask of the system, except copying text', async () => {
    const { standIn } = await desktop('stand-in');
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'usb']) {
      const decision = await standIn?.run('permission', permission);
      expect(decision, permission).toEqual({ request: false, check: false, device: false });
    }
    expect(await standIn?.run('permission', 'clipboard-sanitized-write')).toMatchObject({ request: true, check: true });
  });

  it('moves its window by its own buttons and its menu', async () => {
    const { page, standIn, clickMenu } = await desktop('stand-in');
    const window = async () => (await standIn?.run('state'))?.windows[0];
    await page.getByRole('button', { name: 'Maximise' }).click();
    await page.getByRole('button', { name: 'Restore', exact: true }).waitFor();
    expect(await window()).toMatchObject({ maximized: true });
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.getByRole('button', { name: 'Maximise' }).waitFor();
    for (let n = 0; n < 20; n++) await clickMenu('View', 'Larger');
    expect(await window()).toMatchObject({ zoom: 2 });
    await clickMenu('View', 'Actual Size');
    expect(await window()).toMatchObject({ zoom: 1 });
    await page.getByRole('button', { name: 'Menu' }).click();
    await expect.poll(async () => (await standIn?.run('state'))?.menusShown.length).toBe(1);
  });

  it('tells the system of traces, and asks the network for nothing', async () => {
    const { page, standIn } = await desktop('stand-in', { trace });
    await openedTrace(page);
    const state = await standIn?.run('state');
    expect(state?.recentDocuments).toEqual([trace]);
    expect(state?.network).toEqual([]);
    expect(state?.errors).toEqual([]);
  });

  it('hands its trace to the instance that runs already', async () => {
    const second = launchStandIn({
      main: BUILT.main,
      folder: root,
      args: ['--', trace],
      chromium: (await sharedChromium()).endpoint,
      env: { GICSCOPE_HOME: folder, STAND_IN_SECOND: '1' },
    });
    expect(await second.ended).toBe(0);
    expect(second.handedOver).toEqual({ trace });
  });
});

describe('the browser host', () => {
  let other: Server;
  let otherUrl: string;
  beforeAll(async () => {
    // A page of somebody else on the same machine: the same site for cookies, another origin.
    other = createServer((_request, response) =>
      response.setHeader('Content-Type', 'text/html').end('<title>other</title>'),
    );
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()));
    otherUrl = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  });
  afterAll(() => other.close());

  it('takes the token out of the address, and the page survives a reload', async () => {
    const { page, problems } = await hosted({ trace });
    await openedTrace(page);
    expect(page.url()).not.toContain('token');
    await page.reload();
    await openedTrace(page);
    expect(problems).toEqual([]);
  });

  it('shows nothing to a browser that was not given the URL', async () => {
    const { page, host } = await hosted();
    const stranger = await page.context().browser()?.newContext();
    const strangerPage = await stranger?.newPage();
    const answer = await strangerPage?.goto(host.url.origin);
    expect(answer?.status()).toBe(403);
    expect(await strangerPage?.textContent('body')).toContain('open the URL that gicscope printed');
  });

  it('lets no other page in the same browser use the session', async () => {
    const { page, host } = await hosted();
    const evil = await page.context().newPage();
    await evil.goto(otherUrl);
    const seen = await evil.evaluate(async (origin) => {
      const socket = new WebSocket(origin.replace('http', 'ws') + '/session');
      const connected = await new Promise((resolve) => {
        socket.addEventListener('open', () => resolve('open'));
        socket.addEventListener('error', () => resolve('refused'));
      });
      const read = await fetch(origin, { credentials: 'include' }).then(
        () => 'read',
        () => 'refused',
      );
      const written = await fetch(`${origin}/upload/x.log`, { method: 'PUT', body: 'x', credentials: 'include' }).then(
        () => 'written',
        () => 'refused',
      );
      return { connected, read, written };
    }, host.url.origin);
    expect(seen).toEqual({ connected: 'refused', read: 'refused', written: 'refused' });
  });

  it('ends with Ctrl-C, and the page says that it is gone', async () => {
    const { page, host } = await hosted();
    await onScreen(page, bundledSample().title);
    expect(await host.end('SIGINT')).toBe(130);
    await page.getByTestId('connection').waitFor();
  });

  it('goes on where it was when the host is back at the same port', async () => {
    const { page, host, home } = await hosted();
    await onScreen(page, bundledSample().title);
    await host.end('SIGTERM');
    await page.getByTestId('connection').waitFor();
    // Another host has other secrets: the page stays out until its URL is opened.
    const again = await startHost(home, ['--port', host.url.port]);
    try {
      await page.goto(again.url.href);
      await onScreen(page, bundledSample().title);
    } finally {
      await again.end('SIGTERM');
    }
  });
});
