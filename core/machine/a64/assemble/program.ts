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

/** The statement whose output holds an address; undefined outside the program. */
export function lineAt(program: Program, address: bigint): LineEntry | undefined {
  const offset = address - program.origin;
  if (offset < 0n || offset >= BigInt(program.bytes.length)) return undefined;
  const at = Number(offset);
  let low = 0;
  let high = program.lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((program.lines[middle]?.offset ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  const entry = program.lines[low - 1];
  return entry !== undefined && at < entry.offset + entry.size ? entry : undefined;
}

/** Addresses of the output of a line, where a breakpoint on it belongs: its first code, if it has any. */
export function addressOfLine(program: Program, line: number): bigint | undefined {
  const own = program.lines.filter((entry) => entry.line === line);
  const entry = own.find(({ kind }) => kind === 'code') ?? own[0];
  return entry === undefined ? undefined : program.origin + BigInt(entry.offset);
}

/** Names labels in a disassembly; of several at one address, the first. */
export function labelNames(program: Program): (address: bigint) => string | undefined {
  const names = new Map<bigint, string>();
  for (const name of program.labels) {
    const address = program.symbols.get(name);
    if (address !== undefined && !names.has(address)) names.set(address, name);
  }
  return (address) => names.get(address);
}
