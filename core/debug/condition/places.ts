/** What a condition names as state: a slot's path or an interrupt, the latter perhaps with its vCPU. */
import { ConditionError, cover, type Expr, type InterruptSubject, type Span, type Subject } from './ast.ts';
import { nearest } from './suggest.ts';
import { type TokenCursor } from './tokens.ts';
import { takeInterrupt } from './values.ts';
import { INTERRUPT_NAME, interruptKind, MAX_INTERRUPT_NUMBER, MAX_VCPU, oneOf, SUBJECT_FIELDS } from './words.ts';

export interface Place {
  readonly subject: Subject;
  /** From `vcpu1.ppi27`. */
  readonly vcpu: number | undefined;
}

/** A slot's path or an interrupt. */
export function subjectPlace(cursor: TokenCursor): Place {
  const interrupt = interruptPlace(cursor);
  if (interrupt !== undefined) return interrupt;
  const token = cursor.peek();
  if (token.type !== 'word' && token.type !== 'string')
    throw cursor.unexpected('a path such as vcpu0.ICH_VMCR_EL2 or an interrupt such as ppi(27).pending');
  cursor.advance();
  return { subject: { type: 'path', path: nonEmptyPath(token.text, token.span), span: token.span }, vcpu: undefined };
}

export function nonEmptyPath(path: string, span: Span): string {
  if (path === '') throw new ConditionError('expected a path such as vcpu0.ICH_VMCR_EL2', span);
  return path;
}

export function scoped(place: Place, build: (subject: Subject) => Expr): Expr {
  const term = build(place.subject);
  return place.vcpu === undefined ? term : { type: 'on', vcpu: place.vcpu, term, span: term.span };
}

export function interruptPlace(cursor: TokenCursor): Place | undefined {
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
  throw new ConditionError(`an interrupt has no ${word}; it has ${SUBJECT_FIELDS.join(', ')}`, span, suggestions);
}
