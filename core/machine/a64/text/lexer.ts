/**
 * Source text as tokens, line by line. No regular expression runs over more than one token; every character is looked
 * at once. Comments between slash-star pairs may span lines; `//` and a `#` that begins a line are comments to its
 * end; `;` ends a statement as a line end does.
 */
import { type Line, type Token, type TokenKind } from './tokens.ts';

const MARKS = new Set([...'#,[]!=:+-*/%()&|^~{}']);

/** Splits source text into statements; empty ones are left out. Problems become `bad` tokens. */
export function* statements(source: string): Generator<Line> {
  const lexer = new Lexer(source);
  for (;;) {
    const line = lexer.statement();
    if (line === undefined) return;
    if (line.tokens.length > 1) yield line;
  }
}

class Lexer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next statement, perhaps empty; undefined after the last. */
  statement(): Line | undefined {
    if (this.#at >= this.#text.length) return undefined;
    const tokens: Token[] = [];
    const line = this.#line;
    for (;;) {
      const bad = this.#skipBlanks(tokens.length === 0);
      if (bad !== undefined) tokens.push(bad);
      const c = this.#text[this.#at];
      if (c === undefined || c === '\n' || c === ';') {
        const column = this.#column(this.#at);
        tokens.push({ kind: 'end', text: '', column, end: column + 1 });
        this.#endStatement(c);
        return { line, tokens };
      }
      tokens.push(this.#token(c));
    }
  }

  #endStatement(c: string | undefined): void {
    if (c === undefined) return;
    this.#at++;
    if (c === '\n') this.#newLine();
  }

  #newLine(): void {
    this.#line++;
    this.#lineStart = this.#at;
  }

  #column(at: number): number {
    return Math.max(1, at - this.#lineStart + 1);
  }

  /** Skips spaces and comments. A comment that never ends is a bad token. */
  #skipBlanks(atStart: boolean): Token | undefined {
    const text = this.#text;
    for (;;) {
      const c = text[this.#at];
      if (c === ' ' || c === '\t' || c === '\r' || c === '\f' || c === '\v') this.#at++;
      else if (c === '/' && text[this.#at + 1] === '/') this.#skipLine();
      else if (c === '#' && atStart && text.slice(this.#lineStart, this.#at).trim() === '') this.#skipLine();
      else if (c === '/' && text[this.#at + 1] === '*') {
        const column = this.#column(this.#at);
        const close = text.indexOf('*/', this.#at + 2);
        const stop = close < 0 ? text.length : close + 2;
        for (let at = text.indexOf('\n', this.#at); at >= 0 && at < stop; at = text.indexOf('\n', at + 1)) {
          this.#line++;
          this.#lineStart = at + 1;
        }
        this.#at = stop;
        if (close < 0) return { kind: 'bad', text: '/*', column, end: column + 2, expected: '`*/` after `/*`' };
      } else return undefined;
    }
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #token(c: string): Token {
    if (isDigit(c)) return this.#number();
    if (isNameStart(c)) return this.#take('name', isNamePart);
    if (c === '"') return this.#string();
    if (c === "'") return this.#character();
    const two = this.#text.slice(this.#at, this.#at + 2);
    const text = two === '<<' || two === '>>' ? two : c;
    const known = text.length === 2 || MARKS.has(c);
    return this.#make(known ? 'mark' : 'bad', text.length, known ? {} : { expected: 'an operand or an operator' });
  }

  #take(kind: TokenKind, isPart: (c: string) => boolean): Token {
    let length = 1;
    for (let c = this.#text[this.#at + length]; c !== undefined && isPart(c); c = this.#text[this.#at + length])
      length++;
    return this.#make(kind, length);
  }

  #make(kind: TokenKind, length: number, more: { value?: bigint; text?: string; expected?: string } = {}): Token {
    const column = this.#column(this.#at);
    const text = this.#text.slice(this.#at, this.#at + length);
    this.#at += length;
    return { kind, text, column, end: column + length, ...more };
  }

  /** `12`, `0x1f`, `0b101`, `0o17`, and the local label references `1f`, `2b`. */
  #number(): Token {
    let length = 1;
    for (let c = this.#text[this.#at + length]; c !== undefined && isNamePart(c); c = this.#text[this.#at + length])
      length++;
    const text = this.#text.slice(this.#at, this.#at + length);
    if (/^\d+[bf]$/i.test(text)) return this.#make('local', length);
    if (/^(0x[0-9a-f]+|0b[01]+|0o[0-7]+|0|[1-9]\d*)$/i.test(text) && length <= 66)
      return this.#make('number', length, { value: BigInt(text) });
    const expected = /^0\d+$/.test(text)
      ? 'a number without leading zeros, or `0o…` for an octal one'
      : 'a number such as 12, 0x1f, 0b101 or 0o17';
    return this.#make('bad', length, { expected });
  }

  #string(): Token {
    const start = this.#at;
    let at = start + 1;
    let text = '';
    for (;;) {
      const c = this.#text[at];
      if (c === undefined || c === '\n')
        return this.#make('bad', at - start, { expected: 'a `"` that ends the string on its line' });
      if (c === '"') return this.#make('string', at + 1 - start, { text });
      const piece = escapeAt(this.#text, at);
      if (piece === undefined)
        return this.#make('bad', at + 1 - start, {
          expected: 'one of \\n \\r \\t \\0 \\\\ \\" \\xHH after a backslash',
        });
      text += piece.text;
      at += piece.length;
    }
  }

  /** `'a'` is a number. */
  #character(): Token {
    const piece = this.#text[this.#at + 1] === '\n' ? undefined : escapeAt(this.#text, this.#at + 1);
    if (piece === undefined || piece.text.length !== 1 || this.#text[this.#at + 1 + piece.length] !== "'")
      return this.#make('bad', 1, { expected: "one character between quotes, such as 'a'" });
    return this.#make('number', piece.length + 2, { value: BigInt(piece.text.charCodeAt(0)) });
  }
}

const SIMPLE_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['0', '\0'],
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"],
]);

/** The bytes of the character at `at`, as Latin-1 text: an escape, or UTF-8 of anything else. */
function escapeAt(text: string, at: number): { readonly text: string; readonly length: number } | undefined {
  const code = text.codePointAt(at);
  if (code === undefined) return undefined;
  const c = String.fromCodePoint(code);
  if (c !== '\\')
    return { text: code < 128 ? c : String.fromCharCode(...new TextEncoder().encode(c)), length: c.length };
  const escape = text[at + 1] ?? '';
  const simple = SIMPLE_ESCAPES.get(escape);
  if (simple !== undefined) return { text: simple, length: 2 };
  const hex = /^x([0-9a-f]{2})/i.exec(text.slice(at + 1, at + 4));
  return hex === null ? undefined : { text: String.fromCharCode(parseInt(hex[1] ?? '', 16)), length: 4 };
}

const isDigit = (c: string): boolean => c >= '0' && c <= '9';
const isNameStart = (c: string): boolean =>
  (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c === '_' || c === '.' || c === '$';
const isNamePart = (c: string): boolean => isNameStart(c) || isDigit(c);
