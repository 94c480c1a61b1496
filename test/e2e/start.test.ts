/** The commands that start the product, as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { root } from './harness/places.ts';
import { sampleTrace } from './harness/sample.ts';

let folder: string;
let trace: string;
const running: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-start-'));
  trace = sampleTrace();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
  /** Waits until the output has this. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

function start(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, [join(root, 'scripts', script), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // No display unless a test gives one.
    env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '', GICSCOPE_HOME: join(folder, 'home'), ...env },
  });
  running.push(child);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    child,
    ended,
    output: () => output,
    async says(pattern) {
      for (;;) {
        const match = pattern.exec(output);
        if (match !== null) return match;
        const over = await Promise.race([ended, new Promise((resolve) => setTimeout(() => resolve('not yet'), 50))]);
        if (over !== 'not yet' && !pattern.test(output)) throw new Error(`ended with ${String(over)}:\n${output}`);
      }
    },
  };
}

/** An executable that stands where Electron's is, writes down its arguments, and ends like this. */
function fakeElectron(name: string, code: number): { env: Record<string, string>; args: () => string[] } {
  const dist = join(folder, name);
  mkdirSync(dist, { recursive: true });
  const path = join(dist, 'electron');
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "$@" > '${dist}/args'\nexit ${code}\n`);
  chmodSync(path, 0o755);
  return {
    env: { ELECTRON_OVERRIDE_DIST_PATH: dist, DISPLAY: ':99' },
    args: () => readFileSync(join(dist, 'args'), 'utf8').trimEnd().split('\n'),
  };
}

const URL_LINE = /gicscope: (http:\/\/127\.0\.0\.1:\d+\/\?\S+)/;

describe('npm start', () => {
  it('serves a browser where there is no display, says why, and ends with Ctrl-C', async () => {
    const started = start('start.ts', [trace]);
    const [, url = ''] = await started.says(URL_LINE);
    expect(started.output()).toMatch(/no desktop window \(there is no display\); using the browser instead/);
    expect(new URL(url).searchParams.get('open')).toBe(trace);
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(303);
    started.child.kill('SIGINT');
    expect(await started.ended).toBe(130);
    await expect(fetch(url)).rejects.toThrow(/fetch failed/);
  });

  it('says what is wrong with its arguments', async () => {
    const cases: [readonly string[], number, RegExp][] = [
      [['--bogus'], 2, /bogus[^]*usage: npm start/],
      [['--browser', '--electron'], 2, /not both/],
      [[trace, trace], 2, /one trace is expected/],
      [['nowhere.gscope'], 3, /nowhere\.gscope: there is no such file/],
      [['--electron'], 1, /no desktop window: there is no display/],
      [['--help'], 0, /usage: npm start/],
    ];
    for (const [args, code, message] of cases) {
      const started = start('start.ts', args);
      expect(await started.ended, args.join(' ')).toBe(code);
      expect(started.output()).toMatch(message);
    }
  });

  it.skipIf(process.platform === 'win32' || process.platform === 'darwin')(
    'starts Electron where it is, with the trace',
    async () => {
      const { env, args } = fakeElectron('good', 0);
      const started = start('start.ts', [trace], env);
      expect(await started.ended).toBe(0);
      const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      expect(args()).toEqual([...sandbox, root, '--', trace]);
    },
  );

  it.skipIf(process.platform === 'win32' || process.platform === 'darwin')(
    'serves a browser when Electron cannot start, and says so',
    async () => {
      const { env } = fakeElectron('bad', 127);
      const started = start('start.ts', ['--no-open'], env);
      await started.says(URL_LINE);
      expect(started.output()).toMatch(/Electron ended with code 127 after \d+\.\d s\); using the browser instead/);
      started.child.kill('SIGTERM');
      await started.ended;
    },
  );
});

describe('gicscope serve', () => {
  it('serves at the port that is asked for, and says when it is taken', async () => {
    const first = start('gicscope.mjs', ['serve', trace, '--no-open']);
    const [, url = ''] = await first.says(URL_LINE);
    const { port } = new URL(url);
    const second = start('gicscope.mjs', ['serve', '--no-open', '--port', port]);
    expect(await second.ended).toBe(2);
    expect(second.output()).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}: .*in use`));
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(130);
  });
});
