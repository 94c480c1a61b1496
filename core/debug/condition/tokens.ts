/** A place in the tokens of a condition: look, take, or fail with what was expected. */
import { ConditionError, type Span } from './ast.ts';
import { type Sign, type Token } from './lex.ts';
import { nearest } from './suggest.ts';

export class TokenCursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The token `ahead` places on; behind the last one always the end. */
  peek(ahead = 0): Token {
    const token = this.#tokens[this.#at + ahead] ?? this.#tokens.at(-1);
    if (token === undefined) throw new Error('no tokens');
    return token;
  }

  advance(): Token {
    const token = this.peek();
    if (token.type !== 'end') this.#at++;
    return token;
  }

  /** Words of the language are written in any case. */
  isWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === 'word' && token.text.toLowerCase() === word;
  }

  isSign(sign: Sign, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === 'sign' && token.text === sign;
  }

  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.#at++;
    return true;
  }

  takeSign(sign: Sign): boolean {
    if (!this.isSign(sign)) return false;
    this.#at++;
    return true;
  }

  /** Takes the sign or fails; returns where it stood. */
  expectSign(sign: Sign): Span {
    const { span } = this.peek();
    if (!this.takeSign(sign)) throw this.unexpected(sign);
    return span;
  }

  /** The failure "expected …, found …" at the next token, with near words of `words`. */
  unexpected(expected: string, words: readonly string[] = []): ConditionError {
    const token = this.peek();
    const suggestions = token.type === 'word' ? nearest(token.text, words) : [];
    return new ConditionError(`expected ${expected}, found ${describe(token)}`, token.span, suggestions);
  }
}

function describe(token: Token): string {
  switch (token.type) {
    case 'end':
      return 'the end';
    case 'word':
    case 'sign':
      return token.text;
    case 'string':
      return `"${token.text}"`;
    case 'number':
      return `the number ${token.value}`;
    case 'duration':
      return `the duration ${token.ns}ns`;
    case 'position':
      return `the position #${token.seq}`;
  }
}
