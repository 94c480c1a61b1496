/**
 * What a comparison asks of one value, apart from where the value comes from.
 *
 * Every comparison of numbers is membership in a union of intervals of unsigned 64-bit numbers, so `<`, `!=`, `in` and
 * sets need no code of their own behind this file. A value that is absent or unknown is in no interval; only
 * `== none` and `== unknown` (one meaning, two words) ask for its absence.
 */
import { type Comparison, type InterruptKind, type Span, type Value } from './ast.ts';
import { NotSensible } from './finding.ts';
import { containsMatcher, globMatcher } from './glob.ts';
import { MAX_U64 } from './lex.ts';
import { intidsOf } from './subjects.ts';
import { nearest } from './suggest.ts';

/** Both ends included. */
export type Interval = readonly [from: bigint, to: bigint];

export interface NumberTest {
  /** Applied before comparing. */
  readonly mask: bigint;
  /** Ascending, disjoint. */
  readonly intervals: readonly Interval[];
  /** True where there is no value. */
  readonly absent: boolean;
}

export interface TextTest {
  readonly matches: (text: string) => boolean;
  readonly absent: boolean;
}

/** How a value of the language becomes numbers of one type. @throws NotSensible */
export type Convert = (value: Value) => readonly Interval[];

const ALL: readonly Interval[] = [[0n, MAX_U64]];

const NOT_ZERO: readonly Interval[] = [[1n, MAX_U64]];

/** The test "known and not zero". */
export function truthTest(mask: bigint | undefined): NumberTest {
  return { mask: mask ?? MAX_U64, intervals: NOT_ZERO, absent: false };
}

/** Whether the word stands for "no value". */
export function isAbsence(value: Value): boolean {
  return value.type === 'text' && /^(none|unknown)$/i.test(value.text);
}

/** @throws NotSensible when the operator or the value does not suit the type. */
export function numberTest(op: Comparison, mask: bigint | undefined, right: Value, convert: Convert): NumberTest {
  const bits = mask ?? MAX_U64;
  const test = (intervals: readonly Interval[], absent = false): NumberTest => ({ mask: bits, intervals, absent });
  switch (op) {
    case '==':
    case 'in':
      return membership(right, convert, test);
    case '!=': {
      if (isAbsence(right)) return test(ALL);
      return test(complement(normal(items(right).flatMap((item) => present(item, convert)))));
    }
    case '~':
    case '!~':
      throw new NotSensible(`${op} looks for text; numbers are compared with == != < <= > >= in`, right.span, ['==']);
    default:
      return test(order(op, right, convert));
  }
}

function membership(
  right: Value,
  convert: Convert,
  test: (intervals: readonly Interval[], absent: boolean) => NumberTest,
): NumberTest {
  const values = items(right);
  const known = values.filter((item) => !isAbsence(item));
  return test(normal(known.flatMap((item) => convert(item))), known.length < values.length);
}

function present(item: Value, convert: Convert): readonly Interval[] {
  if (isAbsence(item)) throw new NotSensible('none and unknown stand alone with !=', item.span);
  return convert(item);
}

function order(op: '<' | '<=' | '>' | '>=', right: Value, convert: Convert): readonly Interval[] {
  if (right.type === 'range' || right.type === 'set' || isAbsence(right) || right.type === 'interrupt')
    throw new NotSensible(`${op} needs one number`, right.span);
  if (right.type === 'number' && right.value < 0n)
    throw new NotSensible('values are unsigned; compare a negative number with == or !=', right.span);
  const only = convert(right)[0];
  if (only === undefined) return [];
  const [value] = only;
  switch (op) {
    case '<':
      return value === 0n ? [] : [[0n, value - 1n]];
    case '<=':
      return [[0n, value]];
    case '>':
      return value === MAX_U64 ? [] : [[value + 1n, MAX_U64]];
    case '>=':
      return [[value, MAX_U64]];
  }
}

function items(value: Value): readonly Value[] {
  return value.type === 'set' ? value.items : [value];
}

/** Ascending, disjoint, neighbours joined. */
export function normal(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const out: Interval[] = [];
  for (const [from, to] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1] + 1n) out[out.length - 1] = [last[0], to > last[1] ? to : last[1]];
    else out.push([from, to]);
  }
  return out;
}

/** All other unsigned 64-bit numbers. */
export function complement(intervals: readonly Interval[]): Interval[] {
  const out: Interval[] = [];
  let from = 0n;
  for (const [first, last] of intervals) {
    if (first > from) out.push([from, first - 1n]);
    from = last + 1n;
  }
  if (from <= MAX_U64) out.push([from, MAX_U64]);
  return out;
}

const single = (value: bigint): readonly Interval[] => [[value, value]];

/** Ends of a range, each converted to one number. */
function ends(value: Extract<Value, { type: 'range' }>, convert: Convert): readonly Interval[] {
  const from = convert(value.from)[0]?.[0];
  const to = convert(value.to)[0]?.[0];
  if (from === undefined || to === undefined) return [];
  if (from > to) throw new NotSensible('the range is empty: its first end is above its second', value.span);
  return [[from, to]];
}

