/**
 * The parts of a condition that stand by themselves: accesses, interrupt state, slots, facts about events, latencies,
 * positions, and the short forms that are rewritten into them. Which it is follows from the next one or two tokens:
 * a word with a dot is a path, a word before an operator a fact about the event, any other word a text.
 */
import {
  ConditionError,
  COMPARISONS,
  type Comparison,
  cover,
  type Edge,
  EDGES,
  type Expr,
  type InterruptSubject,
  join,
  type Operand,
  type Span,
  type Subject,
  type Value,
} from './ast.ts';
import { about, followedByOperator, parseFilter, startsFilter } from './filter.ts';
import { didYouMean, nearest } from './suggest.ts';
import { type TokenCursor } from './tokens.ts';
import { parseSet, parseValue, takeInterrupt } from './values.ts';
import {
  ACCESS_VERBS,
  type AccessVerb,
  INTERRUPT_NAME,
  interruptKind,
  LEG_WORDS,
  MAX_INTERRUPT_NUMBER,
  MAX_VCPU,
  oneOf,
  OPERATORS,
  RESERVED,
  SUBJECT_FIELDS,
} from './words.ts';

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

interface Place {
  readonly subject: Subject;
  /** From `vcpu1.ppi27`. */
  readonly vcpu: number | undefined;
}

/** A slot's path or an interrupt. */
function subjectPlace(cursor: TokenCursor): Place {
  const interrupt = interruptPlace(cursor);
  if (interrupt !== undefined) return interrupt;
  const token = cursor.peek();
  if (token.type !== 'word' && token.type !== 'string')
    throw cursor.unexpected('a path such as vcpu0.ICH_VMCR_EL2 or an interrupt such as ppi(27).pending');
  cursor.advance();
  return { subject: { type: 'path', path: nonEmptyPath(token.text, token.span), span: token.span }, vcpu: undefined };
}

function nonEmptyPath(path: string, span: Span): string {
  if (path === '') throw new ConditionError('expected a path such as vcpu0.ICH_VMCR_EL2', span);
  return path;
}

function scoped(place: Place, build: (subject: Subject) => Expr): Expr {
  const term = build(place.subject);
  return place.vcpu === undefined ? term : { type: 'on', vcpu: place.vcpu, term, span: term.span };
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

function interruptPlace(cursor: TokenCursor): Place | undefined {
  const token = cursor.peek();
  if (token.type !== 'word' || cursor.isSign(':', 1)) return undefined;
  const match = INTERRUPT_NAME.exec(token.text);
  const named = takeInterrupt(cursor);
  if (named !== undefined) return { subject: withField(cursor, named), vcpu: undefined };
  const kind = interruptKind(match?.[2] ?? '');
  if (match === null || kind === undefined) return undefined;
  cursor.advance();
  const { span } = token;
  const field = match[4] === undefined ? undefined : subjectField(match[4], span);
  const vcpu = match[1] === undefined ? undefined : Number(match[1]);
  if (vcpu !== undefined && vcpu > MAX_VCPU) throw new ConditionError(`vCPUs are numbered 0 to ${MAX_VCPU}`, span);
  const number = Number(match[3]);
  if (number > MAX_INTERRUPT_NUMBER) throw new ConditionError(`interrupt numbers end at ${MAX_INTERRUPT_NUMBER}`, span);
  return { subject: { type: 'interrupt', kind, number, field, span }, vcpu };
}

function withField(cursor: TokenCursor, named: Pick<InterruptSubject, 'kind' | 'number' | 'span'>): InterruptSubject {
  const { kind, number, span } = named;
  if (!cursor.takeSign('.')) return { type: 'interrupt', kind, number, field: undefined, span };
  const token = cursor.peek();
  if (token.type !== 'word') throw cursor.unexpected(`a state: ${SUBJECT_FIELDS.join(', ')}`);
  const field = subjectField(token.text, token.span);
  cursor.advance();
  return { type: 'interrupt', kind, number, field, span: cover(span, token.span) };
}

function subjectField(word: string, span: Span): (typeof SUBJECT_FIELDS)[number] {
  const field = oneOf(SUBJECT_FIELDS, word.toLowerCase());
  if (field !== undefined) return field;
  const suggestions = nearest(word, SUBJECT_FIELDS);
  throw new ConditionError(
    `an interrupt has no ${word}${didYouMean(suggestions)}; it has ${SUBJECT_FIELDS.join(', ')}`,
    span,
    suggestions,
  );
}

/** A word before an operator: a path when it `rises`, `falls` or `changes`, else a fact about the event. */
function fact(cursor: TokenCursor, name: string, span: Span): Expr {
  if (edgeWord(cursor) !== undefined) return comparison(cursor, { type: 'path', path: name, span });
  return comparison(cursor, { type: 'name', name, span });
}

function edgeWord(cursor: TokenCursor): Edge | undefined {
  return EDGES.find((edge) => cursor.isWord(edge));
}

/** What follows an operand: an edge, a comparison, or nothing (not zero). */
function comparison(cursor: TokenCursor, left: Operand): Expr {
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
