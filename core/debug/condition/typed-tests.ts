/** From a comparison to the test that it means for one type: payload field, column, slot, interrupt state, latency. */
import { type Expr, STATE_WORDS, type Value } from './ast.ts';
import { type PayloadField } from './facts.ts';
import { NotSensible } from './finding.ts';
import { findField, tableRegister } from './registers-of.ts';
import { nearest } from './suggest.ts';
import {
  duration,
  interruptNumber,
  isAbsence,
  numberTest,
  type NumberTest,
  plainNumber,
  positionNumber,
  textTest,
  type TextTest,
  truthValue,
} from './tests.ts';

export type CompareExpr = Extract<Expr, { type: 'compare' }>;

/** The test of a number that a payload field stores. @throws NotSensible */
export function payloadNumberTest(field: PayloadField, expr: CompareExpr): NumberTest {
  const { op, mask, right } = expr;
  const what = expr.left.type === 'name' ? expr.left.name : 'it';
  switch (field.type) {
    case 'u64':
    case 'u32':
      return numberTest(op, mask, right, plainNumber(undefined, what));
    case 'bool':
      noMask(expr, what);
      return numberTest(op, undefined, right, truthValue);
    case 'intid':
      noMask(expr, what);
      if (op !== '==' && op !== '!=' && op !== 'in')
        throw new NotSensible('interrupts are compared with ==, != or in', right.span, ['==', 'in']);
      return numberTest(op, undefined, right, interruptNumber);
    case 'text':
      throw new NotSensible(`${what} is text`, right.span);
    default:
      noMask(expr, what);
      return enumerationTest(field.type, expr, what);
  }
}

function enumerationTest(words: readonly string[], expr: CompareExpr, what: string): NumberTest {
  const { op, right } = expr;
  if (isAbsence(right)) return numberTest(op, undefined, right, plainNumber(words, what));
  if (op !== '~' && op !== '!~') {
    if (op !== '==' && op !== '!=' && op !== 'in')
      throw new NotSensible(`${what} has no order; compare it with ==`, right.span);
    return numberTest(op, undefined, right, plainNumber(words, what));
  }
  const { matches } = textTest(op, right, what);
  const indexes = words.flatMap((word, index) => (matches(word) ? [[BigInt(index), BigInt(index)] as const] : []));
  return { mask: 0xffff_ffff_ffff_ffffn, intervals: indexes, absent: false };
}

function noMask({ mask, left }: CompareExpr, what: string): void {
  if (mask !== undefined) throw new NotSensible(`${what} has no bits to mask`, left.span);
}

/** The test of a text that a payload field stores. @throws NotSensible */
export function payloadTextTest(field: PayloadField, expr: CompareExpr): TextTest {
  const what = expr.left.type === 'name' ? expr.left.name : 'it';
  noMask(expr, what);
  if (isAbsence(expr.right) && !field.optional)
    return {
      matches: textTest(expr.op, { ...expr.right, type: 'text', text: textOfAbsence(expr.right) }, what).matches,
      absent: false,
    };
  return textTest(expr.op, expr.right, what);
}

function textOfAbsence(value: Value): string {
  return value.type === 'text' ? value.text : '';
}

/** The test of a slot or of a register's field. @throws NotSensible */
export function bitsTest(expr: CompareExpr, words: readonly string[] | undefined, what: string): NumberTest {
  if (expr.op === '~' || expr.op === '!~')
    throw new NotSensible(`${what} is a number; compare it with ==`, expr.right.span);
  return numberTest(expr.op, expr.mask, expr.right, plainNumber(words, what));
}

/** Words for the values of a register's field, where the tables list them. */
export function wordsOfField(register: string | undefined, field: string | undefined): readonly string[] | undefined {
  const table = register === undefined || field === undefined ? undefined : tableRegister(register);
  const rule = table === undefined || field === undefined ? undefined : findField(table, field)?.text;
  return typeof rule === 'object' ? rule : undefined;
}

/** The words of an interrupt's state that a comparison asks for. @throws NotSensible */
export function stateWords(expr: CompareExpr): ReadonlySet<string> {
  const { op, right } = expr;
  noMask(expr, '.state');
  if (op !== '==' && op !== '!=' && op !== 'in')
    throw new NotSensible('a state has no order; use ==, != or in', right.span);
  const values = right.type === 'set' ? right.items : [right];
  const wanted = new Set(values.map(stateWord));
  return op === '!=' ? new Set(STATE_WORDS.filter((word) => !wanted.has(word))) : wanted;
}

function stateWord(value: Value): (typeof STATE_WORDS)[number] {
  const text = value.type === 'text' ? value.text.toLowerCase() : '';
  const word = STATE_WORDS.find((known) => known === text);
  if (word !== undefined) return word;
  const near = nearest(text, STATE_WORDS);
  throw new NotSensible(`the states are ${STATE_WORDS.join(', ')}`, value.span, near);
}

/** Values of `handling`: 0 edge, 1 level (gicv5-registers §1). */
const HANDLING_WORDS = ['edge', 'level'];

/** The test of an interrupt's field. @throws NotSensible */
export function interruptFieldTest(expr: CompareExpr, field: string): NumberTest {
  const words = field === 'handling' ? HANDLING_WORDS : undefined;
  const isBit = field !== 'priority' && field !== 'target' && field !== 'handling';
  const { op, right } = expr;
  const values = right.type === 'set' ? right.items : [right];
  if (
    isBit &&
    expr.mask === undefined &&
    op !== '~' &&
    values.some((item) => item.type === 'text' && /^(true|false)$/i.test(item.text))
  )
    return numberTest(op, undefined, right, truthValue);
  return bitsTest(expr, words, `.${field}`);
}

/** @throws NotSensible */
export function latencyTest(expr: CompareExpr): NumberTest {
  if (expr.mask !== undefined) throw new NotSensible('a latency has no bits', expr.left.span);
  if (isAbsence(expr.right)) throw new NotSensible('a latency is always known where there is one', expr.right.span);
  return numberTest(expr.op, undefined, expr.right, duration('latency'));
}

/** The test of `time`, `seq` or `vcpu`. @throws NotSensible */
export function columnNumberTest(expr: CompareExpr, column: 'time' | 'seq' | 'vcpu'): NumberTest {
  noMask(expr, column);
  if (column !== 'vcpu' && isAbsence(expr.right)) throw new NotSensible(`every event has a ${column}`, expr.right.span);
  const convert =
    column === 'time' ? duration('time') : column === 'seq' ? positionNumber : plainNumber(undefined, 'vcpu');
  return numberTest(expr.op, undefined, expr.right, convert);
}

/** The test of `kind`, `origin`, `name` or `text`. @throws NotSensible */
export function columnTextTest(expr: CompareExpr, column: 'kind' | 'origin' | 'name' | 'text'): TextTest {
  noMask(expr, column);
  const isWord =
    column === 'origin' && isAbsence(expr.right) && expr.right.type === 'text' && /^unknown$/i.test(expr.right.text);
  if (isWord)
    return { matches: (text) => (text === 'unknown') === (expr.op !== '!=' && expr.op !== '!~'), absent: false };
  if (column === 'text' && expr.op !== '~' && expr.op !== '!~')
    throw new NotSensible('compare text with ~ (contains) or !~', expr.right.span, ['~']);
  return textTest(expr.op, expr.right, column);
}
