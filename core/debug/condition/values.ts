/** The right side of a comparison: numbers, durations, positions, words, interrupts, ranges and sets. */
import { ConditionError, cover, type InterruptKind, type Value } from './ast.ts';
import { type TokenCursor } from './tokens.ts';
import { INTERRUPT_NAME, interruptKind, MAX_INTERRUPT_NUMBER } from './words.ts';

const MAX_ITEMS = 256;

/** One value, or a range `a..b`. */
export function parseValue(cursor: TokenCursor): Value {
  const from = single(cursor);
  if (!cursor.takeSign('..')) return from;
  const to = single(cursor);
  const span = cover(from.span, to.span);
  const ordered = from.type === 'number' || from.type === 'duration' || from.type === 'position';
  if (!ordered || from.type !== to.type)
    throw new ConditionError('a range has two numbers, two durations or two positions, such as 1ms..2ms', span);
  return { type: 'range', from, to, span };
}

/** `{a, b, c..d}`, or what `in` otherwise takes: a range or a single value. */
export function parseSet(cursor: TokenCursor): Value {
  const start = cursor.peek().span;
  if (!cursor.takeSign('{')) return parseValue(cursor);
  const items = [parseValue(cursor)];
  while (cursor.takeSign(',')) {
    if (items.length === MAX_ITEMS)
      throw new ConditionError(`a set has at most ${MAX_ITEMS} items`, cursor.peek().span);
    items.push(parseValue(cursor));
  }
  const end = cursor.peek().span;
  if (!cursor.takeSign('}')) throw cursor.unexpected(', or }');
  return { type: 'set', items, span: cover(start, end) };
}

function single(cursor: TokenCursor): Value {
  const token = cursor.peek();
  switch (token.type) {
    case 'number':
      cursor.advance();
      return { type: 'number', value: token.value, radix: token.radix, span: token.span };
    case 'duration':
      cursor.advance();
      return { type: 'duration', ns: token.ns, span: token.span };
    case 'position':
      cursor.advance();
      return { type: 'position', seq: token.seq, span: token.span };
    case 'string':
      cursor.advance();
      return { type: 'text', text: token.text, span: token.span };
    case 'word': {
      const interrupt = takeInterrupt(cursor);
      if (interrupt !== undefined) return { type: 'interrupt', ...interrupt };
      cursor.advance();
      return { type: 'text', text: token.text, span: token.span };
    }
    case 'sign':
      if (token.text === '-') return negative(cursor);
      break;
    case 'end':
      break;
  }
  throw cursor.unexpected('a value');
}

function negative(cursor: TokenCursor): Value {
  const start = cursor.advance().span;
  const token = cursor.peek();
  if (token.type !== 'number' || token.value > 1n << 63n) throw cursor.unexpected('a number after -');
  cursor.advance();
  return { type: 'number', value: -token.value, radix: token.radix, span: cover(start, token.span) };
}

interface NamedInterrupt {
  readonly kind: InterruptKind;
  readonly number: number;
  readonly span: Value['span'];
}

/** `ppi(27)`, `PPI 27`, `ppi27`; takes nothing when the next word is no such thing. */
export function takeInterrupt(cursor: TokenCursor): NamedInterrupt | undefined {
  const token = cursor.peek();
  if (token.type !== 'word') return undefined;
  const kind = interruptKind(token.text);
  if (kind === undefined) return joined(cursor, token.text);
  const bracket = cursor.isSign('(', 1);
  if (!bracket && cursor.peek(1).type !== 'number') return undefined;
  cursor.advance();
  if (bracket) cursor.advance();
  const number = cursor.peek();
  if (number.type !== 'number' || number.value > BigInt(MAX_INTERRUPT_NUMBER))
    throw cursor.unexpected(`the number of the interrupt, 0 to ${MAX_INTERRUPT_NUMBER}`);
  cursor.advance();
  const end = bracket ? cursor.expectSign(')') : number.span;
  return { kind, number: Number(number.value), span: cover(token.span, end) };
}

function joined(cursor: TokenCursor, text: string): NamedInterrupt | undefined {
  const match = INTERRUPT_NAME.exec(text);
  const kind = interruptKind(match?.[2] ?? '');
  if (match === null || kind === undefined || match[1] !== undefined || match[4] !== undefined) return undefined;
  const { span } = cursor.advance();
  const number = Number(match[3]);
  if (number > MAX_INTERRUPT_NUMBER) throw new ConditionError(`interrupt numbers end at ${MAX_INTERRUPT_NUMBER}`, span);
  return { kind, number, span };
}
