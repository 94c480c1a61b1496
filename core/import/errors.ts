/**
 * Why an import failed, for a person: what is wrong with which file, where in it, and what to do about it.
 * Everything that an importer throws on purpose is an `ImportError`, or the reason of the caller's own AbortSignal.
 */

export type ImportErrorCode =
  /** There is no such file. */
  | 'not-found'
  | 'no-permission'
  | 'is-directory'
  /** Nothing in it, or nothing in it after decompression. */
  | 'empty'
  /** A compressed file that ends too early. */
  | 'truncated'
  /** A compressed file whose content contradicts itself. */
  | 'corrupt'
  /** The file was deleted, replaced or shortened while it was read. */
  | 'changed'
  /** Known what it is, but it cannot be imported (as it is). */
  | 'unsupported'
  /** It can be imported, but not while it grows. */
  | 'cannot-follow'
  /** Not known what it is. */
  | 'not-recognised'
  /** The right format, but not one line could be read. */
  | 'nothing-readable'
  /** The operating system refused to read it. */
  | 'io';

export interface ImportProblem {
  readonly code: ImportErrorCode;
  /** Name or path as the user gave it. */
  readonly file: string;
  /** What is wrong, and where: a sentence without the file name. */
  readonly problem: string;
  /** What the user can do. */
  readonly hint?: string;
  /** 1-based line or 0-based byte where it was found. */
  readonly at?: { readonly line: number } | { readonly byte: number };
  readonly cause?: unknown;
}

export class ImportError extends Error {
  readonly code: ImportErrorCode;
  readonly file: string;
  readonly problem: string;
  readonly hint: string | undefined;
  readonly at: ImportProblem['at'] | undefined;

  constructor(problem: ImportProblem) {
    const hint = problem.hint === undefined ? '' : ` ${problem.hint}`;
    super(`${problem.file}: ${problem.problem}${hint}`, problem.cause === undefined ? {} : { cause: problem.cause });
    this.name = 'ImportError';
    this.code = problem.code;
    this.file = problem.file;
    this.problem = problem.problem;
    this.hint = problem.hint;
    this.at = problem.at;
  }

  /** What is wrong, without what to do: for what was kept all the same. */
  get finding(): string {
    return `${this.file}: ${this.problem}`;
  }
}

/** The code of an operating system error (`ENOENT` …), if it is one. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** What a thrown value says. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
