/**
 * `npm run bench [-- NAME [ARGUMENTS]]`: runs all benches, or one by name with its arguments. Each prints a table;
 * those with figures write `bench-NAME.json`. Nothing here passes or fails: numbers are for people and commit messages.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { root } from './find-node.mjs';

const SUFFIX = '.bench.ts';
const folder = join(root, 'test', 'bench');
const known = readdirSync(folder)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => file.slice(0, -SUFFIX.length));
const [name, ...rest] = process.argv.slice(2);

if (name !== undefined && !known.includes(name)) {
  console.error(`there is no bench ${name}; there are ${known.join(', ')}`);
  process.exit(2);
}
let failed = false;
for (const bench of name === undefined ? known : [name]) {
  console.log(`\n${bench}`);
  const { status } = spawnSync(process.execPath, [join(folder, bench + SUFFIX), ...rest], { stdio: 'inherit' });
  failed ||= status !== 0;
}
process.exit(failed ? 4 : 0);
