/**
 * The text of an event as a pattern, compiled once, matched by comparing and reading bytes: no regular expression and
 * no string on the hot path. A pattern matches a whole text or not at all.
 *
 * `{a:d}` reads a signed decimal into field a, `{b:u}` an unsigned one, `{c:x}` up to 32 bits of hexadecimal; `{v}` and
 * `{w}` read up to 64 bits of hexadecimal; `{s}` and `{t}` take text up to the next literal (or to the end), `{_}` passes
 * over such text. Fields are those of `Said`. Example: `domain {a:d} CDIA acknowledge of interrupt 0x{b:x}`.
 */
import { type Said } from './said.ts';

/** How a place is read, and into which field. */
const READ = { none: 0, decimal: 1, signed: 2, hex: 3, wide: 4, text: 5, skip: 6 } as const;
const FIELDS = 'abcdefvwst';

interface Step {
  /** Bytes before the place. */
  readonly literal: Uint8Array;
  /** One of READ; none at the end. */
  readonly read: number;
  /** Position in FIELDS. */
  readonly field: number;
  /** The last text read here: most places hold the same few words again and again. */
  memoBytes: Uint8Array;
  memo: string;
}

export interface Pattern {
  readonly steps: readonly Step[];
}

const PLACE = /\{(?:([a-f]):([dux])|([vw])|([st_]))\}/g;

/** @throws SyntaxError for a brace that is no place. */
export function compile(pattern: string): Pattern {
  const steps: Step[] = [];
  let at = 0;
  for (const match of pattern.matchAll(PLACE)) {
    steps.push(step(pattern, at, match));
    at = match.index + match[0].length;
  }
  steps.push({ literal: literal(pattern, at, pattern.length), read: READ.none, field: 0, memoBytes: EMPTY, memo: '' });
  return { steps };
}

const EMPTY = new Uint8Array(0);

function step(pattern: string, from: number, match: RegExpExecArray): Step {
  const [, number, as, wide, text] = match;
  const field = FIELDS.indexOf(number ?? wide ?? text ?? '');
  const ofNumber = as === 'x' ? READ.hex : as === 'd' ? READ.signed : READ.decimal;
  const ofText = text === '_' ? READ.skip : READ.text;
  const read = number === undefined ? (wide === undefined ? ofText : READ.wide) : ofNumber;
  return { literal: literal(pattern, from, match.index), read, field, memoBytes: EMPTY, memo: '' };
}

function literal(pattern: string, from: number, to: number): Uint8Array {
  const text = pattern.slice(from, to);
  if (/[{}]/.test(text)) throw new SyntaxError(`pattern ${JSON.stringify(pattern)}: a brace is not a place`);
  return Buffer.from(text, 'latin1');
}

/** Reads `bytes[start … end)` into the fields of what a line says. On false some fields may hold leftovers. */
export function match(pattern: Pattern, bytes: Uint8Array, start: number, end: number, into: Said): boolean {
  const { steps } = pattern;
  let at = start;
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i];
    if (step === undefined) return false;
    const { literal } = step;
    const { length } = literal;
    if (at + length > end) return false;
    for (let j = 0; j < length; j++) if (bytes[at + j] !== literal[j]) return false;
    at += length;
    switch (step.read) {
      case READ.none:
        return at === end;
      case READ.decimal:
        at = readDecimal(step.field, false, bytes, at, end, into);
        break;
      case READ.signed:
        at = readDecimal(step.field, true, bytes, at, end, into);
        break;
      case READ.hex:
        at = readHex(step.field, bytes, at, end, into);
        break;
      case READ.wide:
        at = readWide(step.field, bytes, at, end, into);
        break;
      case READ.skip:
        at = textEnd(bytes, at, end, steps[i + 1]?.literal);
        break;
      default:
        at = readText(step, bytes, at, end, steps[i + 1]?.literal, into);
    }
    if (at < 0) return false;
  }
  return false;
}

const U32 = 0xffff_ffff;

function store(field: number, value: number, into: Said): void {
  switch (field) {
    case 0:
      into.a = value;
      return;
    case 1:
      into.b = value;
      return;
    case 2:
      into.c = value;
      return;
    case 3:
      into.d = value;
      return;
    case 4:
      into.e = value;
      return;
    default:
      into.f = value;
  }
}

/** Position after the number, or -1. */
function readDecimal(field: number, signed: boolean, bytes: Uint8Array, from: number, end: number, into: Said): number {
  const negative = signed && bytes[from] === 45;
  const start = negative ? from + 1 : from;
  let at = start;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (at === start || at - start > 10 || value > U32) return -1;
  store(field, negative ? -value : value, into);
  return at;
}

function readHex(field: number, bytes: Uint8Array, start: number, end: number, into: Said): number {
  let at = start;
  let value = 0;
  for (; at < end; at++) {
    const digit = HEX[bytes[at] ?? 0] ?? NOT_HEX;
    if (digit === NOT_HEX) break;
    value = value * 16 + digit;
  }
  if (at === start || at - start > 16 || value > U32) return -1;
  store(field, value, into);
  return at;
}

function readWide(field: number, bytes: Uint8Array, start: number, end: number, into: Said): number {
  let at = start;
  let lo = 0;
  let hi = 0;
  for (; at < end; at++) {
    const digit = HEX[bytes[at] ?? 0] ?? NOT_HEX;
    if (digit === NOT_HEX) break;
    hi = (hi << 4) | (lo >>> 28);
    lo = (lo << 4) | digit;
  }
  if (at === start || at - start > 16) return -1;
  if (FIELDS[field] === 'v') into.setV(lo, hi);
  else into.setW(lo, hi);
  return at;
}

function textEnd(bytes: Uint8Array, start: number, end: number, next: Uint8Array | undefined): number {
  return next === undefined || next.length === 0 ? end : find(next, bytes, start, end);
}

function readText(
  step: Step,
  bytes: Uint8Array,
  start: number,
  end: number,
  next: Uint8Array | undefined,
  into: Said,
): number {
  const stop = textEnd(bytes, start, end, next);
  if (stop < 0) return -1;
  if (!isMemo(step.memoBytes, bytes, start, stop)) {
    step.memoBytes = bytes.slice(start, stop);
    step.memo = Buffer.from(step.memoBytes).toString('latin1');
  }
  if (FIELDS[step.field] === 's') into.s = step.memo;
  else into.t = step.memo;
  return stop;
}

function isMemo(memo: Uint8Array, bytes: Uint8Array, start: number, stop: number): boolean {
  const { length } = memo;
  if (length !== stop - start) return false;
  for (let i = 0; i < length; i++) if (memo[i] !== bytes[start + i]) return false;
  return true;
}

function find(literal: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
  const [first] = literal;
  for (let at = start; at + literal.length <= end; at++) {
    if (bytes[at] !== first) continue;
    let i = 1;
    while (i < literal.length && bytes[at + i] === literal[i]) i++;
    if (i === literal.length) return at;
  }
  return -1;
}

const NOT_HEX = 255;
/** Value of each byte as a hexadecimal digit. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? NOT_HEX : value;
});
