/** Where the built product lies, and folders that a test may fill. */
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOW_TO_GET_ONE, findChromium } from '../../../scripts/chromium.ts';
import { root } from '../../../scripts/find-node.mjs';

export { root };
export const BUILT = {
  main: join(root, 'out', 'main', 'main.js'),
  host: join(root, 'out', 'main', 'host.js'),
};
const ARTIFACTS = join(root, 'artifacts');

/** The browser. @throws Error that says how to get one. */
export function chromiumPath(): string {
  const found = findChromium();
  if (found === undefined) throw new Error(HOW_TO_GET_ONE);
  return found;
}

export function requireBuild(): void {
  for (const path of Object.values(BUILT)) {
    if (!existsSync(path)) throw new Error(`${path} is not there: run \`npm run build\` first`);
  }
}

/** A folder for one run of the product: nothing of the person's is seen or changed. */
export function freshHome(): string {
  return mkdtempSync(join(tmpdir(), 'gicscope-e2e-'));
}

/** Path of a file that is kept after the run, for people to look at. */
export function artifact(...parts: readonly string[]): string {
  const path = join(ARTIFACTS, ...parts);
  mkdirSync(join(path, '..'), { recursive: true });
  return path;
}
