/**
 * How a command ends: exit codes (cli.md) and the one line that says why.
 */
import { type SessionFailure } from '../session/contract.ts';
import { failureOf } from '../session/failure.ts';
import { fileFailure } from '../session/file-failure.ts';

export const EXIT = {
  done: 0,
  /** A check found something. */
  found: 1,
  usage: 2,
  badInput: 3,
  internal: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF: Readonly<Record<SessionFailure['code'], ExitCode>> = {
  usage: EXIT.usage,
  'bad-input': EXIT.badInput,
  'not-found': EXIT.badInput,
  cancelled: EXIT.interrupted,
  internal: EXIT.internal,
};

/** A failure that the command line itself finds: `usage` or `bad-input`. May have several lines. */
export class CliFailure extends Error implements SessionFailure {
  readonly code: SessionFailure['code'];

  constructor(code: SessionFailure['code'], message: string) {
    super(message);
    this.name = 'CliFailure';
    this.code = code;
  }
}

/** The reader of a pipe went away (`| head`): nobody is left to tell, and nothing is wrong. */
export class PipeClosed extends Error {}

export interface Ending {
  readonly exit: ExitCode;
  /** Lines for stderr; empty: say nothing. */
  readonly message: string;
}

/** Exit code and message for whatever was thrown. `debug`: with the stack of an internal error. */
export function endingOf(thrown: unknown, debug: boolean): Ending {
  if (thrown instanceof PipeClosed) return { exit: EXIT.done, message: '' };
  const failure = fileFailure(thrown) ?? failureOf(thrown);
  const exit = EXIT_OF[failure.code];
  if (exit === EXIT.interrupted) return { exit, message: 'stopped' };
  if (exit !== EXIT.internal) return { exit, message: failure.message };
  if (debug) return { exit, message: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) };
  const [line] = failure.message.split('\n');
  return { exit, message: `internal error: ${line}\nRun it again with GICSCOPE_DEBUG=1 for details, and report it.` };
}
