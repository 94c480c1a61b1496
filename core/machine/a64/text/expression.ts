/**
 * Constant expressions: numbers, symbols, `.` for the present address, local labels, and C's operators
 * `+ - * / % << >> & | ^ ~` with C's precedence and parentheses. A value is any integer from −2^63 to 2^64 − 1;
 * a result outside is refused rather than wrapped, because a wrapped address is a lost afternoon.
 * Depth of nesting is bounded, so hostile text cannot exhaust the stack.
 */
import { type Cursor, isMismatch, type Mismatch, type Token } from './tokens.ts';

export interface Value {
  readonly value: bigint;
  /** An address of this program (a label, perhaps plus a constant) rather than a plain number. */
  readonly isAddress: boolean;
}

/** What names mean at one statement. */
export interface Scope {
  /** Address of the statement. */
  readonly here: bigint;
  /** A symbol's value; undefined when there is none, or none yet. */
  symbol(name: string): Value | undefined;
  /** `1b`, `1f`: the nearest such label before or after here. */
  local(number: number, direction: 'b' | 'f'): Value | undefined;
  /** What `symbol` finds, in messages; by default any label or constant. */
  readonly known?: string;
}

const MAX_DEPTH = 64;
const MIN = -(1n << 63n);
const MAX = (1n << 64n) - 1n;

/** Looser operators first, as in C. */
const LEVELS: readonly (readonly string[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];

/** Reads and evaluates the expression at the cursor. */
export function evaluate(cursor: Cursor, scope: Scope): Value | Mismatch {
  return binary(cursor, scope, 0, 0);
}

function binary(cursor: Cursor, scope: Scope, level: number, depth: number): Value | Mismatch {
  const operators = LEVELS[level];
  if (operators === undefined) return unary(cursor, scope, depth);
  const start = cursor.token;
  let left = binary(cursor, scope, level + 1, depth);
  for (;;) {
    const operator = cursor.token;
    if (isMismatch(left) || operator.kind !== 'mark' || !operators.includes(operator.text)) return left;
    cursor.next();
    const operand = cursor.token;
    const right = binary(cursor, scope, level + 1, depth);
    if (isMismatch(right)) return right;
    left = apply(cursor, operator.text, left, right, start, operand);
  }
}

function apply(cursor: Cursor, operator: string, a: Value, b: Value, start: Token, operand: Token): Value | Mismatch {
  if ((operator === '/' || operator === '%') && b.value === 0n)
    return cursor.wanted('a divisor other than zero', operand);
  if ((operator === '<<' || operator === '>>') && (b.value < 0n || b.value > 63n))
    return cursor.wanted('a shift of 0 … 63', operand);
  const value = compute(operator, a.value, b.value);
  if (value < MIN || value > MAX) return cursor.wanted('a value of at most 64 bits', start);
  const isAddress = operator === '+' ? a.isAddress !== b.isAddress : operator === '-' && a.isAddress && !b.isAddress;
  return { value, isAddress };
}

function compute(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&':
      return a & b;
    case '<<':
      return a << b;
    case '>>':
      return a >> b;
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return a % b;
  }
}

function unary(cursor: Cursor, scope: Scope, depth: number): Value | Mismatch {
  if (depth > MAX_DEPTH) return cursor.wanted(`at most ${MAX_DEPTH} nested parentheses and signs`);
  const start = cursor.token;
  if (start.kind === 'mark' && (start.text === '-' || start.text === '~' || start.text === '+')) {
    cursor.next();
    const operand = unary(cursor, scope, depth + 1);
    if (isMismatch(operand) || start.text === '+') return operand;
    const value = start.text === '-' ? -operand.value : ~operand.value;
    return value < MIN ? cursor.wanted('a value of at most 64 bits', start) : { value, isAddress: false };
  }
  if (cursor.mark('(')) {
    const inner = binary(cursor, scope, 0, depth + 1);
    if (isMismatch(inner)) return inner;
    return cursor.mark(')') ? inner : cursor.wanted('`)`');
  }
  return primary(cursor, scope);
}

function primary(cursor: Cursor, scope: Scope): Value | Mismatch {
  const { token } = cursor;
  if (token.kind === 'number') {
    cursor.next();
    const value = token.value ?? 0n;
    return value > MAX ? cursor.wanted('a value of at most 64 bits', token) : { value, isAddress: false };
  }
  if (token.kind === 'local') {
    cursor.next();
    const direction = token.text.toLowerCase().endsWith('b') ? 'b' : 'f';
    const number = token.text.slice(0, -1);
    const found = number.length > 6 ? undefined : scope.local(Number(number), direction);
    return found ?? cursor.wanted(`a label \`${number}:\` ${direction === 'b' ? 'before' : 'after'} this line`, token);
  }
  if (token.kind === 'name') {
    cursor.next();
    if (token.text === '.') return { value: scope.here, isAddress: true };
    return scope.symbol(token.text) ?? cursor.wanted(scope.known ?? 'a label or constant that is defined', token);
  }
  return cursor.wanted('a number, a label or an expression');
}
