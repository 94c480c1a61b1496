/** What may follow an operand: an edge word, or a mask, an operator and a value. */
import {
  COMPARISONS,
  type Comparison,
  ConditionError,
  cover,
  type Edge,
  EDGES,
  type Expr,
  type Operand,
  type Span,
  type Value,
} from './ast.ts';
import { followedByOperator } from './filter.ts';
import { type TokenCursor } from './tokens.ts';
import { parseSet, parseValue } from './values.ts';

export function edgeWord(cursor: TokenCursor): Edge | undefined {
  return EDGES.find((edge) => cursor.isWord(edge));
}

/** What follows an operand: an edge, a comparison, or nothing (not zero). */
export function comparison(cursor: TokenCursor, left: Operand): Expr {
  const edge = edgeWord(cursor);
  if (edge !== undefined && (left.type === 'interrupt' || left.type === 'path')) {
    const { span } = cursor.advance();
    return { type: 'edge', subject: left, edge, span: cover(left.span, span) };
  }
  const mask = maskOf(cursor);
  const negated = cursor.isWord('not') && cursor.isWord('in', 1);
  if (negated) cursor.advance();
  const op = operator(cursor);
  if (op === undefined)
    return { type: 'truth', operand: left, mask: mask?.value, span: cover(left.span, mask?.span ?? left.span) };
  const right = op === 'in' ? parseSet(cursor) : parseValue(cursor);
  stateInTwoWords(cursor, left, right);
  const span = cover(left.span, right.span);
  const compare: Expr = { type: 'compare', left, mask: mask?.value, op, right, span };
  return negated ? { type: 'not', term: compare, span } : compare;
}

function maskOf(cursor: TokenCursor): { value: bigint; span: Span } | undefined {
  if (!cursor.takeSign('&')) return undefined;
  const token = cursor.peek();
  if (token.type !== 'number') throw cursor.unexpected('a mask after &, such as 0x8');
  cursor.advance();
  return { value: token.value, span: token.span };
}

function operator(cursor: TokenCursor): Comparison | undefined {
  if (cursor.takeWord('in')) return 'in';
  if (cursor.takeWord('is')) return cursor.takeWord('not') ? '!=' : '==';
  if (cursor.takeSign('=')) return '==';
  return COMPARISONS.find((op) => op !== 'in' && cursor.takeSign(op));
}

/** `state == active and pending` would silently mean something else. */
function stateInTwoWords(cursor: TokenCursor, left: Operand, right: Value): void {
  const isState = left.type === 'interrupt' && left.field === 'state';
  if (!isState || right.type !== 'text' || right.text !== 'active') return;
  const next = cursor.peek(1);
  if (!cursor.isWord('and') || !cursor.isWord('pending', 1) || followedByOperator(cursor, 2)) return;
  throw new ConditionError('the state of two words needs quotes: "active and pending"', cover(right.span, next.span), [
    '"active and pending"',
  ]);
}
