/**
 * Entry of the browser host: `host.js [--port N] [--no-open] [TRACE]`. Prints the URL, serves until it is told to end.
 * Exit codes: 0 ended, 2 wrong usage or no such port to have, 4 not built, 130 Ctrl-C.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startBackend } from './backend-thread.ts';
import { findPlaces } from './places.ts';
import { hasDisplay, openInBrowser } from './web/open-browser.ts';
import { type WebHost, startWebHost } from './web/server.ts';

interface HostArguments {
  readonly port: number;
  readonly open: boolean;
  readonly trace?: string;
}

function readArguments(argv: readonly string[]): HostArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { port: { type: 'string' }, 'no-open': { type: 'boolean' } },
  });
  const port = Number(values.port ?? '0');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port: ${values.port} is not 0 … 65535`);
  if (positionals.length > 1) throw new Error(`one trace is expected, not ${positionals.length}`);
  const [trace] = positionals;
  const open = values['no-open'] !== true;
  return trace === undefined ? { port, open } : { port, open, trace: resolve(trace) };
}

async function serve({ port, open, trace }: HostArguments): Promise<void> {
  const places = findPlaces(import.meta.url);
  if (!existsSync(join(places.renderer, 'index.html'))) {
    return fail(4, `${places.renderer}: the window is not built; run \`npm run build\``);
  }
  const backend = startBackend(import.meta.url, places);
  let host: WebHost;
  try {
    const wanted = { backend, renderer: places.renderer, imports: places.imports, port };
    host = await startWebHost(trace === undefined ? wanted : { ...wanted, trace });
  } catch (error) {
    await backend.close();
    return fail(2, `127.0.0.1:${port}: ${error instanceof Error ? error.message : String(error)}`);
  }
  let ending = false;
  let endingSince = 0;
  backend.onState(({ running, reason }) => {
    if (!running && !ending) console.error(`gicscope: the backend ended: ${reason}. The window can start it again.`);
  });
  console.log(`gicscope: ${host.url}`);
  if (open && hasDisplay()) openInBrowser(host.invitation());
  else console.log('Open this URL in a browser on this machine. Ctrl-C ends gicscope.');

  const end = (code: number): void => {
    // A terminal and a parent process may both pass on one Ctrl-C; a second one means it.
    if (ending && performance.now() - endingSince > 1000) process.exit(code);
    if (ending) return;
    ending = true;
    endingSince = performance.now();
    void Promise.all([host.close(), backend.close()]).finally(() => process.exit(code));
  };
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(0));
  process.on('SIGHUP', () => end(0));
}

function fail(code: number, message: string): void {
  console.error(`gicscope: ${message}`);
  process.exitCode = code;
}

try {
  await serve(readArguments(process.argv.slice(2)));
} catch (error) {
  fail(2, error instanceof Error ? error.message : String(error));
}
