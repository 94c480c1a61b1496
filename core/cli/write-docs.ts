/** Writes docs/cli.md: `node scripts/node.mjs core/cli/write-docs.ts`. */
import { writeFileSync } from 'node:fs';
import { COMMANDS } from './commands/index.ts';
import { cliDocs } from './docs.ts';

writeFileSync(new URL('../../docs/cli.md', import.meta.url), cliDocs(COMMANDS));
