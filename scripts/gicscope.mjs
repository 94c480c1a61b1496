#!/usr/bin/env node
/** The command `gicscope`: core/cli on a Node.js that can run it. */
import { fileURLToPath } from 'node:url';
import { isNode, keepCompiled, runInstead } from './find-node.mjs';

// From 24.3 on Node.js runs TypeScript without a word; before, it warns or cannot.
if (isNode(24, 3)) {
  keepCompiled();
  await import('./gicscope.ts');
} else runInstead(fileURLToPath(new URL('gicscope.ts', import.meta.url)), process.argv.slice(2));
