/**
 * Everything the command line touches of the process it runs in, so that tests run it inside theirs.
 */
import { type Readable, type Writable } from 'node:stream';
import { type SessionBackend } from '../session/session.ts';

/** What `open` and `serve` ask of the shells, which the core does not know. */
export interface LaunchRequest {
  /** `window`: the desktop window, or the browser host where there is none. */
  readonly shell: 'window' | 'browser';
  /** Absolute path. */
  readonly trace?: string;
  /** Absent: a free one. */
  readonly port?: number;
  /** Whether a browser is opened at the URL. */
  readonly openBrowser: boolean;
}

export interface Io {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly stdin: Readable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  readonly isTty: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Columns of the terminal. */
  readonly width: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Absent: a backend in this process. */
  readonly backend?: () => Promise<SessionBackend>;
  /** Runs a shell until it ends, and resolves with its exit code. Absent: there are no shells. */
  readonly launch?: (request: LaunchRequest, signal: AbortSignal) => Promise<number>;
}
