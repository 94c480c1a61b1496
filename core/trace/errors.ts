/** Everything that can be wrong with a trace file, as one error class: a code for programs, a sentence for people. */

export type TraceErrorCode =
  /** No file, or no permission to read it. */
  | 'not-found'
  /** A file, but no gicscope trace. */
  | 'not-a-trace'
  /** Made by a newer gicscope. */
  | 'newer-version'
  /** Made by a gicscope from before the first release. */
  | 'older-version'
  /** A trace whose content contradicts itself or its checksums. */
  | 'damaged'
  /** Would overwrite something. */
  | 'exists'
  /** The file or its folder cannot be written. */
  | 'read-only'
  /** Another process holds the file. */
  | 'busy'
  /** More of something than the format holds. */
  | 'limit'
  /** SQL of the user that is wrong or would write. */
  | 'query'
  /** Used after finish, abort or close. */
  | 'closed';

export class TraceError extends Error {
  readonly code: TraceErrorCode;

  constructor(code: TraceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TraceError';
    this.code = code;
  }
}

/** Shorthand for the commonest: a blob or row that cannot be what the writer wrote. */
export function damaged(what: string, problem: string, cause?: unknown): TraceError {
  return new TraceError('damaged', `The trace is damaged: ${what}: ${problem}.`, cause === undefined ? {} : { cause });
}
