/** Shifted and extended registers, and the immediates of the bit-field aliases. */
import { type Fields } from '../pattern.ts';
import { isMismatch } from '../text/tokens.ts';
import { isMismatchValue } from './immediates.ts';
import { type Operand, readNumber } from './operand.ts';
import { readRegister, registerText } from './registers.ts';

const SHIFTS = ['lsl', 'lsr', 'asr', 'ror'] as const;
const EXTENDS = ['uxtb', 'uxth', 'uxtw', 'uxtx', 'sxtb', 'sxth', 'sxtw', 'sxtx'] as const;

const sizeOf = (fields: Fields): number => (fields.s === 1 ? 64 : 32);

const listed = (names: readonly string[]): string =>
  `${names
    .slice(0, -1)
    .map((name) => `\`${name}\``)
    .join(', ')} or \`${names.at(-1) ?? ''}\``;

/** `lsl #3` after a register; the first `count` kinds of shift are allowed. */
export function shiftOperand(count: 3 | 4): Operand {
  const names: readonly string[] = SHIFTS.slice(0, count);
  return {
    omitted: { k: 0, i: 0 },
    read(cursor, draft, scope) {
      const kind = names.indexOf(cursor.token.text.toLowerCase());
      if (kind < 0) return cursor.wanted(listed(names));
      cursor.next();
      const amount = readNumber(cursor, scope, [0, sizeOf(draft.fields) - 1, 1]);
      if (isMismatchValue(amount)) return amount;
      draft.putAll({ k: kind, i: amount });
      return undefined;
    },
    print: ({ k, i }) => `${SHIFTS[k] ?? ''} #${i}`,
  };
}

/**
 * Register with extension of the ADD and SUB that take the stack pointer. With the stack pointer as an operand the
 * extension that does nothing is called `lsl`, and is left out when the amount is 0. `setsFlags`: Rd 31 is then the zero register.
 */
export const extendedRegister = (setsFlags: boolean): Operand => ({
  read(cursor, draft, scope) {
    const is64 = draft.fields.s === 1;
    const register = readRegister(cursor, is64 ? undefined : 'w', false);
    if ('expected' in register) return register;
    draft.put('m', register.number);
    const plain = is64 ? 3 : 2;
    if (!cursor.mark(',')) {
      if (is64 && register.width === 'w') return cursor.wanted('`,` and an extension of the 32-bit register');
      draft.putAll({ o: plain, i: 0 });
      return undefined;
    }
    const name = cursor.token.text.toLowerCase();
    const allowed = EXTENDS.filter((_, o) => !is64 || ((o & 3) === 3) === (register.width === 'x'));
    const isShift = name === 'lsl' && (register.width === 'x') === is64;
    const option = EXTENDS.findIndex((extend) => extend === name && allowed.includes(extend));
    if (option < 0 && !isShift) return cursor.wanted(listed([...allowed, 'lsl']));
    cursor.next();
    draft.put('o', isShift ? plain : option);
    if (cursor.isAtEnd && !isShift) {
      draft.put('i', 0);
      return undefined;
    }
    const amount = readNumber(cursor, scope, [0, 4, 1]);
    if (isMismatchValue(amount)) return amount;
    draft.put('i', amount);
    return undefined;
  },
  print({ s, d, n, m, o, i }) {
    const register = registerText(m, s === 1 && (o & 3) === 3 ? 'x' : 'w');
    const isPlain = o === (s === 1 ? 3 : 2) && ((d === 31 && !setsFlags) || n === 31);
    if (isPlain) return i === 0 ? register : `${register}, lsl #${i}`;
    return `${register}, ${EXTENDS[o] ?? ''}${i === 0 ? '' : ` #${i}`}`;
  },
});

