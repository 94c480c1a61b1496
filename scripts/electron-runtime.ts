/**
 * Electron's runtime: 100 MB that the package `electron` fetches when it is asked to, not when it is installed (install
 * scripts are off). It is used when it is there; it is fetched only when there is a screen to show a window on and its
 * server answers within a few seconds, so that nobody waits for a firewall.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modules } from './find-node.mjs';

const PACKAGE = join(modules, 'electron');
const PROBE_MS = 4000;
const RELEASES = 'https://github.com/electron/electron/releases/download/';

export type Runtime =
  | { readonly found: true; readonly path: string }
  /** Why there is none, as the end of a sentence. */
  | { readonly found: false; readonly reason: string };

type Env = Readonly<Record<string, string | undefined>>;

/** Looks for the runtime; fetches nothing. */
export function findRuntime(env: Env = process.env): Runtime {
  const executable = { win32: 'electron.exe', darwin: 'Electron.app/Contents/MacOS/Electron' }[
    process.platform as string
  ];
  const own = env['ELECTRON_OVERRIDE_DIST_PATH'];
  const dist = own ?? join(PACKAGE, 'dist');
  const path = join(dist, executable ?? 'electron');
  if (!existsSync(path))
    return { found: false, reason: own === undefined ? 'it was not fetched yet' : `${path} is not there` };
  if (own !== undefined) return { found: true, path };
  const wanted = version();
  const versionFile = join(dist, 'version');
  const have = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim().replace(/^v/, '') : 'unknown';
  return have === wanted
    ? { found: true, path }
    : { found: false, reason: `version ${have} is there, ${wanted} is needed` };
}

/** Fetches the runtime if its server answers; the package checks what it gets against its own checksums. */
export async function fetchRuntime(tell: (line: string) => void, env: Env = process.env): Promise<Runtime> {
  if (!existsSync(join(PACKAGE, 'install.js')))
    return { found: false, reason: 'the package electron is not installed' };
  const proxy = env['HTTPS_PROXY'] ?? env['https_proxy'];
  if (proxy === undefined && !(await answers(env))) {
    return { found: false, reason: `its server did not answer within ${PROBE_MS / 1000} s` };
  }
  tell(`Fetching the Electron ${version()} runtime (about 110 MB, once) …`);
  const result = spawnSync(process.execPath, [join(PACKAGE, 'install.js')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: proxy === undefined ? env : { ...env, ELECTRON_GET_USE_PROXY: '1' },
    timeout: 10 * 60_000,
  });
  if (result.status === 0) return findRuntime(env);
  const [line] = result.stderr.toString().trim().split('\n');
  return { found: false, reason: `fetching it failed: ${line ?? 'no message'}` };
}

function version(): string {
  // The package's own package.json has a version.
  return (JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as { version: string }).version;
}

async function answers(env: Env): Promise<boolean> {
  const mirror = env['ELECTRON_MIRROR'] ?? env['npm_config_electron_mirror'] ?? RELEASES;
  const file = `electron-v${version()}-${process.platform}-${process.arch}.zip`;
  try {
    const url = new URL(`v${version()}/${file}`, mirror.endsWith('/') ? mirror : `${mirror}/`);
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) });
    return answer.ok;
  } catch {
    // No route, no name, too slow: the same answer for the person who waits.
    return false;
  }
}
