/**
 * Tokens to tree: a Pratt parser. Binding, weakest first: `if`, `or`, `and`, `not`, `on`; comparisons and edges are
 * atoms. `where` takes everything joined by `and`; an `or` right after it is refused, because it could belong to
 * either side. Recursion is bounded by MAX_BRACKETS, the finished tree by MAX_DEPTH.
 */
import { parseAtom } from './atoms.ts';
import { ConditionError, cover, type Expr, join, MAX_BRACKETS, MAX_DEPTH } from './ast.ts';
import { lex } from './lex.ts';
import { TokenCursor } from './tokens.ts';
import { MAX_VCPU } from './words.ts';

const BIND_IF = 5;
const BIND_OR = 10;
const BIND_AND = 20;
const BIND_NOT = 30;
const BIND_ON = 40;
/** What `where` takes: `and` chains, not `or`. */
const BIND_WHERE = 15;

/**
 * Reads a condition.
 * @throws ConditionError with the place that is wrong.
 */
export function parse(source: string): Expr {
  const cursor = new TokenCursor(lex(source));
  if (cursor.peek().type === 'end')
    throw new ConditionError('expected a condition, such as ppi(27).pending rises', cursor.peek().span);
  const expr = parseExpr(cursor, 0, 0);
  const rest = cursor.peek();
  if (rest.type !== 'end') throw cursor.unexpected('and, or, if, on or the end', AFTER_ATOM);
  boundDepth(expr);
  return expr;
}

const AFTER_ATOM = ['and', 'or', 'if', 'on', 'rises', 'falls', 'changes', 'where', 'in', 'is'];

function parseExpr(cursor: TokenCursor, binding: number, level: number): Expr {
  if (level > MAX_BRACKETS) throw new ConditionError(`more than ${MAX_BRACKETS} nested brackets`, cursor.peek().span);
  let left = prefix(cursor, level);
  for (;;) {
    if (binding < BIND_IF && cursor.takeWord('if')) {
      const state = parseExpr(cursor, BIND_IF, level + 1);
      left = { type: 'if', event: left, state, span: cover(left.span, state.span) };
    } else if (binding < BIND_OR && (cursor.takeWord('or') || cursor.takeSign('||'))) {
      const right = parseExpr(cursor, BIND_OR, level + 1);
      left = join('or', [left, right], cover(left.span, right.span));
    } else if (binding < BIND_AND && (cursor.takeWord('and') || cursor.takeSign('&&'))) {
      const right = parseExpr(cursor, BIND_AND, level + 1);
      left = join('and', [left, right], cover(left.span, right.span));
    } else if (binding < BIND_ON && cursor.takeWord('on')) {
      const { vcpu, span } = vcpuOf(cursor);
      left = { type: 'on', vcpu, term: left, span: cover(left.span, span) };
    } else return left;
  }
}

function prefix(cursor: TokenCursor, level: number): Expr {
  const start = cursor.peek().span;
  if (cursor.takeWord('not') || cursor.takeSign('!')) {
    const term = parseExpr(cursor, BIND_NOT, level + 1);
    return { type: 'not', term, span: cover(start, term.span) };
  }
  if (cursor.takeSign('(')) {
    const inner = parseExpr(cursor, 0, level + 1);
    const close = cursor.peek().span;
    if (!cursor.takeSign(')')) throw cursor.unexpected('and, or, if, on or )', AFTER_ATOM);
    return { ...inner, span: cover(start, close) };
  }
  return parseAtom(cursor, (inner) => where(inner, level + 1));
}

function where(cursor: TokenCursor, level: number): Expr {
  const expr = parseExpr(cursor, BIND_WHERE, level);
  if (cursor.isWord('or') || cursor.isSign('||'))
    throw new ConditionError(
      'put brackets around what belongs to where: `(write NAME where a) or b`, or `write NAME where (a or b)`',
      cursor.peek().span,
    );
  return expr;
}

/** `vcpu 1` or `vcpu(1)`. */
function vcpuOf(cursor: TokenCursor): { vcpu: number; span: Expr['span'] } {
  if (!cursor.takeWord('vcpu')) throw cursor.unexpected('vcpu and its number, such as on vcpu 1', ['vcpu']);
  const bracket = cursor.takeSign('(');
  const number = cursor.peek();
  const vcpu = number.type === 'number' ? Number(number.value) : Number.NaN;
  if (!(vcpu >= 0 && vcpu <= MAX_VCPU)) throw cursor.unexpected(`the number of a vCPU, 0 to ${MAX_VCPU}`);
  cursor.advance();
  let span = number.span;
  if (bracket) {
    span = cursor.peek().span;
    cursor.expectSign(')');
  }
  return { vcpu, span };
}

function boundDepth(expr: Expr, depth = 1): void {
  if (depth > MAX_DEPTH) throw new ConditionError(`the condition is nested deeper than ${MAX_DEPTH} levels`, expr.span);
  for (const child of children(expr)) boundDepth(child, depth + 1);
}

/** The conditions directly inside a condition. */
export function children(expr: Expr): readonly Expr[] {
  switch (expr.type) {
    case 'and':
    case 'or':
      return expr.terms;
    case 'not':
    case 'on':
      return [expr.term];
    case 'if':
      return [expr.event, expr.state];
    case 'access':
      return expr.where === undefined ? [] : [expr.where];
    case 'edge':
    case 'compare':
    case 'truth':
    case 'text':
      return [];
  }
}
