/**
 * One Chromium for all tests of a file: pages of browser hosts and windows of the stand-in are tabs with origins of their
 * own. Ends with the test process, or with `closeChromium`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM_FLAGS } from '../../support/chromium-flags.ts';
import { chromiumPath } from './places.ts';

export interface SharedChromium {
  readonly browser: Browser;
  /** Of the DevTools protocol. */
  readonly endpoint: string;
}

let shared: Promise<SharedChromium> | undefined;
let kill: (() => void) | undefined;

export function sharedChromium(): Promise<SharedChromium> {
  shared ??= launch();
  return shared;
}

export async function closeChromium(): Promise<void> {
  if (shared === undefined) return;
  const { browser } = await shared;
  shared = undefined;
  await browser.close();
  kill?.();
}

async function launch(): Promise<SharedChromium> {
  const profile = mkdtempSync(join(tmpdir(), 'gicscope-chromium-'));
  const flags = [...CHROMIUM_FLAGS, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'];
  const child = spawn(chromiumPath(), flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  const end = (): void => {
    process.off('exit', end);
    child.kill('SIGKILL');
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  kill = end;
  process.on('exit', end);
  const endpoint = await debuggingEndpoint(child);
  return { endpoint, browser: await chromium.connectOverCDP(endpoint) };
}

function debuggingEndpoint(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4000);
      const url = /DevTools listening on (ws:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`Chromium ended with code ${code}:\n${output}`)));
  });
}
