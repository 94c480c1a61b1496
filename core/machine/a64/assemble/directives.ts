/**
 * Directives, one entry each. A directive that makes output says its size when it is read (what that depends on must
 * be known there) and is filled in later.
 */
import { evaluate, type Scope } from '../text/expression.ts';
import { type Cursor, isMismatch, type Mismatch, type Token } from '../text/tokens.ts';
import { type Write, MAX_OUTPUT, padding } from './output.ts';
import { type LineEntry } from './program.ts';

/** What a directive asks for. */
export type Request =
  | { readonly does: 'emit'; readonly size: number; readonly kind: LineEntry['kind']; readonly write: Write }
  | { readonly does: 'set'; readonly name: Token; readonly at: number }
  | { readonly does: 'global'; readonly names: readonly Token[] }
  | { readonly does: 'pool' }
  | { readonly does: 'nothing' };

/** Where a directive stands. */
export interface Standing {
  readonly scope: Scope;
  /** Makes a scope for the second pass from a place. */
  readonly scopeAt: (place: { readonly here: bigint; readonly order: number }) => Scope;
  readonly origin: bigint;
  /** Bytes from the origin. */
  readonly offset: number;
  /** The last output before was an instruction. */
  readonly afterCode: boolean;
}

type Directive = (cursor: Cursor, standing: Standing) => Request | Mismatch;

const NOTHING: Request = { does: 'nothing' };

/** `.word 1, 2, label`: values of so many bytes. */
function values(size: 1 | 2 | 4 | 8): Directive {
  return (cursor, { scopeAt }) => {
    const start = cursor.at;
    const count = countOperands(cursor);
    if (count === 0) return cursor.wanted('a value');
    return {
      does: 'emit',
      size: count * size,
      kind: 'data',
      write: (bytes, place) => {
        const again = cursorAt(cursor, start);
        for (let n = 0; n < count; n++) {
          const mismatch = storeValue(again, scopeAt(place), bytes, n * size, size);
          if (mismatch !== undefined) return mismatch;
          if (n + 1 < count && !again.mark(',')) return again.wanted('`,`');
        }
        return again.isAtEnd ? undefined : again.wanted('`,` or the end of the line');
      },
    };
  };
}

function cursorAt(cursor: Cursor, at: number): Cursor {
  const again = cursor.copy();
  again.at = at;
  return again;
}

function storeValue(
  cursor: Cursor,
  scope: Scope,
  bytes: DataView,
  at: number,
  size: 1 | 2 | 4 | 8,
): Mismatch | undefined {
  const from = cursor.token;
  const value = evaluate(cursor, scope);
  if (isMismatch(value)) return value;
  const bits = BigInt(size * 8);
  if (value.value < -(1n << (bits - 1n)) || value.value >= 1n << bits)
    return cursor.wanted(`a value of at most ${bits} bits`, from);
  if (size === 8) bytes.setBigUint64(at, BigInt.asUintN(64, value.value), true);
  else if (size === 4) bytes.setUint32(at, Number(BigInt.asUintN(32, value.value)), true);
  else if (size === 2) bytes.setUint16(at, Number(BigInt.asUintN(16, value.value)), true);
  else bytes.setUint8(at, Number(BigInt.asUintN(8, value.value)));
  return undefined;
}

/** Operands separated by commas outside parentheses; the cursor goes to the end. */
function countOperands(cursor: Cursor): number {
  if (cursor.isAtEnd) return 0;
  let count = 1;
  let depth = 0;
  for (; !cursor.isAtEnd; cursor.next()) {
    const { kind, text } = cursor.token;
    if (kind !== 'mark') continue;
    if (text === '(') depth++;
    else if (text === ')') depth--;
    else if (text === ',' && depth === 0) count++;
  }
  return count;
}

function strings(terminator: string): Directive {
  return (cursor) => {
    let text = '';
    do {
      const { token } = cursor;
      if (token.kind !== 'string') return cursor.wanted('a string in double quotes');
      text += token.text + terminator;
      cursor.next();
    } while (cursor.mark(','));
    if (!cursor.isAtEnd) return cursor.wanted('`,` or the end of the line');
    const write: Write = (bytes) => {
      for (let at = 0; at < text.length; at++) bytes.setUint8(at, text.charCodeAt(at));
      return undefined;
    };
    return { does: 'emit', size: text.length, kind: 'data', write };
  };
}

/** A number that must be known where it stands, between bounds. */
function known(cursor: Cursor, scope: Scope, min: bigint, max: bigint): bigint | Mismatch {
  const from = cursor.token;
  const value = evaluate(cursor, scope);
  if (isMismatch(value)) return value;
  return value.value < min || value.value > max ? cursor.wanted(`a number ${min} … ${max}`, from) : value.value;
}

