/** Immediates: plain numbers of a field, and those whose encoding is more than their value. */
import { decodeBitmask, encodeBitmask } from '../bitmask.ts';
import { type Fields, type Letter, signed } from '../pattern.ts';
import { type Cursor, isMismatch, type Mismatch } from '../text/tokens.ts';
import { type AssemblyScope, type Draft, type Operand, readImmediate, readNumber } from './operand.ts';

const hex = (value: number | bigint): string => `#0x${value.toString(16)}`;

export interface NumberShape {
  readonly letter: Letter;
  readonly bits: number;
  readonly isSigned: boolean;
  /** The text is the field times this. */
  readonly scale: number;
  readonly isHex: boolean;
}

/** A number that a field holds, scaled. As an optional operand it is 0 when left out. */
export function numberOperand({ letter, bits, isSigned, scale, isHex }: NumberShape): Operand {
  const min = isSigned ? -(2 ** (bits - 1)) : 0;
  const max = isSigned ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  return {
    omitted: { [letter]: 0 },
    read(cursor, draft, scope) {
      const value = readNumber(cursor, scope, [min * scale, max * scale, scale], !isSigned && bits === 12);
      if (isMismatchValue(value)) return value;
      draft.put(letter, (value / scale) & (2 ** bits - 1));
      return undefined;
    },
    print(fields) {
      const value = (isSigned ? signed(fields[letter], bits) : fields[letter]) * scale;
      return isHex ? hex(value) : `#${value}`;
    },
  };
}

export const isMismatchValue = (value: number | Mismatch): value is Mismatch => typeof value === 'object';

const ADD_WISH = 'a number 0 … 4095, or such a number shifted left by 12';

/** Immediate of ADD and SUB: 12 bits, shifted left by 0 or 12; a number alone chooses its shift. */
export const addImmediate: Operand = {
  read: (cursor, draft, scope) => readAdd(cursor, draft, scope, false),
  print: ({ i, h }) => (h === 0 ? hex(i) : `${hex(i)}, lsl #12`),
};

/** The same, negated: `add x0, x1, #-1` is `sub x0, x1, #1`. Read, never printed. */
export const negatedAddImmediate: Operand = {
  read: (cursor, draft, scope) => readAdd(cursor, draft, scope, true),
  print: () => undefined,
};

function readAdd(cursor: Cursor, draft: Draft, scope: AssemblyScope, negated: boolean): Mismatch | undefined {
  const read = readImmediate(cursor, scope, ADD_WISH, !negated);
  if (isMismatch(read)) return read;
  const value = negated ? -read.value : read.value;
  if (value < 0n || (negated && value === 0n)) return cursor.wanted(ADD_WISH, read.from);
  if (cursor.token.kind === 'mark' && cursor.token.text === ',' && cursor.peek(1).text.toLowerCase() === 'lsl') {
    cursor.next();
    cursor.next();
    const shift = readNumber(cursor, scope, [0, 12, 12]);
    if (isMismatchValue(shift)) return shift;
    if (value > 0xfffn) return cursor.wanted('a number 0 … 4095 before its shift', read.from);
    draft.putAll({ i: Number(value), h: shift === 12 ? 1 : 0 });
    return undefined;
  }
  if (value <= 0xfffn) draft.putAll({ i: Number(value), h: 0 });
  else if (value <= 0xfff000n && (value & 0xfffn) === 0n) draft.putAll({ i: Number(value >> 12n), h: 1 });
  else return cursor.wanted(ADD_WISH, read.from);
  return undefined;
}

/** A value as the halves of a register of the draft's size; undefined when it does not fit, signed or unsigned. */
function halves(value: bigint, is64: boolean): readonly [lo: number, hi: number] | undefined {
  const bits = is64 ? 64n : 32n;
  if (value < -(1n << (bits - 1n)) || value >= 1n << bits) return undefined;
  const raw = BigInt.asUintN(is64 ? 64 : 32, value);
  return [Number(raw & 0xffff_ffffn), Number(raw >> 32n)];
}

const BITMASK_WISH = 'a bitmask (a repeated, rotated run of ones)';
const MOVE_WISH =
  'a value that one move can make (16 bits in place, their complement, or a bitmask; `ldr register, =value` loads any)';

