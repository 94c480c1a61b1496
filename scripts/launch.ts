/**
 * Starts a shell: the desktop window where its runtime is, else the browser host; says which and why in one line.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import type { LaunchRequest } from '../core/cli/io.ts';
import { hasDisplay } from '../electron/web/open-browser.ts';
import { HOST, ensureBuilt } from './built.ts';
import { type Runtime, fetchRuntime, findRuntime } from './electron-runtime.ts';
import { root } from './find-node.mjs';

/** An Electron that ends with an error within this time never had a window. */
const TOO_EARLY_MS = 5000;

export interface ShellRequest extends LaunchRequest {
  /** The window or nothing. */
  readonly insist?: boolean;
}

const say = (line: string): void => console.error(`gicscope: ${line}`);

/** Resolves with the exit code of the shell. */
export async function launch(request: ShellRequest, signal: AbortSignal): Promise<number> {
  const { trace } = request;
  if (trace !== undefined) {
    const there = statSync(trace, { throwIfNoEntry: false });
    if (there === undefined || there.isDirectory()) {
      say(`${trace}: ${there === undefined ? 'there is no such file' : 'it is a folder, a file is expected'}`);
      return 3;
    }
  }
  try {
    await ensureBuilt(say);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 4;
  }
  if (request.shell === 'window') {
    const code = await tryWindow(request, signal);
    if (code !== undefined) return code;
  }
  const args = [HOST];
  if (request.port !== undefined) args.push('--port', String(request.port));
  if (!request.openBrowser) args.push('--no-open');
  if (trace !== undefined) args.push('--', trace);
  return (await run(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], signal)).code;
}

/** Undefined: there is no window here, and the browser is to be used instead. */
async function tryWindow({ trace, insist = false }: ShellRequest, signal: AbortSignal): Promise<number | undefined> {
  const without = (why: string): number | undefined => {
    say(insist ? `no desktop window: ${why}` : `no desktop window (${why}); using the browser instead`);
    return insist ? 1 : undefined;
  };
  if (!hasDisplay()) return without('there is no display');
  let runtime: Runtime = findRuntime();
  if (!runtime.found) runtime = await fetchRuntime(say);
  if (!runtime.found) return without(`the Electron runtime is missing: ${runtime.reason}`);
  const args = [root];
  // Chromium refuses to run as root inside its sandbox.
  if (process.platform === 'linux' && process.getuid?.() === 0) args.unshift('--no-sandbox');
  if (trace !== undefined) args.push('--', trace);
  const { code, ms } = await run(runtime.path, args, signal);
  if (code === 0 || ms > TOO_EARLY_MS || signal.aborted) return code;
  return without(`Electron ended with code ${code} after ${(ms / 1000).toFixed(1)} s`);
}

function run(command: string, args: readonly string[], signal: AbortSignal): Promise<{ code: number; ms: number }> {
  const began = performance.now();
  // Ctrl-C while the window was built.
  if (signal.aborted) return Promise.resolve({ code: 130, ms: 0 });
  return new Promise((resolve) => {
    const child: ChildProcess = spawn(command, [...args], { stdio: 'inherit', cwd: process.cwd() });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    // A second Ctrl-C ends this process at once; the shell must not stay behind.
    process.once('exit', stop);
    const end = (code: number): void => {
      signal.removeEventListener('abort', stop);
      process.off('exit', stop);
      resolve({ code, ms: performance.now() - began });
    };
    child.on('error', (error) => {
      say(`${command}: ${error.message}`);
      end(1);
    });
    child.on('exit', (code) => end(signal.aborted ? 130 : (code ?? 1)));
  });
}
