#!/usr/bin/env node
/**
 * Runs a script or an installed tool on a Node.js that can: `node scripts/node.mjs FILE|TOOL [arguments…]`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { modules, root, runInstead } from './find-node.mjs';

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
runInstead(findScript(name), rest);
