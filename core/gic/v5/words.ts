/**
 * A 64-bit value as two u32 halves, written in place: what hot paths pass instead of a bigint, which would be
 * allocated. Whoever owns the object lends it for one call.
 */
export class Words {
  lo = 0;
  hi = 0;

  set(lo: number, hi: number): void {
    this.lo = lo >>> 0;
    this.hi = hi >>> 0;
  }

  get value(): bigint {
    return (BigInt(this.hi) << 32n) | BigInt(this.lo);
  }

  set value(value: bigint) {
    this.lo = Number(value & 0xffff_ffffn);
    this.hi = Number((value >> 32n) & 0xffff_ffffn);
  }
}

/** Low 32 bits of a 64-bit value. */
export const lowWord = (value: bigint): number => Number(value & 0xffff_ffffn);
/** Bits 63:32 of a 64-bit value. */
export const highWord = (value: bigint): number => Number((value >> 32n) & 0xffff_ffffn);

/** The numbers of the set bits, lowest first. */
export function bitsOf(value: bigint): number[] {
  const out: number[] = [];
  forEachBit(lowWord(value), highWord(value), (bit) => out.push(bit));
  return out;
}

/** Calls `visit` with the number of each set bit of a 64-bit value in halves, lowest first. */
export function forEachBit(lo: number, hi: number, visit: (bit: number) => void): void {
  for (let word = lo; word !== 0; word &= word - 1) visit(31 - Math.clz32(word & -word));
  for (let word = hi; word !== 0; word &= word - 1) visit(63 - Math.clz32(word & -word));
}
