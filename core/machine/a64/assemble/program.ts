/** What assembling gives: bytes, where they go, what they are called, and which line each came from. */
import { type Mismatch } from '../text/tokens.ts';

/** A stretch of output and the statement that made it. */
export interface LineEntry {
  /** Bytes from the program's origin. */
  readonly offset: number;
  readonly size: number;
  /** 1-based. */
  readonly line: number;
  readonly kind: 'code' | 'data' | 'literal' | 'padding';
}

export interface Program {
  readonly origin: bigint;
  readonly bytes: Uint8Array;
  /** Labels as addresses, and constants, by name. */
  readonly symbols: ReadonlyMap<string, bigint>;
  /** Names that are labels: addresses of this program. */
  readonly labels: ReadonlySet<string>;
  readonly globals: ReadonlySet<string>;
  /** In order of offsets, none overlapping; stretches of size 0 are left out. */
  readonly lines: readonly LineEntry[];
}

/** One problem of the source: `line` and `column` are 1-based, `length` in characters. */
export interface AssemblyError {
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly expected: string;
  readonly found: string;
  /** `line 3, column 9: expected …, found …`. */
  readonly message: string;
}

export type AssemblyResult =
  | { readonly ok: true; readonly program: Program }
  | {
      readonly ok: false;
      /** In order of lines, at most 50. */
      readonly errors: readonly AssemblyError[];
      /** How many more there were. */
      readonly omitted: number;
    };

const MAX_ERRORS = 50;

/** Collects problems, at most one per statement and 50 in all; counts the rest. */
export class ErrorList {
  readonly #errors: AssemblyError[] = [];
  readonly #lines = new Set<string>();
  #omitted = 0;

  add(line: number, mismatch: Mismatch): void {
    const { column, end, found } = mismatch;
    const key = `${line}:${column}`;
    if (this.#lines.has(key)) return;
    if (this.#errors.length >= MAX_ERRORS) {
      this.#omitted++;
      return;
    }
    this.#lines.add(key);
    const expected = mismatch.expected + (mismatch.hint?.() ?? '');
    const message = `line ${line}, column ${column}: expected ${expected}, found ${found}`;
    this.#errors.push({ line, column, length: Math.max(1, end - column), expected, found, message });
  }

  get isEmpty(): boolean {
    return this.#errors.length === 0;
  }

  result(): AssemblyResult {
    const errors = this.#errors.toSorted((a, b) => a.line - b.line || a.column - b.column);
    return { ok: false, errors, omitted: this.#omitted };
  }
}