function bitmaskOperand(invert: boolean, prints: (fields: Fields) => boolean, wish = BITMASK_WISH): Operand {
  return {
    read(cursor, draft, scope) {
      const read = readImmediate(cursor, scope, wish);
      if (isMismatch(read)) return read;
      const is64 = draft.fields.s === 1;
      const value = halves(invert ? ~read.value : read.value, is64);
      const code = value && encodeBitmask(value[0], is64 ? value[1] : value[0]);
      if (code === undefined) return cursor.wanted(wish, read.from);
      draft.putAll({ y: code.y, e: code.e, r: code.r });
      return undefined;
    },
    print(fields) {
      const value = decodeBitmask(fields);
      if (value === undefined || !prints(fields)) return undefined;
      return hex(fields.s === 1 ? (BigInt(value.hi) << 32n) | BigInt(value.lo) : value.lo);
    },
  };
}

export const bitmask = bitmaskOperand(false, () => true);
/** `bic x0, x1, #mask` is `and x0, x1, #~mask`. Read, never printed. */
export const invertedBitmask = bitmaskOperand(true, () => false);
/** `mov` of a value that neither MOVZ nor MOVN can make, or to the stack pointer, which they do not reach. */
export const movBitmask = bitmaskOperand(false, (fields) => fields.d === 31 || !isWideMove(fields), MOVE_WISH);

/** Can MOVZ or MOVN make the value of this bitmask? */
function isWideMove(fields: Fields): boolean {
  const value = decodeBitmask(fields);
  if (value === undefined) return false;
  const raw = fields.s === 1 ? (BigInt(value.hi) << 32n) | BigInt(value.lo) : BigInt(value.lo);
  const inverse = BigInt.asUintN(fields.s === 1 ? 64 : 32, ~raw);
  return wideShift(raw) !== undefined || wideShift(inverse) !== undefined;
}

/** Which 16 bits (0 … 3) hold all of a value's ones, the lowest for zero; undefined when no 16 do. */
function wideShift(value: bigint): number | undefined {
  for (let h = 0; h < 4; h++) if ((value & ~(0xffffn << BigInt(16 * h))) === 0n) return h;
  return undefined;
}

/** The value of `mov Rd, #value` as MOVZ or (inverted) MOVN makes it. */
export function wideMove(inverted: boolean): Operand {
  const expected = MOVE_WISH;
  return {
    read(cursor, draft, scope) {
      const read = readImmediate(cursor, scope, expected);
      if (isMismatch(read)) return read;
      const bits = draft.fields.s === 1 ? 64 : 32;
      if (halves(read.value, bits === 64) === undefined)
        return cursor.wanted(`a value of at most ${bits} bits`, read.from);
      const value = BigInt.asUintN(bits, inverted ? ~read.value : read.value);
      const h = wideShift(value);
      if (h === undefined) return cursor.wanted(expected, read.from);
      draft.putAll({ h, i: Number(value >> BigInt(16 * h)) });
      return undefined;
    },
    print({ s, h, i }) {
      // Zero has one preferred way; a 32-bit MOVN of all ones is a MOVZ of zero.
      if ((i === 0 && h !== 0) || (inverted && s === 0 && i === 0xffff)) return undefined;
      const value = BigInt(i) << BigInt(16 * h);
      return hex(BigInt.asUintN(s === 1 ? 64 : 32, inverted ? ~value : value));
    },
  };
}

/** `lsl #0 … #48` of MOVZ, MOVN and MOVK. */
export const wideShiftOperand: Operand = {
  omitted: { h: 0 },
  read(cursor, draft, scope) {
    if (cursor.token.text.toLowerCase() !== 'lsl') return cursor.wanted('`lsl`');
    cursor.next();
    const shift = readNumber(cursor, scope, [0, draft.fields.s === 1 ? 48 : 16, 16]);
    if (isMismatchValue(shift)) return shift;
    draft.put('h', shift / 16);
    return undefined;
  },
  print: ({ h }) => `lsl #${16 * h}`,
};

/** The offset of an address that can have none: `#0` may be written and is not printed. */
export const zeroOffset: Operand = {
  omitted: {},
  read(cursor, _draft, scope) {
    const value = readNumber(cursor, scope, [0, 0, 1]);
    return isMismatchValue(value) ? value : undefined;
  },
  print: () => '#0',
};
