/**
 * The filter bar's way of writing: `vcpu:1 irq:27 kind:irq.* -name:gicv5_* cdia`. Tokens of the same key are or-ed,
 * different keys and-ed, a leading `-` negates (negated tokens are and-ed), words without a key search the name.
 * Each token becomes an ordinary comparison, so nothing behind the parser knows that tokens exist.
 */
import { ConditionError, cover, type Expr, join, type Span, type Value } from './ast.ts';
import { nearest } from './suggest.ts';
import { type TokenCursor } from './tokens.ts';
import { parseValue } from './values.ts';
import { RESERVED } from './words.ts';

type TokenMeaning = (value: Value, span: Span) => Expr;

function compare(name: string, op: '==' | '~'): TokenMeaning {
  return (right, span) => ({
    type: 'compare',
    left: { type: 'name', name, span },
    mask: undefined,
    op: right.type === 'range' ? 'in' : op,
    right,
    span,
  });
}

function patternOf(value: Value): string {
  if (value.type === 'text') return value.text;
  throw new ConditionError('expected a register name or a pattern such as ICC_PPI_*', value.span);
}

/** An event about an interrupt: it names it, or changes its state. */
export function about(value: Value, span: Span): Expr {
  const subject =
    value.type === 'interrupt'
      ? value
      : value.type === 'number' && value.value >= 0n && value.value <= 0xff_ffffn
        ? ({ kind: 'irq', number: Number(value.value) } as const)
        : undefined;
  if (subject === undefined)
    throw new ConditionError('expected an interrupt: a number, or ppi(27), spi(33), lpi(8)', value.span);
  const { kind, number } = subject;
  return join(
    'or',
    [
      compare('intid', '==')(value, span),
      { type: 'edge', subject: { type: 'interrupt', kind, number, field: undefined, span }, edge: 'changes', span },
    ],
    span,
  );
}

/** Key of a filter token → the comparison it stands for. */
export const FILTER_KEYS: Readonly<Record<string, { readonly title: string; readonly meaning: TokenMeaning }>> = {
  vcpu: { title: 'vCPU on which the event happened', meaning: compare('vcpu', '==') },
  irq: { title: 'interrupt that the event names or changes', meaning: about },
  kind: { title: 'kind of event', meaning: compare('kind', '==') },
  name: { title: "event's name in the source", meaning: compare('name', '==') },
  reg: {
    title: 'register that the event accesses',
    meaning: (value, span) => ({ type: 'access', op: 'access', register: patternOf(value), where: undefined, span }),
  },
  op: { title: 'read, write or execute', meaning: compare('op', '==') },
  origin: { title: 'who made the event happen', meaning: compare('origin', '==') },
  reason: { title: 'why the guest exited', meaning: compare('reason', '==') },
  prio: { title: 'priority of the highest pending interrupt', meaning: compare('priority', '==') },
  cause: { title: 'why an interrupt became pending', meaning: compare('cause', '~') },
  time: { title: 'time range since the start', meaning: compare('time', '==') },
  text: { title: 'text in name or detail', meaning: compare('text', '~') },
};

/** Whether the next tokens start a filter token or free text. */
function startsItem(cursor: TokenCursor, ahead: number): boolean {
  const token = cursor.peek(ahead);
  if (token.type === 'string') return true;
  if (token.type !== 'word') return false;
  if (cursor.isSign(':', ahead + 1)) return true;
  return !RESERVED.has(token.text.toLowerCase()) && !token.text.includes('.') && !followedByOperator(cursor, ahead + 1);
}

const OPERATOR_SIGNS = ['==', '!=', '<', '<=', '>', '>=', '=', '~', '!~', '&', '(', '.'] as const;

/** Whether a word at the place before is the left side of something rather than a text of its own. */
export function followedByOperator(cursor: TokenCursor, ahead: number): boolean {
  if (OPERATOR_SIGNS.some((sign) => cursor.isSign(sign, ahead))) return true;
  if (['in', 'is', 'rises', 'falls', 'changes'].some((word) => cursor.isWord(word, ahead))) return true;
  return cursor.isWord('not', ahead) && cursor.isWord('in', ahead + 1);
}

/** Whether a list of filter tokens starts here. */
export function startsFilter(cursor: TokenCursor): boolean {
  return cursor.isSign('-') ? startsItem(cursor, 1) : startsItem(cursor, 0);
}

/** All tokens that stand side by side. Call when `startsFilter`. */
export function parseFilter(cursor: TokenCursor): Expr {
  const wanted = new Map<string, Expr[]>();
  const others: Expr[] = [];
  const start = cursor.peek().span;
  let span = start;
  while (startsFilter(cursor)) {
    const negated = cursor.takeSign('-');
    const { key, expr } = item(cursor);
    span = cover(start, expr.span);
    if (negated) others.push({ type: 'not', term: expr, span: expr.span });
    else if (key === undefined) others.push(expr);
    else wanted.set(key, [...(wanted.get(key) ?? []), expr]);
  }
  return join('and', [...[...wanted.values()].map((terms) => join('or', terms, span)), ...others], span);
}

function item(cursor: TokenCursor): { key: string | undefined; expr: Expr } {
  const token = cursor.advance();
  if (token.type !== 'word' && token.type !== 'string')
    throw new ConditionError('expected a word or a filter token', token.span);
  if (token.type === 'string' || !cursor.isSign(':'))
    return { key: undefined, expr: { type: 'text', text: nonEmpty(token.text, token.span), span: token.span } };
  const key = token.text.toLowerCase();
  const meaning = Object.hasOwn(FILTER_KEYS, key) ? FILTER_KEYS[key]?.meaning : undefined;
  if (meaning === undefined) {
    const suggestions = nearest(key, Object.keys(FILTER_KEYS));
    throw new ConditionError(
      `no filter is called ${token.text}${suggestions.length > 0 ? '' : `; there are ${Object.keys(FILTER_KEYS).join(', ')}`}`,
      token.span,
      suggestions,
    );
  }
  cursor.advance();
  const values = [parseValue(cursor)];
  while (cursor.takeSign(',')) values.push(parseValue(cursor));
  const span = cover(token.span, values.at(-1)?.span ?? token.span);
  return { key, expr: join('or', values.map((value) => meaning(value, span)), span) }; // prettier-ignore
}

function nonEmpty(text: string, span: Span): string {
  if (text === '') throw new ConditionError('an empty text is in every name; write what to look for', span);
  return text;
}
