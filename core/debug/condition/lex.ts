/**
 * Text to tokens. A word may contain dots and glob characters (`vcpu.exit`, `ICC_PPI_*`, `vcpu*.ICC_PCR_EL1`) but not
 * `..`, which makes ranges. Units stick to their number (`50us`, `12.5ms`); positions start with `#`.
 * One pass, no look-behind; the longest text is MAX_LENGTH characters.
 */
import { ConditionError, MAX_LENGTH, type Span } from './ast.ts';

export type Token =
  | { readonly type: 'word' | 'string'; readonly text: string; readonly span: Span }
  | { readonly type: 'number'; readonly value: bigint; readonly radix: 2 | 10 | 16; readonly span: Span }
  | { readonly type: 'duration'; readonly ns: number; readonly span: Span }
  | { readonly type: 'position'; readonly seq: number; readonly span: Span }
  | { readonly type: 'sign'; readonly text: Sign; readonly span: Span }
  | { readonly type: 'end'; readonly span: Span };

const SIGNS = [
  '..', '==', '!=', '<=', '>=', '&&', '||', '!~', '(', ')', '{', '}', ',', '.', ':', '-', '&', '!', '=', '<', '>', '~',
] as const; // prettier-ignore
export type Sign = (typeof SIGNS)[number];

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
]);
export const MAX_U64 = 0xffff_ffff_ffff_ffffn;

const WORD = /[A-Za-z_*?][A-Za-z0-9_*?]*(?:\.(?!\.)[A-Za-z0-9_*?]+)*/y;
const BASED = /0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[bB][01]+(?:_[01]+)*/y;
const DECIMAL = /([0-9]+(?:_[0-9]+)*)(?:\.([0-9]+))?/y;
const UNIT = /(?:ns|us|µs|ms|s)(?![A-Za-z0-9_])/y;
const POSITION = /#([0-9]+(?:[_,][0-9]{3})*(?![0-9]))/y;
const AFTER_NUMBER = /[A-Za-z0-9_µ]+/y;
const STRING = /"((?:[^"\\]|\\["\\])*)"/y;

/** @throws ConditionError */
export function lex(source: string): Token[] {
  if (source.length > MAX_LENGTH)
    throw new ConditionError(`the condition has ${source.length} characters; ${MAX_LENGTH} are allowed`, {
      offset: MAX_LENGTH,
      length: source.length - MAX_LENGTH,
    });
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < source.length && /\s/.test(source.charAt(at))) at++;
    if (at >= source.length) break;
    const token = next(source, at);
    tokens.push(token);
    at += token.span.length;
  }
  tokens.push({ type: 'end', span: { offset: source.length, length: 0 } });
  return tokens;
}

function next(source: string, at: number): Token {
  const char = source.charAt(at);
  if (char === '#') return position(source, at);
  if (char === '"') return quoted(source, at);
  if (/[0-9]/.test(char)) return number(source, at);
  const word = match(WORD, source, at);
  if (word !== undefined) return { type: 'word', text: word[0], span: { offset: at, length: word[0].length } };
  const sign = SIGNS.find((text) => source.startsWith(text, at));
  if (sign !== undefined) return { type: 'sign', text: sign, span: { offset: at, length: sign.length } };
  const found = String.fromCodePoint(source.codePointAt(at) ?? 0);
  throw new ConditionError(`unexpected character ${found}`, { offset: at, length: found.length });
}

function position(source: string, at: number): Token {
  const found = match(POSITION, source, at);
  const digits = found?.[1]?.replace(/[_,]/g, '') ?? '';
  const value = Number(digits);
  if (found === undefined || !Number.isSafeInteger(value))
    throw new ConditionError('expected an event number after #, such as #1234', { offset: at, length: 1 });
  return { type: 'position', seq: value, span: { offset: at, length: found[0].length } };
}

function quoted(source: string, at: number): Token {
  const found = match(STRING, source, at);
  if (found === undefined) {
    const open = /"(?:[^"\\]|\\["\\])*/y;
    const length = match(open, source, at)?.[0].length ?? 1;
    if (source.charAt(at + length) === '\\')
      throw new ConditionError('after \\ only " or \\ may stand in a string', { offset: at + length, length: 1 });
    throw new ConditionError('the string has no closing quote', { offset: at, length: source.length - at });
  }
  const text = (found[1] ?? '').replace(/\\(["\\])/g, '$1');
  return { type: 'string', text, span: { offset: at, length: found[0].length } };
}

function number(source: string, at: number): Token {
  const based = match(BASED, source, at);
  if (based !== undefined) {
    const span = { offset: at, length: based[0].length };
    whole(source, span);
    const value = BigInt(based[0].replaceAll('_', ''));
    if (value > MAX_U64) throw new ConditionError('the number does not fit 64 bits', span);
    return { type: 'number', value, radix: /x/i.test(based[0].charAt(1)) ? 16 : 2, span };
  }
  const decimal = match(DECIMAL, source, at);
  if (decimal === undefined) throw new ConditionError('expected a number', { offset: at, length: 1 });
  const integer = (decimal[1] ?? '').replaceAll('_', '');
  const fraction = decimal[2];
  const end = at + decimal[0].length;
  const unit = match(UNIT, source, end)?.[0];
  const span = { offset: at, length: decimal[0].length + (unit?.length ?? 0) };
  whole(source, span);
  if (unit !== undefined) return { type: 'duration', ns: nanoseconds(integer, fraction ?? '', unit, span), span };
  if (fraction !== undefined)
    throw new ConditionError('a fraction needs a unit: ns, us, ms or s', span, [`${decimal[0]}ms`]);
  const value = BigInt(integer);
  if (value > MAX_U64) throw new ConditionError('the number does not fit 64 bits', span);
  return { type: 'number', value, radix: 10, span };
}

/** A number must not run into letters: `12xs`, `0xfg`. */
function whole(source: string, span: Span): void {
  const rest = match(AFTER_NUMBER, source, span.offset + span.length)?.[0];
  if (rest === undefined) return;
  const text = source.slice(span.offset, span.offset + span.length + rest.length);
  throw new ConditionError(
    `${text} is not a number; numbers are decimal, 0x… or 0b…, durations end in ns, us, ms or s`,
    { offset: span.offset, length: text.length },
  );
}

function nanoseconds(integer: string, fraction: string, unit: string, span: Span): number {
  const scale = UNITS.get(unit) ?? 1n;
  const digits = fraction.replace(/0+$/, '');
  const divisor = 10n ** BigInt(digits.length);
  const scaled = BigInt(integer + digits) * scale;
  if (scaled % divisor !== 0n) throw new ConditionError('time is counted in whole nanoseconds', span);
  const ns = Number(scaled / divisor);
  if (!Number.isSafeInteger(ns)) throw new ConditionError('the duration is longer than 2^53 ns', span);
  return ns;
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source) ?? undefined;
}
