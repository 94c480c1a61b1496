/**
 * The parts of a condition that stand by themselves: accesses, interrupt state, slots, facts about events, latencies,
 * positions, and the short forms that are rewritten into them. Which it is follows from the next one or two tokens:
 * a word with a dot is a path, a word before an operator a fact about the event, any other word a text.
 */
import { ConditionError, cover, type Expr, join, type Operand, type Span, type Value } from './ast.ts';
import { comparison, edgeWord } from './comparison.ts';
import { about, followedByOperator, parseFilter, startsFilter } from './filter.ts';
import { interruptPlace, nonEmptyPath, scoped, subjectPlace } from './places.ts';
import { type TokenCursor } from './tokens.ts';
import { parseValue } from './values.ts';
import { ACCESS_VERBS, type AccessVerb, LEG_WORDS, oneOf, OPERATORS, RESERVED, SUBJECT_FIELDS } from './words.ts';

/** @param where reads the condition behind `where`. */
export function parseAtom(cursor: TokenCursor, where: (cursor: TokenCursor) => Expr): Expr {
  const token = cursor.peek();
  if (token.type === 'position') return positions(cursor);
  if (token.type === 'word') {
    const form = specialForm(cursor, token.text.toLowerCase(), where);
    if (form !== undefined) return form;
    const subject = interruptAtom(cursor);
    if (subject !== undefined) return subject;
    if (token.text.includes('.') && !cursor.isSign(':', 1)) {
      cursor.advance();
      return comparison(cursor, { type: 'path', path: token.text, span: token.span });
    }
    if (!cursor.isSign(':', 1) && followedByOperator(cursor, 1)) {
      cursor.advance();
      return fact(cursor, token.text, token.span);
    }
  }
  if (startsFilter(cursor)) return parseFilter(cursor);
  throw cursor.unexpected('a condition', STARTS);
}

const STARTS = ['changed', 'latency', 'not', 'reg', 'insn', ...ACCESS_VERBS];

/** Words that begin a form of their own. */
function specialForm(cursor: TokenCursor, word: string, where: (cursor: TokenCursor) => Expr): Expr | undefined {
  const verb = oneOf(ACCESS_VERBS, word);
  if (verb !== undefined) return access(cursor, verb, where);
  const bracket = cursor.isSign('(', 1);
  if (word === 'changed' && bracket) return changed(cursor);
  if (word === 'insn' && bracket) return instructions(cursor);
  if (word === 'latency') return latency(cursor);
  if (word === 'reg' && !cursor.isSign(':', 1)) return register(cursor);
  if (word === 'kvm_entry') return kindIs('vcpu.entry', cursor.advance().span);
  if (word === 'kvm_exit') return guestExit(cursor);
  return undefined;
}

/** `write NAME where …`. The words of an instruction are joined: `execute GIC CDDI`. */
function access(cursor: TokenCursor, op: AccessVerb, where: (cursor: TokenCursor) => Expr): Expr {
  const start = cursor.advance().span;
  const token = cursor.peek();
  const isName = token.type === 'string' || (token.type === 'word' && oneOf(OPERATORS, token.text) === undefined);
  if (!isName) throw cursor.unexpected(`a register after ${op}, such as ${op} ICC_PPI_ENABLER0_EL1 or ${op} ICC_PPI_*`);
  cursor.advance();
  let name = token.text;
  let span = cover(start, token.span);
  const operation = cursor.peek();
  if (
    token.type === 'word' &&
    /^(GIC|GICR|GSB)$/i.test(name) &&
    operation.type === 'word' &&
    !RESERVED.has(operation.text.toLowerCase())
  ) {
    cursor.advance();
    name = `${name} ${operation.text}`;
    span = cover(start, operation.span);
  }
  if (name === '') throw new ConditionError('expected the name of a register', token.span);
  if (!cursor.takeWord('where')) return { type: 'access', op, register: name, where: undefined, span };
  const condition = where(cursor);
  return { type: 'access', op, register: name, where: condition, span: cover(start, condition.span) };
}

/** `changed(path)`. */
function changed(cursor: TokenCursor): Expr {
  const start = cursor.advance().span;
  cursor.expectSign('(');
  const place = subjectPlace(cursor);
  const end = cursor.expectSign(')');
  return scoped(place, (subject) => ({ type: 'edge', subject, edge: 'changes', span: cover(start, end) }));
}

