/**
 * Finds a Node.js that runs gicscope: 22.18 or newer (type stripping, zstd, the SQLite binding). The one that runs this
 * file may be as old as 20.19; npm then installed a newer one beside it (optional package node-<os>-<arch>).
 * Plain JavaScript, because an old Node.js reads it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const modules = join(root, 'node_modules');

/**
 * Where compiled modules are kept between runs: reading and compiling some 400 files is most of a short command's time.
 * Node.js checks each against its source, and goes without where the folder cannot be written.
 */
const COMPILED = join(modules, '.cache', 'compiled');

/** Keeps what this process, its threads and the processes it starts compile. Where Node.js knows how (22.1). */
export function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= COMPILED;
  nodeModule.enableCompileCache?.(process.env.NODE_COMPILE_CACHE);
}

/** Whether this process is at least that new. */
export function isNode(wantedMajor, wantedMinor) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** Path of a Node.js that can; ends the process with a message when there is none. */
export function findNode() {
  if (isNode(22, 18)) return process.execPath;
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const folder = join(modules, `node-${os}-${process.arch}`);
  for (const name of ['bin/node', 'bin/node.exe', 'node.exe']) {
    const candidate = join(folder, name);
    if (existsSync(candidate)) return candidate;
  }
  console.error(
    `gicscope needs Node.js 22.18 or newer; this is ${process.versions.node}, and ${folder} is not installed. ` +
      'Install a newer Node.js, or run `npm ci` without --omit=optional.',
  );
  process.exit(1);
}

/** Runs a script on that Node.js in place of this process: same terminal, options and exit code, signals passed on. */
export function runInstead(script, args) {
  keepCompiled();
  const options = [...process.execArgv, '--disable-warning=ExperimentalWarning'];
  const child = spawn(findNode(), [...options, script, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal gives Ctrl-C to both processes; passing it on would make it two.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    console.error(`could not start ${script}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