/** Plain unsigned numbers; a negative one as 64 bits of two's complement. Words by their index, where there are any. */
export function plainNumber(words: readonly string[] | undefined, what: string): Convert {
  const convert: Convert = (value) => {
    if (value.type === 'number') return single(BigInt.asUintN(64, value.value));
    if (value.type === 'range') return ends(value, convert);
    if (value.type === 'text') {
      const index = words?.findIndex((word) => word !== '' && word.toLowerCase() === value.text.toLowerCase()) ?? -1;
      if (index >= 0) return single(BigInt(index));
      throw wrongWord(value.text, words ?? [], what, value.span);
    }
    throw new NotSensible(`${what} is ${words === undefined ? 'a number' : 'a word or number'}`, value.span);
  };
  return convert;
}

function wrongWord(text: string, words: readonly string[], what: string, span: Span): NotSensible {
  const known = words.filter((word) => word !== '');
  if (known.length === 0) return new NotSensible(`${what} is a number, not ${text}`, span);
  const near = nearest(text, known);
  const all = known.length > 16 ? `${known.slice(0, 16).join(', ')} …` : known.join(', ');
  return new NotSensible(`${what} is never ${text}; it is one of ${all}`, span, near);
}

/** `true`, `false`, 1, 0. */
export const truthValue: Convert = (value) => {
  if (value.type === 'text' && /^true$/i.test(value.text)) return single(1n);
  if (value.type === 'text' && /^false$/i.test(value.text)) return single(0n);
  if (value.type === 'number' && (value.value === 0n || value.value === 1n)) return single(value.value);
  throw new NotSensible('expected true or false', value.span, ['true', 'false']);
};

/** Durations only: a bare number has no unit. */
export function duration(what: string): Convert {
  const convert: Convert = (value) => {
    if (value.type === 'duration') return single(BigInt(value.ns));
    if (value.type === 'range') return ends(value, convert);
    if (value.type === 'number' && value.value >= 0n)
      throw new NotSensible(`write the unit of the ${what}`, value.span, [`${value.value}us`, `${value.value}ms`]);
    throw new NotSensible(`${what} is a duration, such as 50us or 12.5ms`, value.span);
  };
  return convert;
}

/** `#120` or 120. */
export const positionNumber: Convert = (value) => {
  if (value.type === 'position') return single(BigInt(value.seq));
  if (value.type === 'number' && value.value >= 0n) return single(value.value);
  if (value.type === 'range') return ends(value, positionNumber);
  throw new NotSensible('expected a position, such as #1234', value.span);
};

/** Numbers up to here name an interrupt of any type; larger ones are whole identifiers with their type bits. */
const LARGEST_BARE = 0xff_ffffn;

/** Interrupts: `ppi(27)`, a bare number (any type), a number with type bits. */
export const interruptNumber: Convert = (value) => {
  if (value.type === 'interrupt') return intervalsOf(value.kind, value.number);
  if (value.type === 'number' && value.value >= 0n && value.value <= 0xffff_ffffn)
    return value.value <= LARGEST_BARE ? intervalsOf('irq', Number(value.value)) : single(value.value);
  if (value.type === 'range') {
    const bounds = ends(value, plainNumber(undefined, 'an interrupt'))[0];
    if (bounds === undefined) return [];
    if (bounds[1] > LARGEST_BARE) return [bounds];
    return intervalsOf('irq', 0).map(([base]) => [base + bounds[0], base + bounds[1]]);
  }
  throw new NotSensible('expected an interrupt: ppi(27), spi(33), lpi(8) or a number', value.span);
};

function intervalsOf(kind: InterruptKind, number: number): Interval[] {
  return intidsOf(kind, number).map((id) => [BigInt(id), BigInt(id)]);
}

/** Comparisons of text: whole with globs, `~` a part of it. @throws NotSensible */
export function textTest(op: Comparison, right: Value, what: string): TextTest {
  const values = items(right);
  const texts = values.filter((item) => !isAbsence(item)).map((item) => textOf(item, what));
  const absent = texts.length < values.length;
  const some = (matchers: ((text: string) => boolean)[]) => (text: string) => matchers.some((match) => match(text));
  switch (op) {
    case '==':
    case 'in':
      return { matches: some(texts.map(globMatcher)), absent };
    case '!=': {
      const matches = some(texts.map(globMatcher));
      return { matches: (text) => !matches(text), absent: false };
    }
    case '~':
    case '!~': {
      const [only] = values;
      if (only === undefined || values.length > 1) throw new NotSensible(`${op} looks for one text`, right.span);
      const contains = containsMatcher(textOf(only, what));
      return { matches: op === '~' ? contains : (text) => !contains(text), absent: false };
    }
    default:
      throw new NotSensible(`${what} is text; it is compared with == != in ~ !~`, right.span, ['==', '~']);
  }
}

/** The text of a value. Interrupt-like words (`ppi27`) are text again where text belongs. */
function textOf(value: Value, what: string): string {
  if (value.type === 'text') return value.text;
  if (value.type === 'number') throw new NotSensible(`${what} is text: put ${value.value} in quotes`, value.span);
  throw new NotSensible(`${what} is text`, value.span);
}
