/**
 * What an operand of an instruction can do: be read from tokens into fields, and be printed from fields. Assembler
 * and disassembler use the same object, so `print` and `read` are inverse by construction of one table.
 */
import { type Model } from '../../../gic/registers.ts';
import { generalRegister } from '../names/general-registers.ts';
import { type Fields, type Letter, noFields } from '../pattern.ts';
import { evaluate, type Scope } from '../text/expression.ts';
import { type Cursor, isMismatch, type Mismatch, type Token } from '../text/tokens.ts';

/** Where a word is shown. */
export interface View {
  readonly address: bigint;
  /** The name of an address, for branch targets and literals. */
  readonly symbol?: (address: bigint) => string | undefined;
  /** The GIC architecture whose names come first where two share an encoding. */
  readonly model?: Model;
}

/** Where a statement is assembled. */
export interface AssemblyScope extends Scope {
  readonly model?: Model;
}

export interface Operand {
  /** Takes the operand's tokens and puts its fields; or says what was wanted, and the draft is of no further use. */
  read(cursor: Cursor, draft: Draft, scope: AssemblyScope): Mismatch | undefined;
  /** The operand's text; undefined when these fields are not written this way. */
  print(fields: Fields, view: View): string | undefined;
  /** The fields when an optional operand is left out. */
  readonly omitted?: Partial<Fields>;
}

/** Fields in the making: a field is put once, and a second time only with the same value. */
export class Draft {
  readonly fields: Fields = noFields();
  readonly #known = new Set<Letter>();

  has(letter: Letter): boolean {
    return this.#known.has(letter);
  }

  /** False when the field already has another value. */
  put(letter: Letter, value: number): boolean {
    if (this.#known.has(letter)) return this.fields[letter] === value;
    this.#known.add(letter);
    this.fields[letter] = value;
    return true;
  }

  putAll(values: Partial<Fields>): boolean {
    return lettersOf(values).every((letter) => this.put(letter, values[letter] ?? 0));
  }
}

/** The fields that an object names. */
function lettersOf(values: Partial<Fields>): Letter[] {
  // Object.keys of an object that has no keys but fields.
  return Object.keys(values) as Letter[];
}

export const sameFields = (fields: Fields, values: Partial<Fields>): boolean =>
  lettersOf(values).every((letter) => fields[letter] === values[letter]);

/** A value, and the token where it began, for messages about it. */
export interface Read {
  readonly value: bigint;
  readonly from: Token;
}

/** Reads `#expression`, the `#` optional; with `lo12`, also `:lo12:expression`. */
export function readImmediate(cursor: Cursor, scope: AssemblyScope, expected: string, lo12 = false): Read | Mismatch {
  cursor.mark('#');
  const from = cursor.token;
  if (lo12 && cursor.mark(':')) {
    const { token } = cursor;
    if (token.kind !== 'name' || token.text.toLowerCase() !== 'lo12') return cursor.wanted('`lo12`');
    cursor.next();
    if (!cursor.mark(':')) return cursor.wanted('`:`');
    const whole = evaluate(cursor, scope);
    return isMismatch(whole) ? whole : { value: whole.value & 0xfffn, from };
  }
  const first = from.kind === 'mark' ? from.text : from.kind;
  const begins = ['number', 'local', 'name', '-', '+', '~', '(', 'bad'].includes(first);
  if (!begins || (first === 'name' && generalRegister(from.text) !== undefined)) return cursor.wanted(expected);
  const value = evaluate(cursor, scope);
  return isMismatch(value) ? value : { value: value.value, from };
}

function rangeText(min: number, max: number, step: number): string {
  if (min === max) return `#${min}`;
  if (min + step === max) return `#${min} or #${max}`;
  return `a number ${min} … ${max}${step === 1 ? '' : ` that is a multiple of ${step}`}`;
}

/** Reads an immediate between `min` and `max` that is a multiple of `step`. */
export function readNumber(
  cursor: Cursor,
  scope: AssemblyScope,
  [min, max, step]: readonly [min: number, max: number, step: number],
  lo12 = false,
): number | Mismatch {
  const expected = rangeText(min, max, step);
  const read = readImmediate(cursor, scope, expected, lo12);
  if (isMismatch(read)) return read;
  if (read.value < BigInt(min) || read.value > BigInt(max) || read.value % BigInt(step) !== 0n)
    return cursor.wanted(expected, read.from);
  return Number(read.value);
}
