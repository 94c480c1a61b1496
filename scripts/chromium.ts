/** Finds a browser for the end-to-end tests: one that speaks Chromium's debugging protocol. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];
const PLACES = [
  '/usr/bin/chromium',
  '/usr/lib/chromium/chromium',
  '/snap/bin/chromium',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`,
  String.raw`C:\Program Files (x86)\Google\Chrome\Application\chrome.exe`,
  String.raw`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`,
];

/** Path of the browser; `CHROMIUM` says which one, else the first that is found. */
export function findChromium(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const own = env['CHROMIUM'];
  if (own !== undefined && own !== '') return isExecutable(own) ? own : undefined;
  const onPath = (env['PATH'] ?? '')
    .split(delimiter)
    .flatMap((folder) => NAMES.flatMap((name) => [join(folder, name), join(folder, `${name}.exe`)]));
  return [...onPath, ...PLACES].find(isExecutable);
}

/** What to do where none is found and none can be installed. */
export const HOW_TO_GET_ONE =
  'No Chromium, Chrome or Edge was found. Install one (Debian: `apt-get install chromium`; Fedora: `dnf install chromium`; ' +
  'macOS: `brew install --cask chromium`; Windows: Edge is there already) or set CHROMIUM=/path/to/it, and run this again.';

/** On Debian and its kin, as root, installs chromium. Returns its path, or undefined where that is not possible. */
export function installChromium(tell: (line: string) => void): string | undefined {
  if (process.getuid?.() !== 0 || !isDebian()) return undefined;
  tell('No browser is here: installing chromium with apt-get …');
  for (const args of [
    ['update', '-q'],
    ['install', '-y', '-q', '--no-install-recommends', 'chromium'],
  ]) {
    const result = spawnSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    // `update` may fail for one of several sources; what counts is whether the installation works.
    if (result.status !== 0)
      tell(`apt-get ${args[0]} failed: ${result.stderr.toString().trim().split('\n').at(-1) ?? ''}`);
  }
  return findChromium();
}

function isDebian(): boolean {
  const file = '/etc/os-release';
  return (
    existsSync(file) &&
    /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync(file, 'utf8')) &&
    existsSync('/usr/bin/apt-get')
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
