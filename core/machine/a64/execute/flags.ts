/** Sums of u32 halves with their flags N:Z:C:V. All arguments and results are unsigned 32-bit. */
import { type Core } from './core.ts';

/**
 * a + b + carry on 64 bits (subtraction: b inverted, carry 1). The sum goes to the core's scratch; the answer is the
 * flags.
 */
export function sum64(core: Core, aLo: number, aHi: number, bLo: number, bHi: number, carry: number): number {
  const low = aLo + bLo + carry;
  const lo = low >>> 0;
  const high = aHi + bHi + (low > 0xffff_ffff ? 1 : 0);
  const hi = high >>> 0;
  core.xLo = lo | 0;
  core.xHi = hi | 0;
  const negative = (hi >>> 31) << 3;
  const zero = (lo | hi) === 0 ? 4 : 0;
  const carryOut = high > 0xffff_ffff ? 2 : 0;
  const overflow = ((aHi ^ hi) & (bHi ^ hi)) >>> 31;
  return negative | zero | carryOut | overflow;
}

/** The same on 32 bits. */
export function sum32(core: Core, a: number, b: number, carry: number): number {
  const wide = a + b + carry;
  const value = wide >>> 0;
  core.xLo = value | 0;
  const negative = (value >>> 31) << 3;
  const zero = value === 0 ? 4 : 0;
  const carryOut = wide > 0xffff_ffff ? 2 : 0;
  const overflow = ((a ^ value) & (b ^ value)) >>> 31;
  return negative | zero | carryOut | overflow;
}

/** Flags of a logical result: N and Z, C and V zero. */
export const logicFlags = (lo: number, hi: number, is64: boolean): number =>
  (((is64 ? hi : lo) >>> 31) << 3) | ((is64 ? lo | hi : lo) === 0 ? 4 : 0);
