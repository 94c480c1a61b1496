/** Which comparisons make sense: the fact exists, the value suits it, the trace knows the name. */
import { KINDS, ORIGINS } from '../../trace/kinds.ts';
import { type Value } from './ast.ts';
import { type COLUMNS, FACT_NAMES, isColumn, PAYLOAD, type PayloadField } from './facts.ts';
import { type Finding, NotSensible } from './finding.ts';
import { type NameSpace } from './names.ts';
import { fieldNames, findField, type RegisterFields, tableRegister } from './registers-of.ts';
import { resolvePath } from './subjects.ts';
import { didYouMean, nearest } from './suggest.ts';
import { isAbsence, textTest } from './tests.ts';
import {
  bitsTest,
  columnNumberTest,
  columnTextTest,
  type CompareExpr,
  interruptFieldTest,
  latencyTest,
  payloadNumberTest,
  payloadTextTest,
  stateWords,
  wordsOfField,
} from './typed-tests.ts';

type NameOperandOf = Extract<CompareExpr['left'], { type: 'name' }>;

/** Checks the left side of a test for "not zero". @throws NotSensible */
export function checkFact(left: NameOperandOf, mask: bigint | undefined, where: RegisterFields | undefined): void {
  if (isRegisterField(left.name, where)) return;
  const fields = factFields(left, where);
  if (isColumn(left.name) || !fields.some((field) => field.type === 'u64' || field.type === 'u32'))
    throw new NotSensible(`${left.name} is no number with bits; compare it with == or ~`, left.span);
  if (mask === undefined) throw new NotSensible(`compare ${left.name} with something`, left.span);
}

export function isRegisterField(name: string, where: RegisterFields | undefined): boolean {
  return where?.registers.some((register) => findField(register, name) !== undefined) === true;
}

/** The payload fields of that name; none for a column. @throws NotSensible when there is no such fact. */
export function factFields(left: NameOperandOf, where: RegisterFields | undefined): readonly PayloadField[] {
  const { name, span } = left;
  if (isColumn(name)) return [];
  const fields = PAYLOAD.get(name);
  if (fields !== undefined) return fields;
  const registerFields = where === undefined ? new Set<string>() : fieldNames(where);
  const near = nearest(name, [...registerFields, ...FACT_NAMES]);
  if (where !== undefined && registerFields.size > 0) {
    const shown = [...registerFields].slice(0, 12).join(', ');
    throw new NotSensible(`the register has no field ${name}; it has ${shown}`, span, near);
  }
  if (tableRegister(name) !== undefined)
    throw new NotSensible(
      `${name} is a register: say reg ${name} for its value, or write, read, access ${name}`,
      span,
      [`reg ${name}`, `write ${name}`],
    );
  throw new NotSensible(`events have nothing called ${name}`, span, near);
}

/** @throws NotSensible */
export function checkCompare(
  expr: CompareExpr,
  where: RegisterFields | undefined,
  names: NameSpace,
  report: (finding: Finding) => void,
): void {
  const { left } = expr;
  switch (left.type) {
    case 'interrupt':
      if (left.field === undefined) throw new NotSensible('say which state, such as .pending', left.span);
      if (left.field === 'state') stateWords(expr);
      else interruptFieldTest(expr, left.field);
      return;
    case 'path':
      for (const bits of resolvePath(names, left.path))
        bitsTest(
          expr,
          bits.field === undefined ? bits.slot.values : wordsOfField(bits.slot.register, bits.field),
          left.path,
        );
      return;
    case 'latency':
      latencyTest(expr);
      return;
    case 'name':
      if (isRegisterField(left.name, where)) checkRegisterField(expr, left.name, where);
      else if (isColumn(left.name)) checkColumn(expr, left.name, names, report);
      else checkPayload(expr, factFields(left, where));
  }
}

function checkRegisterField(expr: CompareExpr, name: string, where: RegisterFields | undefined): void {
  for (const register of where?.registers ?? [])
    if (findField(register, name) !== undefined) bitsTest(expr, wordsOfField(register.name, name), name);
}

/** It must suit at least one of the kinds that have the field. */
function checkPayload(expr: CompareExpr, fields: readonly PayloadField[]): void {
  const { left, right } = expr;
  if (isAbsence(right) && right.type === 'text' && fields.every(({ type, optional }) => !optional && type !== 'text'))
    throw new NotSensible(`${left.type === 'name' ? left.name : 'it'} is never ${right.text}`, right.span);
  let first: unknown;
  for (const field of fields) {
    try {
      if (field.type === 'text') payloadTextTest(field, expr);
      else payloadNumberTest(field, expr);
      return;
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

const WORDS_OF_COLUMN = { kind: Object.keys(KINDS), origin: ORIGINS } as const;

function checkColumn(
  expr: CompareExpr,
  column: keyof typeof COLUMNS,
  names: NameSpace,
  report: (finding: Finding) => void,
): void {
  if (column === 'time' || column === 'seq' || column === 'vcpu') {
    const test = columnNumberTest(expr, column);
    const last = BigInt(names.vcpus - 1);
    if (column === 'vcpu' && expr.op === '==' && test.intervals.some(([from]) => from > last))
      report({
        severity: 'warning',
        message: `this trace has vCPUs 0 to ${last}`,
        span: expr.right.span,
        suggestions: [],
      });
    return;
  }
  const test = columnTextTest(expr, column);
  const isWhole = expr.op === '==' || expr.op === '!=' || expr.op === 'in';
  if (!isWhole || test.absent || column === 'text') return;
  for (const value of expr.right.type === 'set' ? expr.right.items : [expr.right]) {
    if (value.type !== 'text' || isAbsence(value)) continue;
    if (column === 'name') knownName(value, names, report);
    else knownWord(value, column, WORDS_OF_COLUMN[column]);
  }
}

function knownWord(value: Extract<Value, { type: 'text' }>, column: string, words: readonly string[]): void {
  const { matches } = textTest('==', value, column);
  if (words.some(matches)) return;
  const near = nearest(value.text, words);
  const known = near.length > 0 ? '' : `; there are ${words.join(', ')}`;
  throw new NotSensible(`there is no ${column} ${value.text}${known}`, value.span, near);
}

function knownName(
  value: Extract<Value, { type: 'text' }>,
  names: NameSpace,
  report: (finding: Finding) => void,
): void {
  const { matches } = textTest('==', value, 'name');
  if (names.eventNames.some(matches)) return;
  const suggestions = nearest(value.text, names.eventNames);
  report({
    severity: 'warning',
    message: `no event of this trace is called ${value.text}${didYouMean(suggestions)}`,
    span: value.span,
    suggestions,
  });
}
