/** Bit fields, shifts by register, extract, and operations on one register. */
import { type Core } from './core.ts';
import { target, writtenBit } from './file.ts';
import { type Op, type Semantics } from './op.ts';
import { shift32, shift64 } from './operand2.ts';

function put(core: Core, d: number, lo: number, hi: number): void {
  core.lo[d] = lo;
  core.hi[d] = hi;
  core.dirty |= writtenBit(d);
}

export type BitField = 'signed' | 'unsigned' | 'insert';

/** Mask of `count` low bits (1 … 64), rotated right by `turn`, as halves. */
function ones(count: number, turn: number): readonly [lo: number, hi: number] {
  const all = (1n << BigInt(count)) - 1n;
  const turned = BigInt.asUintN(64, (all >> BigInt(turn)) | (all << BigInt(64 - turn)));
  return [Number(turned & 0xffff_ffffn) | 0, Number(turned >> 32n) | 0];
}

/**
 * UBFM, SBFM, BFM. The source is rotated right by immr; bits that are both in the rotated run of imms + 1 ones and
 * at or below the field's top are the field, the rest is zero, sign, or what was there.
 */
export function bitField(kind: BitField): Semantics {
  return ({ s, d, n, r, e }) => (s === 1 ? bitField64(kind, target(d), n, r, e) : bitField32(kind, target(d), n, r, e));
}

function bitField64(kind: BitField, d: number, n: number, r: number, e: number): Op {
  const [wLo, wHi] = ones(e + 1, r);
  const [tLo, tHi] = ones(((e - r) & 63) + 1, 0);
  const bit = writtenBit(d);
  const swap = r >= 32;
  const by = r & 31;
  const maskLo = wLo & tLo;
  const maskHi = wHi & tHi;
  return (core) => {
    const { lo, hi } = core;
    const a = (swap ? hi[n] : lo[n]) ?? 0;
    const b = (swap ? lo[n] : hi[n]) ?? 0;
    let low = ((a >>> by) | ((b << 1) << (31 - by))) & maskLo;
    let high = ((b >>> by) | ((a << 1) << (31 - by))) & maskHi;
    if (kind === 'insert') {
      low |= (lo[d] ?? 0) & ~maskLo;
      high |= (hi[d] ?? 0) & ~maskHi;
    } else if (kind === 'signed' && ((((e < 32 ? lo[n] : hi[n]) ?? 0) >>> (e & 31)) & 1) !== 0) {
      low |= ~tLo;
      high |= ~tHi;
    }
    lo[d] = low;
    hi[d] = high;
    core.dirty |= bit;
  };
}

function bitField32(kind: BitField, d: number, n: number, r: number, e: number): Op {
  const run = e === 31 ? -1 : (1 << (e + 1)) - 1;
  const w = shift32(run, 3, r);
  const width = ((e - r) & 31) + 1;
  const t = width === 32 ? -1 : (1 << width) - 1;
  const mask = w & t;
  return (core) => {
    const source = core.lo[n] ?? 0;
    let value = shift32(source, 3, r) & mask;
    if (kind === 'insert') value |= (core.lo[d] ?? 0) & ~mask;
    else if (kind === 'signed' && ((source >>> e) & 1) !== 0) value |= ~t;
    put(core, d, value, 0);
  };
}

/** EXTR: bits lsb … lsb + size − 1 of Rn:Rm. */
export const extract: Semantics = ({ s, d, n, m, e }) => {
  const to = target(d);
  const by = e & 31;
  if (s === 0) return (core) => put(core, to, ((core.lo[m] ?? 0) >>> by) | (((core.lo[n] ?? 0) << 1) << (31 - by)), 0);
  const isLong = e >= 32;
  return (core) => {
    const { lo, hi } = core;
    const a = (isLong ? hi[m] : lo[m]) ?? 0;
    const b = (isLong ? lo[n] : hi[m]) ?? 0;
    const c = (isLong ? hi[n] : lo[n]) ?? 0;
    put(core, to, (a >>> by) | ((b << 1) << (31 - by)), (b >>> by) | ((c << 1) << (31 - by)));
  };
};

/** LSLV, LSRV, ASRV, RORV: kind 0 … 3; the amount is taken modulo the size. */
export function shiftByRegister(kind: number): Semantics {
  return ({ s, d, n, m }) => {
    const to = target(d);
    if (s === 0) return (core) => put(core, to, shift32(core.lo[n] ?? 0, kind, (core.lo[m] ?? 0) & 31), 0);
    return (core) => {
      shift64(core, core.lo[n] ?? 0, core.hi[n] ?? 0, kind, (core.lo[m] ?? 0) & 63);
      put(core, to, core.xLo, core.xHi);
    };
  };
}

/** CLZ, and CLS as the leading zeros of the value XOR its shift by one. */
export function countLeading(signs: boolean): Semantics {
  return ({ s, d, n }) => {
    const to = target(d);
    return (core) => {
      let lo = core.lo[n] ?? 0;
      let hi = core.hi[n] ?? 0;
      if (signs && s === 1) {
        hi ^= (hi | 0) >> 31;
        lo ^= (core.hi[n] ?? 0) & 0x8000_0000 ? -1 : 0;
      } else if (signs) lo ^= (lo | 0) >> 31;
      const low = Math.clz32(lo);
      const count = s === 0 ? low : hi === 0 ? 32 + low : Math.clz32(hi);
      put(core, to, signs ? count - 1 : count, 0);
    };
  };
}

/** Reverses something in each 32-bit half; with `swap` (64-bit whole-register forms) the halves change places. */
function reverse(half: (value: number) => number, swap: boolean): Semantics {
  return ({ s, d, n }) => {
    const to = target(d);
    if (s === 0) return (core) => put(core, to, half(core.lo[n] ?? 0), 0);
    return (core) => {
      const lo = half(core.lo[n] ?? 0);
      const hi = half(core.hi[n] ?? 0);
      put(core, to, swap ? hi : lo, swap ? lo : hi);
    };
  };
}

const swapBytes16 = (x: number): number => ((x & 0x00ff_00ff) << 8) | ((x >>> 8) & 0x00ff_00ff);
const swapBytes32 = (x: number): number => {
  const pairs = swapBytes16(x);
  return (pairs << 16) | (pairs >>> 16);
};
const reverseBits = (x: number): number => {
  let v = ((x & 0x5555_5555) << 1) | ((x >>> 1) & 0x5555_5555);
  v = ((v & 0x3333_3333) << 2) | ((v >>> 2) & 0x3333_3333);
  v = ((v & 0x0f0f_0f0f) << 4) | ((v >>> 4) & 0x0f0f_0f0f);
  return swapBytes32(v);
};

export const reverseBitOrder = reverse(reverseBits, true);
export const reverseBytesIn16 = reverse(swapBytes16, false);
export const reverseBytesIn32 = reverse(swapBytes32, false);
export const reverseBytes = reverse(swapBytes32, true);