/** `insn(CDIA, CDDI)`: GIC instructions by mnemonic. */
function instructions(cursor: TokenCursor): Expr {
  const start = cursor.advance().span;
  cursor.expectSign('(');
  const terms: Expr[] = [];
  do {
    const token = cursor.peek();
    if (token.type !== 'word') throw cursor.unexpected('an instruction such as CDIA, CDEOI or CDDI');
    cursor.advance();
    terms.push({ type: 'access', op: 'execute', register: token.text, where: undefined, span: token.span });
  } while (cursor.takeSign(','));
  return join('or', terms, cover(start, cursor.expectSign(')')));
}

/** `latency`, `latency(raised, acknowledged)`; always compared with a duration. */
function latency(cursor: TokenCursor): Expr {
  const start = cursor.advance().span;
  if (!cursor.takeSign('(')) return comparison(cursor, { type: 'latency', legs: undefined, span: start });
  const from = leg(cursor);
  cursor.expectSign(',');
  const to = leg(cursor);
  const end = cursor.expectSign(')');
  return comparison(cursor, { type: 'latency', legs: [from, to], span: cover(start, end) });
}

function leg(cursor: TokenCursor): NonNullable<ReturnType<typeof LEG_WORDS.get>> {
  const token = cursor.peek();
  const found = token.type === 'word' ? LEG_WORDS.get(token.text.toLowerCase()) : undefined;
  if (found === undefined)
    throw cursor.unexpected('a moment: raised, pending, acknowledged, dropped or deactivated', [...LEG_WORDS.keys()]);
  cursor.advance();
  return found;
}

/** `reg NAME[.FIELD]`: that register of any vCPU. */
function register(cursor: TokenCursor): Expr {
  const start = cursor.advance().span;
  const token = cursor.peek();
  if (token.type !== 'word' && token.type !== 'string')
    throw cursor.unexpected('a register, such as reg ICC_PCR_EL1.PRIORITY changes');
  cursor.advance();
  const path = nonEmptyPath(token.text, token.span);
  return comparison(cursor, { type: 'path', path, span: cover(start, token.span) });
}

function kindIs(kind: string, span: Span): Expr {
  const right: Value = { type: 'text', text: kind, span };
  return { type: 'compare', left: { type: 'name', name: 'kind', span }, mask: undefined, op: '==', right, span };
}

/** `kvm_exit` or `kvm_exit(WFx, SVE)`. */
function guestExit(cursor: TokenCursor): Expr {
  const start = cursor.advance().span;
  const exits = kindIs('vcpu.exit', start);
  if (!cursor.takeSign('(')) return exits;
  const reasons: Value[] = [parseValue(cursor)];
  while (cursor.takeSign(',')) reasons.push(parseValue(cursor));
  const span = cover(start, cursor.expectSign(')'));
  const compareReason = (right: Value): Expr => ({
    type: 'compare',
    left: { type: 'name', name: 'reason', span },
    mask: undefined,
    op: '==',
    right,
    span,
  });
  return join('and', [exits, join('or', reasons.map(compareReason), span)], span);
}

/** `#120`, `#120..#180`. */
function positions(cursor: TokenCursor): Expr {
  const right = parseValue(cursor);
  const op = right.type === 'range' ? 'in' : '==';
  const left: Operand = { type: 'name', name: 'seq', span: right.span };
  return { type: 'compare', left, mask: undefined, op, right, span: right.span };
}

/** `ppi(27).pending …`, `vcpu1.ppi27.active …`, or an interrupt alone: events about it. */
function interruptAtom(cursor: TokenCursor): Expr | undefined {
  const place = interruptPlace(cursor);
  if (place === undefined) return undefined;
  const { subject } = place;
  if (subject.type === 'interrupt' && subject.field === undefined && edgeWord(cursor) === undefined) {
    if (followedByOperator(cursor, 0) || cursor.isSign('.'))
      throw cursor.unexpected(`a state after the interrupt, such as .pending (${SUBJECT_FIELDS.join(', ')})`);
    const { kind, number, span } = subject;
    return scoped(place, () => about({ type: 'interrupt', kind, number, span }, span));
  }
  return scoped(place, (operand) => comparison(cursor, operand));
}

/** A word before an operator: a path when it `rises`, `falls` or `changes`, else a fact about the event. */
function fact(cursor: TokenCursor, name: string, span: Span): Expr {
  if (edgeWord(cursor) !== undefined) return comparison(cursor, { type: 'path', path: name, span });
  return comparison(cursor, { type: 'name', name, span });
}
