/** Tokens of a statement, the cursor that operands read from, and what is said when something else was wanted. */

export type TokenKind = 'name' | 'number' | 'local' | 'string' | 'mark' | 'bad' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As written; of a string, its bytes as Latin-1 characters. */
  readonly text: string;
  /** 1-based columns: first character, and one past the last. */
  readonly column: number;
  readonly end: number;
  /** Of a number, or of a character constant. */
  readonly value?: bigint;
  /** Of a bad token: what would have been right. */
  readonly expected?: string;
}

/** Something else was wanted at a place of a line. */
export interface Mismatch {
  readonly column: number;
  readonly end: number;
  readonly expected: string;
  readonly found: string;
  /** More about what is expected, such as similar names; costly, so asked for only when it is shown. */
  readonly hint?: () => string;
}

export const isMismatch = (value: object | undefined): value is Mismatch =>
  value !== undefined && 'expected' in value && 'found' in value;

/** Reads the tokens of one statement, first to last. Past the end it stays on the `end` token. */
export class Cursor {
  at: number;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[], at = 0) {
    this.#tokens = tokens;
    this.at = at;
  }

  copy(): Cursor {
    return new Cursor(this.#tokens, this.at);
  }

  get token(): Token {
    return this.peek(0);
  }

  peek(ahead: number): Token {
    return this.#tokens[this.at + ahead] ?? this.#tokens[this.#tokens.length - 1] ?? NOTHING;
  }

  next(): Token {
    const { token } = this;
    if (token.kind !== 'end') this.at++;
    return token;
  }

  /** Takes this mark if it is next. */
  mark(text: string): boolean {
    const { token } = this;
    if (token.kind !== 'mark' || token.text !== text) return false;
    this.at++;
    return true;
  }

  get isAtEnd(): boolean {
    return this.token.kind === 'end';
  }

  /** Says that `expected` was wanted at the next token, or at the tokens from `from` to the last one taken. */
  wanted(expected: string, from?: Token, hint?: () => string): Mismatch {
    const first = from ?? this.token;
    const taken = from === undefined ? [] : this.#tokens.slice(this.#tokens.indexOf(from), this.at);
    const tokens = taken.length === 0 ? [first] : taken;
    const wish = first.kind === 'bad' ? (first.expected ?? expected) : expected;
    const mismatch = {
      column: first.column,
      end: tokens.at(-1)?.end ?? first.end,
      expected: wish,
      found: quoted(tokens),
    };
    return hint === undefined ? mismatch : { ...mismatch, hint };
  }
}

const NOTHING: Token = { kind: 'end', text: '', column: 1, end: 1 };

const MAX_FOUND = 40;

/** Tokens as they were written, apart from the width of blanks. */
function quoted(tokens: readonly Token[]): string {
  let text = '';
  let end = tokens[0]?.column ?? 0;
  for (const token of tokens.slice(0, MAX_FOUND)) {
    if (token.kind === 'end') return text === '' ? 'the end of the line' : `\`${text}\``;
    text += (token.column > end ? ' ' : '') + (token.kind === 'string' ? JSON.stringify(token.text) : token.text);
    end = token.end;
  }
  return `\`${text.length > MAX_FOUND ? `${text.slice(0, MAX_FOUND)}…` : text}\``;
}

/** A statement: its tokens, ending with an `end` token. `line` is 1-based. */
export interface Line {
  readonly line: number;
  readonly tokens: readonly Token[];
}
