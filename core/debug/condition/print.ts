/**
 * Tree to text, in the one canonical form: `parse(print(e))` equals `e` (spans aside) for every tree the parser makes.
 * Brackets are written where binding needs them, and around every access with `where` that has a neighbour.
 */
import { type Expr, type Operand, type Subject, type Value } from './ast.ts';
import { isPlainPath, isPlainText, isPlainValue, quote } from './words.ts';

/** How tightly each form binds; a child that binds less than its place asks for gets brackets. */
const BINDS = { if: 1, where: 1, or: 2, and: 3, not: 4, on: 5, atom: 6 } as const;

export function print(expr: Expr): string {
  switch (expr.type) {
    case 'and':
    case 'or':
      return expr.terms.map((term) => at(term, BINDS[expr.type] + 1)).join(` ${expr.type} `);
    case 'not':
      return `not ${at(expr.term, BINDS.not)}`;
    case 'if':
      return `${at(expr.event, BINDS.if)} if ${at(expr.state, BINDS.or)}`;
    case 'on':
      return `${at(expr.term, BINDS.on)} on vcpu ${expr.vcpu}`;
    case 'edge':
      if (expr.subject.type === 'path' && expr.edge === 'changes') return `changed(${path(expr.subject.path)})`;
      return `${subjectText(expr.subject, false)} ${expr.edge}`;
    case 'compare':
      if (isPositionTest(expr)) return printValue(expr.right);
      return `${operand(expr.left, expr.mask)} ${expr.op} ${printValue(expr.right)}`;
    case 'truth':
      return operand(expr.operand, expr.mask);
    case 'access':
      return `${expr.op} ${isPlainValue(expr.register) ? expr.register : quote(expr.register)}${
        expr.where === undefined ? '' : ` where ${at(expr.where, BINDS.and)}`
      }`;
    case 'text':
      return isPlainText(expr.text) ? expr.text : quote(expr.text);
  }
}

function at(expr: Expr, binding: number): string {
  const text = print(expr);
  return binds(expr) < binding ? `(${text})` : text;
}

function binds(expr: Expr): number {
  switch (expr.type) {
    case 'and':
    case 'or':
    case 'not':
    case 'if':
    case 'on':
      return BINDS[expr.type];
    case 'access':
      return expr.where === undefined ? BINDS.atom : BINDS.where;
    case 'edge':
    case 'compare':
    case 'truth':
    case 'text':
      return BINDS.atom;
  }
}

/** `#120`, `#120..#180` stand for themselves. */
function isPositionTest(expr: Extract<Expr, { type: 'compare' }>): boolean {
  if (expr.left.type !== 'name' || expr.left.name !== 'seq' || expr.mask !== undefined) return false;
  if (expr.op === '==') return expr.right.type === 'position';
  return expr.op === 'in' && expr.right.type === 'range' && expr.right.from.type === 'position';
}

function operand(left: Operand, mask: bigint | undefined): string {
  const bits = mask === undefined ? '' : ` & 0x${mask.toString(16)}`;
  if (left.type === 'name') return left.name + bits;
  if (left.type === 'latency') return (left.legs === undefined ? 'latency' : `latency(${left.legs.join(', ')})`) + bits;
  return subjectText(left, true) + bits;
}

/** A path without a dot needs `reg` where a fact about the event could stand. */
function subjectText(subject: Subject, ambiguous: boolean): string {
  if (subject.type === 'interrupt')
    return `${subject.kind}(${subject.number})${subject.field === undefined ? '' : `.${subject.field}`}`;
  const text = path(subject.path);
  return text.startsWith('"') || (ambiguous && !subject.path.includes('.')) ? `reg ${text}` : text;
}

function path(text: string): string {
  return isPlainPath(text) ? text : quote(text);
}

function printValue(value: Value): string {
  switch (value.type) {
    case 'number': {
      const sign = value.value < 0n ? '-' : '';
      const digits = (value.value < 0n ? -value.value : value.value).toString(value.radix);
      return `${sign}${value.radix === 16 ? '0x' : value.radix === 2 ? '0b' : ''}${digits}`;
    }
    case 'duration':
      return formatDuration(value.ns);
    case 'position':
      return `#${value.seq}`;
    case 'text':
      return isPlainValue(value.text) ? value.text : quote(value.text);
    case 'interrupt':
      return `${value.kind}(${value.number})`;
    case 'range':
      return `${printValue(value.from)}..${printValue(value.to)}`;
    case 'set':
      return `{${value.items.map(printValue).join(', ')}}`;
  }
}

const UNITS = [
  ['s', 1_000_000_000],
  ['ms', 1_000_000],
  ['us', 1_000],
] as const;

/** In the largest unit that needs no fraction: `50us`, `1500ms`. */
export function formatDuration(ns: number): string {
  for (const [unit, scale] of UNITS) if (ns !== 0 && ns % scale === 0) return `${ns / scale}${unit}`;
  return `${ns}ns`;
}
