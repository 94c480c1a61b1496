#!/usr/bin/env node
/**
 * Runs a script or an installed tool on a Node.js that can: `node scripts/node.mjs FILE|TOOL [arguments…]`.
 * The Node.js that runs this file may be as old as 20.19; gicscope needs 22.18 (type stripping, zstd, the SQLite
 * binding). If this one is older, the one that npm installed beside it (optional package node-<os>-<arch>) is used.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');

function goodEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

function findNode() {
  if (goodEnough(process.versions.node)) return process.execPath;
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

/** A path is run as it is; a bare name is the bin of an installed package. */
function findScript(name) {
  if (/[./\\]/.test(name)) return resolve(name);
  const packages = { tsc: 'typescript', depcruise: 'dependency-cruiser' };
  const folder = join(modules, packages[name] ?? name);
  if (!existsSync(join(folder, 'package.json'))) {
    console.error(`${name} is not installed: run \`npm ci\` in ${root} first.`);
    process.exit(1);
  }
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[name]);
}

const [name, ...rest] = process.argv.slice(2);
if (name === undefined) {
  console.error('usage: node scripts/node.mjs FILE|TOOL [arguments…]');
  process.exit(2);
}
const child = spawn(findNode(), ['--disable-warning=ExperimentalWarning', findScript(name), ...rest], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`could not start ${name}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
