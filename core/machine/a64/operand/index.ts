/**
 * Operands by the names that the tables use between `<` and `>`:
 * - `Rd`, `Xn`, `Wt`, with `|sp` where 31 is the stack pointer; `Rnm`: one register in two fields
 * - `i:12`, `i:-9`, `i:-7*8`, `i:16x`: a number in a field of so many bits, signed with `-`, scaled with `*`, printed
 *   in hexadecimal with `x`
 * - `label:26`: a branch target in field i; and the named ones below
 */
import { type Letter, noFields } from '../pattern.ts';
import { branchTarget, byteAddress, pageAddress } from './addresses.ts';
import {
  addImmediate,
  bitmask,
  invertedBitmask,
  movBitmask,
  negatedAddImmediate,
  numberOperand,
  wideMove,
  wideShiftOperand,
  zeroOffset,
} from './immediates.ts';
import { type Operand } from './operand.ts';
import { linkRegister, registerOperand, testedBit } from './registers.ts';
import { BIT_FIELD_OPERANDS, extendedRegister, offsetRegister, shiftOperand } from './shifts.ts';
import {
  barrierDomain,
  condition,
  controlRegister,
  fullDomain,
  gicOperation,
  hintNumber,
  operation,
  prefetchOperation,
  pstateField,
  systemRegister,
} from './system.ts';

const NAMED: Readonly<Record<string, Operand>> = {
  ...BIT_FIELD_OPERANDS,
  add: addImmediate,
  '-add': negatedAddImmediate,
  bitmask,
  '~bitmask': invertedBitmask,
  'mov bitmask': movBitmask,
  movz: wideMove(false),
  movn: wideMove(true),
  hw: wideShiftOperand,
  shift: shiftOperand(3),
  'shift or rotate': shiftOperand(4),
  extended: extendedRegister(false),
  'extended flags': extendedRegister(true),
  cond: condition(false),
  '!cond': condition(true),
  adr: byteAddress,
  adrp: pageAddress,
  link: linkRegister('n'),
  zero: zeroOffset,
  tested: testedBit,
  'Xt or zero': { ...registerOperand('X', ['t'], false), omitted: { t: 31 } },
  'sysreg read': systemRegister('read'),
  'sysreg write': systemRegister('write'),
  'C g': controlRegister('g'),
  'C x': controlRegister('x'),
  pstate: pstateField,
  barrier: barrierDomain,
  isb: fullDomain('sy'),
  clrex: fullDomain(undefined),
  hint: hintNumber,
  prefetch: prefetchOperation,
  ic: operation('ic', false),
  'ic Xt': operation('ic', true),
  'dc Xt': operation('dc', true),
  'at Xt': operation('at', true),
  tlbi: operation('tlbi', false),
  'tlbi Xt': operation('tlbi', true),
  gic: gicOperation('GIC', 'without operand'),
  'gic Xt': gicOperation('GIC', 'all'),
  'gicr Xt': gicOperation('GICR', 'all'),
  gsb: gicOperation('GSB', 'without operand'),
  'gsb Xt': gicOperation('GSB', 'all'),
};

const LETTERS: ReadonlySet<string> = new Set(Object.keys(noFields()));
const isLetter = (text: string): text is Letter => LETTERS.has(text);

/** @throws Error when no operand has this name: a mistake in a table. */
export function operandOf(name: string): Operand {
  const named = NAMED[name];
  if (named !== undefined) return named;
  const register = /^([RXW])([a-z]+)(\|sp)?$/.exec(name);
  if (register !== null) {
    const size = register[1] === 'R' ? 'R' : register[1] === 'X' ? 'X' : 'W';
    return registerOperand(size, [...(register[2] ?? '')].filter(isLetter), register[3] !== undefined);
  }
  const label = /^label:(\d+)$/.exec(name);
  if (label !== null) return branchTarget('i', Number(label[1]));
  const offset = /^offset:(\d)$/.exec(name);
  if (offset !== null) return offsetRegister(Number(offset[1]));
  const number = /^([a-z]):(-?)(\d+)(?:\*(\d+))?(x?)$/.exec(name);
  const letter = number?.[1] ?? '';
  if (number === null || !isLetter(letter)) throw new Error(`no operand <${name}>`);
  return numberOperand({
    letter,
    bits: Number(number[3]),
    isSigned: number[2] === '-',
    scale: Number(number[4] ?? 1),
    isHex: number[5] === 'x',
  });
}
