/** Whether `out/` is there and as new as the sources; makes it when not. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { modules, root } from './find-node.mjs';

export const HOST = join(root, 'out', 'main', 'host.js');
const MAIN = join(root, 'out', 'main', 'main.js');
const OUTPUTS = [
  HOST,
  MAIN,
  join(root, 'out', 'main', 'worker.js'),
  join(root, 'out', 'preload', 'preload.cjs'),
  join(root, 'out', 'renderer', 'index.html'),
];
const SOURCES = ['core', 'electron', 'renderer', 'package.json', 'package-lock.json', 'electron.vite.config.ts'];
const VITE = join(modules, 'electron-vite', 'bin', 'electron-vite.js');

/** Why a build is needed, or undefined. */
function whyBuild(): string | undefined {
  const missing = OUTPUTS.find((path) => !existsSync(path));
  if (missing !== undefined) return 'it was not built yet';
  const oldest = Math.min(...OUTPUTS.map((path) => statSync(path).mtimeMs));
  const newest = Math.max(...SOURCES.map((name) => newestIn(join(root, name))));
  return newest > oldest ? 'sources are newer than the build' : undefined;
}

/** Latest change of a file, or of any file below a folder. */
function newestIn(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

/** Builds if needed. @throws Error with the end of the build's output when it fails. */
export async function ensureBuilt(tell: (line: string) => void): Promise<void> {
  const why = whyBuild();
  if (why === undefined) return;
  if (!existsSync(VITE)) {
    if (existsSync(HOST)) return;
    throw new Error('gicscope is not built and the tools to build it are not installed: run `npm ci` first');
  }
  tell(`Building gicscope (${why}) …`);
  const output = await runQuietly([VITE, 'build']);
  if (output !== undefined) throw new Error(`the build failed:\n${output}`);
}

/** Undefined when it went well, else the last lines that it wrote. */
function runQuietly(args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-8000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0 ? undefined : output));
  });
}
