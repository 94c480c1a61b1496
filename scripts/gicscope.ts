/** The command line in a process of its own. */
import { main } from '../core/cli/main.ts';
import { processIo } from '../core/cli/process-io.ts';
import { launch } from './launch.ts';

process.exitCode = await main(process.argv.slice(2), processIo({ launch }));
