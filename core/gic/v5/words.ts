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
  for (let bit = 0; value !== 0n; bit++, value >>= 1n) if (value & 1n) out.push(bit);
  return out;
}
