/**
 * Literal pools: `ldr x0, =value` loads a word that the assembler places behind the code, at `.ltorg` or at the end.
 * Equal values share a word. A constant that one `mov` can make becomes that `mov`, as in other assemblers, when it is
 * known where it is used.
 */
import { encodeBitmask } from '../bitmask.ts';
import { generalRegister } from '../names/general-registers.ts';
import { evaluate, type Scope } from '../text/expression.ts';
import { Cursor, isMismatch, type Mismatch, type Token } from '../text/tokens.ts';
import { type Output, padding } from './output.ts';
import { type Place, type Symbols } from './symbols.ts';

export interface Literal {
  readonly size: 4 | 8;
  readonly tokens: readonly Token[];
  /** Index of the token after `=`. */
  readonly at: number;
  readonly place: Place;
  readonly line: number;
  address: bigint;
}

export class LiteralPool {
  #waiting = new Map<string, Literal>();

  /** The literal of an expression; of one already waiting, the same. */
  add(literal: Literal, scope: Scope): Literal {
    const key = keyOf(literal, scope);
    const known = this.#waiting.get(key);
    if (known !== undefined) return known;
    this.#waiting.set(key, literal);
    return literal;
  }

  /** Places what waits: 8-byte literals first, aligned. False when the program becomes too large. */
  place(output: Output, symbols: Symbols, line: number, order: number): boolean {
    const literals = [...this.#waiting.values()].toSorted((a, b) => b.size - a.size);
    this.#waiting = new Map();
    const alignment = literals[0]?.size;
    if (alignment === undefined) return true;
    const gap = (alignment - (output.size % alignment)) % alignment;
    if (gap > 0 && !output.append({ size: gap, line, order, kind: 'padding', write: padding(0) })) return false;
    for (const literal of literals) {
      literal.address = output.here;
      const write = (bytes: DataView): Mismatch | undefined => store(bytes, literal, symbols);
      if (!output.append({ size: literal.size, line: literal.line, order, kind: 'literal', write })) return false;
    }
    return true;
  }
}

function keyOf({ size, tokens, at, place }: Literal, scope: Scope): string {
  const value = evaluate(new Cursor(tokens, at), scope);
  if (!isMismatch(value) && !value.isAddress) return `${size} ${value.value}`;
  const text = tokens.slice(at).map((token) => token.text);
  const isPositional = tokens.slice(at).some(({ kind, text: own }) => kind === 'local' || own === '.');
  return `${size} ${text.join(' ')}${isPositional ? ` at ${place.order}` : ''}`;
}

function store(bytes: DataView, { size, tokens, at, place }: Literal, symbols: Symbols): Mismatch | undefined {
  const cursor = new Cursor(tokens, at);
  const from = cursor.token;
  const value = evaluate(cursor, symbols.scope(place));
  if (isMismatch(value)) return value;
  if (!cursor.isAtEnd) return cursor.wanted('the end of the line');
  const bits = size * 8;
  if (value.value < -(1n << BigInt(bits - 1)) || value.value >= 1n << BigInt(bits))
    return cursor.wanted(`a value of at most ${bits} bits`, from);
  if (size === 8) bytes.setBigUint64(0, BigInt.asUintN(64, value.value), true);
  else bytes.setUint32(0, Number(BigInt.asUintN(32, value.value)), true);
  return undefined;
}

/** Index of the `=` in `ldr register, =…`; undefined in any other statement. */
export function literalAt(tokens: readonly Token[], start: number): number | undefined {
  const mnemonic = tokens[start]?.text.toLowerCase();
  const equals = tokens[start + 3];
  const isLiteral = (mnemonic === 'ldr' || mnemonic === 'ldrsw') && equals?.kind === 'mark' && equals.text === '=';
  return isLiteral ? start + 3 : undefined;
}

/** `mov register, value` for `ldr register, =value` when the value is known and one instruction makes it. */
export function asMove(
  tokens: readonly Token[],
  start: number,
  equals: number,
  scope: Scope,
): readonly Token[] | undefined {
  const [mnemonic, register, comma] = tokens.slice(start, start + 3);
  if (mnemonic === undefined || register === undefined || comma === undefined) return undefined;
  if (mnemonic.text.toLowerCase() !== 'ldr') return undefined;
  const value = evaluate(new Cursor(tokens, equals + 1), scope);
  if (isMismatch(value) || value.isAddress) return undefined;
  const is64 = generalRegister(register.text)?.width === 'x';
  if (!isOneMove(value.value, is64)) return undefined;
  return [{ ...mnemonic, text: 'mov' }, register, comma, ...tokens.slice(equals + 1)];
}

/** Can MOVZ, MOVN or ORR with a bitmask make this value? */
function isOneMove(value: bigint, is64: boolean): boolean {
  const bits = is64 ? 64 : 32;
  if (value < -(1n << BigInt(bits - 1)) || value >= 1n << BigInt(bits)) return false;
  const raw = BigInt.asUintN(bits, value);
  for (const candidate of [raw, BigInt.asUintN(bits, ~raw)])
    for (let shift = 0n; shift < bits; shift += 16n) if ((candidate & ~(0xffffn << shift)) === 0n) return true;
  const lo = Number(raw & 0xffff_ffffn);
  return encodeBitmask(lo, is64 ? Number(raw >> 32n) : lo) !== undefined;
}
