/** The built browser host and a browser that opens what it prints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { sharedChromium } from './chromium.ts';
import { BUILT, freshHome, requireBuild } from './places.ts';
import { type OpenOptions, PATIENCE_MS, type ProductWindow, watchProblems } from './window.ts';

export interface HostProcess {
  readonly url: URL;
  readonly process: ChildProcess;
  /** Ends it as Ctrl-C or the system would; resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export async function startHost(home: string, args: readonly string[] = []): Promise<HostProcess> {
  requireBuild();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', BUILT.host, '--no-open', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, GICSCOPE_HOME: home },
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const url = await new Promise<URL>((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(output)?.[0];
      if (found !== undefined) resolve(new URL(found));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code) => reject(new Error(`the host ended with ${code}:\n${output}`)));
  });
  return {
    url,
    process: child,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

export interface HostedWindow extends ProductWindow {
  readonly host: HostProcess;
}

export async function openInBrowserHost(options: OpenOptions = {}): Promise<HostedWindow> {
  const { trace, width = 1440, height = 900 } = options;
  const home = options.home ?? freshHome();
  const host = await startHost(home, trace === undefined ? [] : ['--', trace]);
  const { browser } = await sharedChromium();
  // Not a context for each, which takes a second of CPU time: each host has a port, and so storage and a cookie, of its own.
  const [context] = browser.contexts();
  if (context === undefined) throw new Error('the browser has no context');
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.setViewportSize({ width, height });
  const problems = watchProblems(page);
  await page.goto(host.url.href);
  return {
    page,
    home,
    problems,
    host,
    async close() {
      await page.close();
      await host.end('SIGTERM');
      if (options.home === undefined) rmSync(home, { recursive: true, force: true });
    },
  };
}
