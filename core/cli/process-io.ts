/**
 * The process as an Io: streams, terminal, and Ctrl-C. The first Ctrl-C asks the command to stop, the second one
 * ends the process.
 */
import { type Io } from './io.ts';
import { EXIT } from './failure.ts';

export function processIo(extras: Pick<Io, 'launch' | 'backend'> = {}): Io {
  const { stdin, stdout, stderr } = process;
  return {
    stdin,
    stdout,
    stderr,
    env: process.env,
    cwd: process.cwd(),
    isTty: { stdin: stdin.isTTY, stdout: stdout.isTTY, stderr: stderr.isTTY },
    width: stdout.columns ?? stderr.columns ?? 100,
    now: Date.now,
    signal: stopSignal(),
    ...extras,
  };
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  return controller.signal;
}
