#!/usr/bin/env -S node --max-semi-space-size=4
/**
 * The command `gicscope`: core/cli on a Node.js that can run it. What an import allocates is garbage soon; without the
 * limit above (MB, of three such spaces) V8 would let up to 134 MB of it pile up.
 */
import { fileURLToPath } from 'node:url';
import { isNode, keepCompiled, runInstead } from './find-node.mjs';

// From 24.3 on Node.js runs TypeScript without a word; before, it warns or cannot.
if (isNode(24, 3)) {
  keepCompiled();
  await import('./gicscope.ts');
} else runInstead(fileURLToPath(new URL('gicscope.ts', import.meta.url)), process.argv.slice(2));
