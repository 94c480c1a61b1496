/** The Chromium whose tabs are the windows. Its profile is thrown away with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHROMIUM_FLAGS } from '../chromium-flags.ts';
import { CdpConnection } from './cdp.ts';

export interface Browser {
  readonly connection: CdpConnection;
  /** For Playwright to connect to. */
  readonly endpoint: string;
  /** Ends it at once; may be called while the process ends. */
  kill(): void;
}

export async function launchBrowser(executable: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'gicscope-stand-in-'));
  const child = spawn(
    executable,
    [
      ...CHROMIUM_FLAGS,
      '--disable-popup-blocking',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const endpoint = await debuggingEndpoint(child);
  return {
    connection: await CdpConnection.connect(endpoint),
    endpoint,
    kill() {
      child.kill('SIGKILL');
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
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
