/**
 * The text of an event as a pattern, compiled once, matched by comparing literals and reading digits: no regular
 * expression on the hot path. A pattern matches a whole text or not at all.
 *
 * `{a:d}` reads a signed decimal into field a, `{b:u}` an unsigned one, `{c:x}` up to 32 bits of hexadecimal; `{v}` and
 * `{w}` read up to 64 bits of hexadecimal; `{s}` and `{t}` take text up to the next literal (or to the end). Fields are
 * those of `TraceLine`. Example: `domain {a:d} CDIA acknowledge of interrupt 0x{b:x}`.
 */
import { type TraceLine } from './trace-line.ts';

type NumberField = 'a' | 'b' | 'c' | 'd' | 'e' | 'f';
type Read =
  | { readonly as: 'd' | 'u' | 'x'; readonly field: NumberField }
  | { readonly as: 'wide'; readonly field: 'v' | 'w' }
  | { readonly as: 'text'; readonly field: 's' | 't' };

interface Step {
  /** Literal before the field. */
  readonly literal: string;
  /** Absent at the end. */
  readonly read: Read | undefined;
}

export interface Pattern {
  readonly steps: readonly Step[];
}

const PLACE = /\{(?:([a-f]):([dux])|([vw])|([st]))\}/g;

/** @throws SyntaxError for a brace that is no place. */
export function compile(pattern: string): Pattern {
  const steps: Step[] = [];
  let at = 0;
  for (const match of pattern.matchAll(PLACE)) {
    steps.push({ literal: pattern.slice(at, match.index), read: readOf(match) });
    at = match.index + match[0].length;
  }
  const tail = pattern.slice(at);
  if (/[{}]/.test(tail) || steps.some(({ literal }) => /[{}]/.test(literal)))
    throw new SyntaxError(`pattern ${JSON.stringify(pattern)}: a brace is not a place`);
  steps.push({ literal: tail, read: undefined });
  return { steps };
}

function readOf([, field, as, wide, text]: RegExpExecArray): Read {
  if (wide === 'v' || wide === 'w') return { as: 'wide', field: wide };
  if (text === 's' || text === 't') return { as: 'text', field: text };
  // The expression admits nothing else here.
  return { as: as as 'd' | 'u' | 'x', field: field as NumberField };
}

/** Reads `text` from `from` on into the fields of a line. On false some fields may hold leftovers. */
export function match(pattern: Pattern, text: string, from: number, into: TraceLine): boolean {
  const { steps } = pattern;
  let at = from;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (step === undefined || !text.startsWith(step.literal, at)) return false;
    at += step.literal.length;
    const { read } = step;
    if (read === undefined) break;
    at = readField(read, text, at, steps[i + 1]?.literal ?? '', into);
    if (at < 0) return false;
  }
  return at === text.length;
}

/** Position after the field, or -1. */
function readField(read: Read, text: string, at: number, next: string, into: TraceLine): number {
  switch (read.as) {
    case 'text': {
      const end = next === '' ? text.length : text.indexOf(next, at);
      if (end < 0) return -1;
      into[read.field] = text.slice(at, end);
      return end;
    }
    case 'wide':
      return readWide(read.field, text, at, into);
    case 'x':
      return readHex(read.field, text, at, into);
    case 'u':
    case 'd':
      return readDecimal(read.field, read.as === 'd', text, at, into);
  }
}

const U32 = 0xffff_ffff;

function readDecimal(field: NumberField, signed: boolean, text: string, from: number, into: TraceLine): number {
  const negative = signed && text.charCodeAt(from) === 45;
  const start = negative ? from + 1 : from;
  let at = start;
  let value = 0;
  for (;;) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
    at++;
  }
  if (at === start || at - start > 10 || value > U32) return -1;
  into[field] = negative ? -value : value;
  return at;
}

function readHex(field: NumberField, text: string, start: number, into: TraceLine): number {
  let at = start;
  let value = 0;
  for (;;) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0) break;
    value = value * 16 + digit;
    at++;
  }
  if (at === start || at - start > 16 || value > U32) return -1;
  into[field] = value;
  return at;
}

function readWide(field: 'v' | 'w', text: string, start: number, into: TraceLine): number {
  let at = start;
  let lo = 0;
  let hi = 0;
  for (;;) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0) break;
    hi = ((hi << 4) | (lo >>> 28)) >>> 0;
    lo = ((lo << 4) | digit) >>> 0;
    at++;
  }
  if (at === start || at - start > 16) return -1;
  if (field === 'v') {
    into.vLo = lo;
    into.vHi = hi;
  } else {
    into.wLo = lo;
    into.wHi = hi;
  }
  return at;
}

/** -1 for anything but 0-9, a-f, A-F (NaN included). */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}
