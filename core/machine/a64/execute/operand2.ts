/**
 * Second operands that need work: shifted and extended registers. Made once per instruction, each puts its value into
 * the core's scratch (`xLo`, `xHi`, signed halves).
 */
import { type Core } from './core.ts';

export type Prepare = (core: Core) => void;

/** Rm shifted by a constant: kind 0 LSL, 1 LSR, 2 ASR, 3 ROR. */
export function shifted(m: number, kind: number, amount: number, is64: boolean): Prepare {
  if (!is64) return shifted32(m, kind, amount);
  return (core) => shift64(core, core.lo[m] ?? 0, core.hi[m] ?? 0, kind, amount);
}

function shifted32(m: number, kind: number, amount: number): Prepare {
  return (core) => {
    core.xLo = shift32(core.lo[m] ?? 0, kind, amount);
    core.xHi = 0;
  };
}

/** A 32-bit shift by 0 … 31. */
export function shift32(value: number, kind: number, amount: number): number {
  if (kind === 0) return (value << amount) | 0;
  if (kind === 1) return (value >>> amount) | 0;
  if (kind === 2) return (value | 0) >> amount;
  return amount === 0 ? value | 0 : (value >>> amount) | (value << (32 - amount));
}

/** A 64-bit shift by 0 … 63 into the scratch. */
export function shift64(core: Core, lo: number, hi: number, kind: number, amount: number): void {
  const by = amount & 31;
  const isLong = amount >= 32;
  // `(x << 1) << (31 - by)` is x << (32 - by), and 0 for by = 0.
  if (kind === 0) {
    core.xLo = isLong ? 0 : lo << by;
    core.xHi = isLong ? lo << by : (hi << by) | ((lo >>> 1) >>> (31 - by));
  } else if (kind === 3) {
    const first = isLong ? hi : lo;
    const second = isLong ? lo : hi;
    core.xLo = (first >>> by) | ((second << 1) << (31 - by));
    core.xHi = (second >>> by) | ((first << 1) << (31 - by));
  } else {
    const fill = kind === 2 ? (hi | 0) >> 31 : 0;
    const high = kind === 2 ? (hi | 0) >> by : (hi >>> by) | 0;
    core.xLo = isLong ? high : (lo >>> by) | ((hi << 1) << (31 - by));
    core.xHi = isLong ? fill : high;
  }
}

/** Rm extended (option: bits 1:0 size, bit 2 signed), then shifted left by 0 … 4. */
export function extended(m: number, option: number, amount: number): Prepare {
  const size = option & 3;
  const isSigned = (option & 4) !== 0;
  if (size === 3) return (core) => shift64(core, core.lo[m] ?? 0, core.hi[m] ?? 0, 0, amount);
  const unused = 32 - (8 << size);
  return (core) => {
    const raw = (core.lo[m] ?? 0) << unused;
    const lo = isSigned ? raw >> unused : raw >>> unused;
    const hi = isSigned ? lo >> 31 : 0;
    core.xLo = lo << amount;
    core.xHi = amount === 0 ? hi : (hi << amount) | (lo >>> (32 - amount));
  };
}
