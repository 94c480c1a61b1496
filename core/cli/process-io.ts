/**
 * The process as an Io: streams, terminal, and Ctrl-C. The first Ctrl-C asks the command to stop, another one after a
 * second ends the process.
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
    // A terminal that does not know its width says 0.
    width: stdout.columns || stderr.columns || 100,
    now: Date.now,
    signal: stopSignal(),
    ...extras,
  };
}

/** One key press may arrive twice: from the terminal, which signals the whole group, and from the parent process. */
const SAME_KEY_PRESS_MS = 1000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const stop = (): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort();
    } else if (performance.now() - first > SAME_KEY_PRESS_MS) process.exit(EXIT.interrupted);
  };
  for (const name of SIGNALS) process.on(name, stop);
  return controller.signal;
}