const isFailure = (value: bigint | undefined | Mismatch): value is Mismatch => typeof value === 'object';

/** `, fill` at the end of a directive. */
function optionalFill(cursor: Cursor, scope: Scope): number | undefined | Mismatch {
  if (!cursor.mark(',')) return cursor.isAtEnd ? undefined : cursor.wanted('`,` or the end of the line');
  const fill = known(cursor, scope, 0n, 255n);
  if (isFailure(fill)) return fill;
  return cursor.isAtEnd ? Number(fill) : cursor.wanted('the end of the line');
}

const space: Directive = (cursor, { scope }) => {
  const size = known(cursor, scope, 0n, BigInt(MAX_OUTPUT));
  if (isFailure(size)) return size;
  const fill = optionalFill(cursor, scope);
  if (typeof fill === 'object') return fill;
  return { does: 'emit', size: Number(size), kind: 'data', write: padding(fill ?? 0) };
};

/** `.balign 16` counts bytes, `.align 4` and `.p2align 4` powers of two. */
function align(asPower: boolean): Directive {
  return (cursor, { scope, offset, origin, afterCode }) => {
    const from = cursor.token;
    const given = known(cursor, scope, 0n, asPower ? 16n : 65_536n);
    if (isFailure(given)) return given;
    const alignment = asPower ? 1n << given : given;
    if (alignment === 0n || (alignment & (alignment - 1n)) !== 0n) return cursor.wanted('a power of two', from);
    const fill = optionalFill(cursor, scope);
    if (typeof fill === 'object') return fill;
    const here = origin + BigInt(offset);
    const size = Number((alignment - (here % alignment)) % alignment);
    const value = fill ?? (afterCode && here % 4n === 0n ? undefined : 0);
    return { does: 'emit', size, kind: 'padding', write: padding(value) };
  };
}

/** `.org 0x80`: bytes from the program's start; `.org vectors + 0x80`: an address. Forwards only. */
const org: Directive = (cursor, { scope, offset, origin }) => {
  const from = cursor.token;
  const value = evaluate(cursor, scope);
  if (isMismatch(value)) return value;
  const wanted = value.isAddress ? value.value - origin : value.value;
  if (wanted < BigInt(offset) || wanted > BigInt(MAX_OUTPUT)) {
    const from16 = (n: number): string => `0x${n.toString(16)}`;
    return cursor.wanted(`a place from ${from16(offset)} to ${from16(MAX_OUTPUT)} bytes behind the start`, from);
  }
  const fill = optionalFill(cursor, scope);
  if (typeof fill === 'object') return fill;
  return { does: 'emit', size: Number(wanted) - offset, kind: 'padding', write: padding(fill ?? 0) };
};

const set: Directive = (cursor) => {
  const name = cursor.next();
  if (name.kind !== 'name') return cursor.wanted('a name', name);
  if (!cursor.mark(',')) return cursor.wanted('`,`');
  return { does: 'set', name, at: cursor.at };
};

const global: Directive = (cursor) => {
  const names: Token[] = [];
  do {
    const { token } = cursor;
    if (token.kind !== 'name') return cursor.wanted('a label');
    names.push(cursor.next());
  } while (cursor.mark(','));
  return cursor.isAtEnd ? { does: 'global', names } : cursor.wanted('`,` or the end of the line');
};

const alone =
  (request: Request): Directive =>
  (cursor) =>
    cursor.isAtEnd ? request : cursor.wanted('the end of the line');

export const DIRECTIVES: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  ['.byte', values(1)],
  ['.hword', values(2)],
  ['.short', values(2)],
  ['.2byte', values(2)],
  ['.word', values(4)],
  ['.long', values(4)],
  ['.int', values(4)],
  ['.4byte', values(4)],
  ['.inst', values(4)],
  ['.quad', values(8)],
  ['.xword', values(8)],
  ['.8byte', values(8)],
  ['.ascii', strings('')],
  ['.asciz', strings('\0')],
  ['.string', strings('\0')],
  ['.space', space],
  ['.skip', space],
  ['.zero', space],
  ['.balign', align(false)],
  ['.align', align(true)],
  ['.p2align', align(true)],
  ['.org', org],
  ['.equ', set],
  ['.set', set],
  ['.global', global],
  ['.globl', global],
  ['.ltorg', alone({ does: 'pool' })],
  ['.pool', alone({ does: 'pool' })],
  // The only section there is.
  ['.text', alone(NOTHING)],
]);
