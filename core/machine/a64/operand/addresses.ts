/** Branch targets and PC-relative addresses: absolute in the text, offsets in the word. */
import { type Fields, type Letter, signed } from '../pattern.ts';
import { evaluate } from '../text/expression.ts';
import { isMismatch } from '../text/tokens.ts';
import { type Operand, type View } from './operand.ts';

const MASK = (1n << 64n) - 1n;

function addressText(address: bigint, view: View): string {
  const wrapped = address & MASK;
  return view.symbol?.(wrapped) ?? `0x${wrapped.toString(16)}`;
}

interface Relative {
  /** Bits of the offset, and the size of its unit. */
  readonly bits: number;
  readonly unit: bigint;
  /** What the offset counts from. */
  readonly base: (here: bigint) => bigint;
  readonly put: (offset: number) => Partial<Fields>;
  readonly get: (fields: Fields) => number;
  readonly what: string;
}

function relative({ bits, unit, base, put, get, what }: Relative): Operand {
  const reach = 1n << BigInt(bits - 1);
  return {
    read(cursor, draft, scope) {
      cursor.mark('#');
      const from = cursor.token;
      const target = evaluate(cursor, scope);
      if (isMismatch(target)) return target;
      // Addresses wrap, so the distance is the signed 64-bit difference.
      const distance = BigInt.asIntN(64, base(target.value) - base(scope.here));
      if (distance % unit !== 0n) return cursor.wanted(`${what} aligned to ${unit} bytes`, from);
      const offset = distance / unit;
      if (offset < -reach || offset >= reach)
        return cursor.wanted(`${what} at most ${reachText(reach * unit)} away`, from);
      draft.putAll(put(Number(offset)));
      return undefined;
    },
    print: (fields, view) => addressText(base(view.address) + BigInt(get(fields)) * unit, view),
  };
}

function reachText(bytes: bigint): string {
  if (bytes >= 1n << 30n) return `${bytes >> 30n} GiB`;
  return bytes >= 1n << 20n ? `${bytes >> 20n} MiB` : `${bytes >> 10n} KiB`;
}

/** A word-aligned target, as an offset of `bits` bits in one field. */
export const branchTarget = (letter: Letter, bits: number): Operand =>
  relative({
    bits,
    unit: 4n,
    base: (here) => here,
    put: (offset) => ({ [letter]: offset & (2 ** bits - 1) }),
    get: (fields) => signed(fields[letter], bits),
    what: 'an address',
  });

const address = (unit: bigint, base: (here: bigint) => bigint): Operand =>
  relative({
    bits: 21,
    unit,
    base,
    put: (offset) => ({ i: (offset >> 2) & 0x7ffff, l: offset & 3 }),
    get: ({ i, l }) => signed((i << 2) | l, 21),
    what: 'an address',
  });

/** ADR: any byte within 1 MiB. */
export const byteAddress = address(1n, (here) => here);
/** ADRP: the 4 KiB page of an address within 4 GiB. */
export const pageAddress = address(4096n, (here) => here & ~0xfffn);
