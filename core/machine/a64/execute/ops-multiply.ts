/** Multiplication and division. Products are made of 16-bit pieces, which stay exact; wide division uses bigint. */
import { type Core } from './core.ts';
import { target, writtenBit } from './file.ts';
import { type Op, type Semantics } from './op.ts';

function put(core: Core, d: number, lo: number, hi: number): void {
  core.lo[d] = lo;
  core.hi[d] = hi;
  core.dirty |= writtenBit(d);
}

/** High 32 bits of the unsigned product of two u32. */
function highProduct(a: number, b: number): number {
  const aLo = a & 0xffff;
  const aHi = a >>> 16;
  const bLo = b & 0xffff;
  const bHi = b >>> 16;
  const low = aLo * bLo;
  const mid = aHi * bLo + (low >>> 16);
  const mid2 = aLo * bHi + (mid % 0x1_0000);
  return aHi * bHi + Math.floor(mid / 0x1_0000) + Math.floor(mid2 / 0x1_0000);
}

/** MADD and MSUB: Ra ± Rn × Rm, low half of the product. */
export function multiplyAdd(subtract: boolean): Semantics {
  return ({ s, d, n, m, a }) => {
    const to = target(d);
    if (s === 0)
      return (core) => {
        const product = Math.imul(core.lo[n] ?? 0, core.lo[m] ?? 0);
        put(core, to, (core.lo[a] ?? 0) + (subtract ? -product : product), 0);
      };
    return (core) => {
      const { lo, hi } = core;
      const x = lo[n] ?? 0;
      const y = lo[m] ?? 0;
      const low = Math.imul(x, y);
      const high = highProduct(x, y) + Math.imul(hi[n] ?? 0, y) + Math.imul(x, hi[m] ?? 0);
      accumulate(core, to, a, low, high, subtract);
    };
  };
}

/** Rd = Ra ± (high:low). */
function accumulate(core: Core, d: number, a: number, low: number, high: number, subtract: boolean): void {
  const addend = core.lo[a] ?? 0;
  const part = low >>> 0;
  const base = core.hi[a] ?? 0;
  const lo = (subtract ? addend - part : addend + part) >>> 0;
  if (subtract) put(core, d, lo, base - (high | 0) - (addend < part ? 1 : 0));
  else put(core, d, lo, base + (high | 0) + (lo < addend ? 1 : 0));
}

/** UMADDL, SMADDL, UMSUBL, SMSUBL: Xa ± Wn × Wm, the whole product. */
export function multiplyLong(isSigned: boolean, subtract: boolean): Semantics {
  return ({ d, n, m, a }): Op => {
    const to = target(d);
    return (core) => {
      const x = core.lo[n] ?? 0;
      const y = core.lo[m] ?? 0;
      let high = highProduct(x, y);
      if (isSigned) high -= (x >>> 31 ? y : 0) + (y >>> 31 ? x : 0);
      accumulate(core, to, a, Math.imul(x, y), high, subtract);
    };
  };
}

/** UMULH and SMULH: bits 127:64 of the product. */
export function multiplyHigh(isSigned: boolean): Semantics {
  const as = (value: bigint): bigint => (isSigned ? BigInt.asIntN(64, value) : value);
  return ({ d, n, m }) => {
    const to = target(d);
    return (core) => {
      const product = (as(core.x(n)) * as(core.x(m))) >> 64n;
      put(core, to, Number(product & 0xffff_ffffn), Number((product >> 32n) & 0xffff_ffffn));
    };
  };
}

/** UDIV and SDIV: rounds towards zero; by zero is zero; the most negative value divided by −1 is itself. */
export function divide(isSigned: boolean): Semantics {
  return ({ s, d, n, m }) => {
    const to = target(d);
    if (s === 0)
      return (core) => {
        const x = core.lo[n] ?? 0;
        const y = core.lo[m] ?? 0;
        put(core, to, y === 0 ? 0 : Math.trunc(isSigned ? (x | 0) / (y | 0) : x / y), 0);
      };
    return (core) => {
      const { lo, hi } = core;
      const xHi = hi[n] ?? 0;
      const yHi = hi[m] ?? 0;
      const y = lo[m] ?? 0;
      if ((y | yHi) === 0) put(core, to, 0, 0);
      else if ((xHi | yHi) === 0) put(core, to, Math.trunc((lo[n] ?? 0) / y), 0);
      else {
        const as = (value: bigint): bigint => (isSigned ? BigInt.asIntN(64, value) : value);
        const quotient = as(core.x(n)) / as(core.x(m));
        put(core, to, Number(quotient & 0xffff_ffffn), Number((quotient >> 32n) & 0xffff_ffffn));
      }
    };
  };
}
