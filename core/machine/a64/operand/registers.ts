/** General registers, at the places where 31 is the zero register and at those where it is the stack pointer. */
import { generalRegister, type GeneralRegister, type Width } from '../names/general-registers.ts';
import { type Letter } from '../pattern.ts';
import { type Cursor, type Mismatch } from '../text/tokens.ts';
import { isMismatchValue } from './immediates.ts';
import { type Operand, readNumber } from './operand.ts';

export function registerText(number: number, width: Width, stackPointer = false): string {
  if (number !== 31) return `${width}${number}`;
  if (stackPointer) return width === 'x' ? 'sp' : 'wsp';
  return `${width}zr`;
}

function wish(width: Width | undefined, stackPointer: boolean): string {
  const of = (w: Width): string => `${w}0 … ${w}30, ${stackPointer ? (w === 'x' ? 'sp' : 'wsp') : `${w}zr`}`;
  return width === undefined
    ? `a register (${of('x')} or ${of('w')})`
    : `a ${width === 'x' ? '64' : '32'}-bit register (${of(width)})`;
}

/** Reads a register of this width (undefined: either) and kind; the cursor stays where it is on a mismatch. */
export function readRegister(
  cursor: Cursor,
  width: Width | undefined,
  stackPointer: boolean,
): GeneralRegister | Mismatch {
  const { token } = cursor;
  const register = token.kind === 'name' ? generalRegister(token.text) : undefined;
  const fits =
    register !== undefined &&
    (width === undefined || register.width === width) &&
    (register.number !== 31 || register.isStackPointer === stackPointer);
  if (!fits) return cursor.wanted(wish(width, stackPointer));
  cursor.next();
  return register;
}

/**
 * A register operand. `size` x or w is fixed; R follows field `s`, which the first register read decides.
 * Several letters: one register in several fields (`cinc`: Rn = Rm).
 */
export function registerOperand(size: 'R' | 'X' | 'W', letters: readonly Letter[], stackPointer: boolean): Operand {
  const fixed: Width | undefined = size === 'R' ? undefined : size === 'X' ? 'x' : 'w';
  const [first] = letters;
  return {
    read(cursor, draft) {
      const width = fixed ?? (draft.has('s') ? (draft.fields.s === 1 ? 'x' : 'w') : undefined);
      const register = readRegister(cursor, width, stackPointer);
      if ('expected' in register) return register;
      if (fixed === undefined) draft.put('s', register.width === 'x' ? 1 : 0);
      const isConsistent = letters.every((letter) => draft.put(letter, register.number));
      return isConsistent ? undefined : cursor.wanted('the same register again');
    },
    print(fields) {
      const number = first === undefined ? 31 : fields[first];
      if (!letters.every((letter) => fields[letter] === number)) return undefined;
      return registerText(number, fixed ?? (fields.s === 1 ? 'x' : 'w'), stackPointer);
    },
  };
}

/** The link register as an operand that may be left out: `ret`. */
export function linkRegister(letter: Letter): Operand {
  return { ...registerOperand('X', [letter], false), omitted: { [letter]: 30 } };
}

/** Register and bit number of TBZ and TBNZ: `w0, #3`, `x0, #40`. Bits below 32 may be named of either width. */
export const testedBit: Operand = {
  read(cursor, draft, scope) {
    const register = readRegister(cursor, undefined, false);
    if ('expected' in register) return register;
    if (!cursor.mark(',')) return cursor.wanted('`,`');
    const bit = readNumber(cursor, scope, [0, register.width === 'x' ? 63 : 31, 1]);
    if (isMismatchValue(bit)) return bit;
    draft.putAll({ t: register.number, b: bit });
    return undefined;
  },
  print: ({ t, b }) => `${registerText(t, b < 32 ? 'w' : 'x')}, #${b}`,
};