/** Register offset of a load or store of 2^log2 bytes: `x1`, `x1, lsl #3`, `w1, uxtw #3`, `w1, sxtw`. */
export function offsetRegister(log2: number): Operand {
  return {
    read(cursor, draft, scope) {
      const register = readRegister(cursor, undefined, false);
      if (isMismatch(register)) return register;
      draft.put('m', register.number);
      if (!cursor.mark(',')) {
        if (register.width === 'w') return cursor.wanted('`,` and `uxtw` or `sxtw`');
        draft.putAll({ o: 3, v: 0 });
        return undefined;
      }
      const names = register.width === 'x' ? ['lsl', 'sxtx'] : ['uxtw', 'sxtw'];
      const at = names.indexOf(cursor.token.text.toLowerCase());
      if (at < 0) return cursor.wanted(listed(names));
      const name = cursor.next().text.toLowerCase();
      draft.put('o', (register.width === 'x' ? 3 : 2) | (at === 1 ? 4 : 0));
      const ends = cursor.token.kind === 'mark' && cursor.token.text === ']';
      if (ends && name !== 'lsl') {
        draft.put('v', 0);
        return undefined;
      }
      const from = cursor.token;
      const amount = readNumber(cursor, scope, [0, Math.max(log2, 0), Math.max(log2, 1)]);
      if (isMismatchValue(amount)) return log2 === 0 ? cursor.wanted('#0', from) : amount;
      // For bytes the amount is always 0; written, it sets the scale bit.
      draft.put('v', log2 === 0 || amount !== 0 ? 1 : 0);
      return undefined;
    },
    print({ m, o, v }) {
      if ((o & 2) === 0) return undefined;
      const register = registerText(m, (o & 1) === 1 ? 'x' : 'w');
      if (o === 3) return v === 0 ? register : `${register}, lsl #${log2}`;
      return `${register}, ${EXTENDS[o] ?? ''}${v === 0 ? '' : ` #${log2}`}`;
    },
  };
}

/** An immediate of a bit-field alias: a number from `min(size)` to `max(fields, size)`, and the fields it stands for. */
function bitFieldNumber(
  range: (fields: Fields, size: number) => readonly [min: number, max: number],
  fieldsOf: (value: number, fields: Fields, size: number) => Partial<Fields>,
  valueOf: (fields: Fields, size: number) => number | undefined,
): Operand {
  return {
    read(cursor, draft, scope) {
      const size = sizeOf(draft.fields);
      const [min, max] = range(draft.fields, size);
      const value = readNumber(cursor, scope, [min, max, 1]);
      if (isMismatchValue(value)) return value;
      draft.putAll(fieldsOf(value, draft.fields, size));
      return undefined;
    },
    print(fields) {
      const value = valueOf(fields, sizeOf(fields));
      return value === undefined ? undefined : `#${value}`;
    },
  };
}

const whole = (_: Fields, size: number): readonly [number, number] => [0, size - 1];

export const BIT_FIELD_OPERANDS: Readonly<Record<string, Operand>> = {
  /** immr and imms as they are. */
  immr: bitFieldNumber(
    whole,
    (r) => ({ r }),
    ({ r }) => r,
  ),
  imms: bitFieldNumber(
    whole,
    (e) => ({ e }),
    ({ e }) => e,
  ),
  /** LSL by a constant. */
  lsl: bitFieldNumber(
    whole,
    (shift, _, size) => ({ r: (size - shift) % size, e: size - 1 - shift }),
    ({ r, e }, size) => (e !== size - 1 && e + 1 === r ? size - r : undefined),
  ),
  /** LSR and ASR by a constant. */
  lsr: bitFieldNumber(
    whole,
    (r, _, size) => ({ r, e: size - 1 }),
    ({ r, e }, size) => (e === size - 1 ? r : undefined),
  ),
  /** Lowest bit and width of a field taken out: UBFX, SBFX, BFXIL. */
  lsb: bitFieldNumber(
    whole,
    (r) => ({ r }),
    ({ r, e }) => (e >= r ? r : undefined),
  ),
  width: bitFieldNumber(
    ({ r }, size) => [1, size - r],
    (width, { r }) => ({ e: r + width - 1 }),
    ({ r, e }) => e - r + 1,
  ),
  /** Lowest bit and width of a field put in: UBFIZ, SBFIZ, BFI, BFC. */
  into: bitFieldNumber(
    whole,
    (lsb, _, size) => ({ r: (size - lsb) % size }),
    ({ r, e }, size) => (e < r ? size - r : undefined),
  ),
  intoWidth: bitFieldNumber(
    ({ r }, size) => [1, size - ((size - r) % size)],
    (width) => ({ e: width - 1 }),
    ({ e }) => e + 1,
  ),
};
