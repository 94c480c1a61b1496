/** `npm start [-- [--browser | --electron] [--no-open] [--smoke] [TRACE]]` */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { launch } from './launch.ts';
import { smoke } from './smoke.ts';

const USAGE = `usage: npm start [-- [options] [TRACE]]
  TRACE         a .gscope file, or a recording to import
  --browser     serve a browser on this machine, no desktop window
  --electron    the desktop window or nothing
  --no-open     print the URL, do not open a browser
  --smoke       open the bundled sample without a screen, check that it arrives, and end`;

async function start(argv: readonly string[], signal: AbortSignal): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        browser: { type: 'boolean' },
        electron: { type: 'boolean' },
        smoke: { type: 'boolean' },
        'no-open': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    console.error(`gicscope: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const { browser = false, electron = false } = values;
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  if (positionals.length > 1 || (browser && electron)) {
    console.error(
      `gicscope: ${browser && electron ? '--browser or --electron, not both' : 'one trace is expected'}\n${USAGE}`,
    );
    return 2;
  }
  const trace = positionals[0] === undefined ? {} : { trace: resolve(positionals[0]) };
  if (values.smoke === true) return smoke(trace.trace, signal);
  const openBrowser = values['no-open'] !== true;
  return launch({ shell: browser ? 'browser' : 'window', insist: electron, openBrowser, ...trace }, signal);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
process.exitCode = await start(process.argv.slice(2), stop.signal);
