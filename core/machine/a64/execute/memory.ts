/**
 * Loads and stores of one register. The fast path is an access inside RAM; everything else (devices, faults,
 * alignment, words with cached code or reservations) takes the slow one. Each primitive returns false when the access
 * did not happen: an exception was taken or the run ends, and the instruction must do nothing more.
 *
 * Alignment: unaligned accesses are carried out byte by byte as to Normal memory, unless SCTLR_EL1.A is 1. Exclusive
 * and acquire/release accesses are always checked (ops-exclusive.ts).
 */
import { DIRTY } from '../ram.ts';
import { type Core } from './core.ts';
import { writtenBit } from './file.ts';
import { DONE, FAULT, TRAP } from './system.ts';
import { abortData, trapData } from './take.ts';

/** Loads to register index `t` from the address `hi:lo`. */
export type Load = (core: Core, lo: number, hi: number, t: number) => boolean;
/** Stores register index `t` to the address `hi:lo`. */
export type Store = Load;

/** Puts a loaded value, `words` in the core's scratch, into register `t`. */
type Extend = (core: Core, t: number) => void;

function finish(core: Core, t: number, lo: number, hi: number): void {
  core.lo[t] = lo;
  core.hi[t] = hi;
  core.dirty |= writtenBit(t);
}

const EXTEND_X: Extend = (core, t) => finish(core, t, core.words.lo, core.words.hi);
const EXTEND_W: Extend = (core, t) => finish(core, t, core.words.lo, 0);

/** Sign extension from `bits`, to 64 bits or to 32. */
function signExtend(bits: number, is64: boolean): Extend {
  return (core, t) => {
    const value = (core.words.lo << (32 - bits)) >> (32 - bits);
    finish(core, t, value, is64 ? value >> 31 : 0);
  };
}

export const loadX: Load = (core, lo, hi, t) => {
  const { ram } = core;
  const offset = (lo - ram.baseLo) >>> 0;
  if (offset > core.last8 || hi !== ram.baseHi || (offset & 7 & core.alignMask) !== 0)
    return slowLoad(core, lo, hi, 8, t, EXTEND_X);
  core.lo[t] = ram.view.getUint32(offset, true);
  core.hi[t] = ram.view.getUint32(offset + 4, true);
  core.dirty |= writtenBit(t);
  return true;
};

export const loadW: Load = (core, lo, hi, t) => {
  const { ram } = core;
  const offset = (lo - ram.baseLo) >>> 0;
  if (offset > core.last4 || hi !== ram.baseHi || (offset & 3 & core.alignMask) !== 0)
    return slowLoad(core, lo, hi, 4, t, EXTEND_W);
  core.lo[t] = ram.view.getUint32(offset, true);
  core.hi[t] = 0;
  core.dirty |= writtenBit(t);
  return true;
};

export const loadB: Load = (core, lo, hi, t) => {
  const { ram } = core;
  const offset = (lo - ram.baseLo) >>> 0;
  if (offset > core.last1 || hi !== ram.baseHi) return slowLoad(core, lo, hi, 1, t, EXTEND_W);
  core.lo[t] = ram.bytes[offset] ?? 0;
  core.hi[t] = 0;
  core.dirty |= writtenBit(t);
  return true;
};

function loadWith(size: number, extend: Extend): Load {
  return (core, lo, hi, t) => slowLoad(core, lo, hi, size, t, extend);
}

export const loadH = loadWith(2, EXTEND_W);
export const loadSbX = loadWith(1, signExtend(8, true));
export const loadSbW = loadWith(1, signExtend(8, false));
export const loadShX = loadWith(2, signExtend(16, true));
export const loadShW = loadWith(2, signExtend(16, false));
export const loadSwX = loadWith(4, signExtend(32, true));

function slowLoad(core: Core, lo: number, hi: number, size: number, t: number, extend: Extend): boolean {
  if (!readMemory(core, lo, hi, size)) return false;
  extend(core, t);
  return true;
}

/** Reads `size` bytes (1, 2, 4, 8) into the core's scratch words. */
export function readMemory(core: Core, lo: number, hi: number, size: number): boolean {
  if ((lo & (size - 1) & core.alignMask) !== 0) return abortData(core, lo, hi, false, FAULT.ALIGNMENT);
  const { ram, words } = core;
  const offset = ram.offsetOf(lo, hi, size);
  if (offset >= 0) {
    const { view } = ram;
    if (size === 8) words.set(view.getUint32(offset, true), view.getUint32(offset + 4, true));
    else
      words.set(
        size === 4 ? view.getUint32(offset, true) : size === 2 ? view.getUint16(offset, true) : view.getUint8(offset),
        0,
      );
    return true;
  }
  words.set(0, 0);
  const answer = core.bus.load(lo >>> 0, hi >>> 0, size, words);
  if (answer === TRAP) return trapData(core, lo, hi, false);
  if (answer !== DONE) return abortData(core, lo, hi, false, answer);
  if (size < 8) words.set(size === 4 ? words.lo : words.lo & ((1 << (size * 8)) - 1), 0);
  return true;
}

export const storeX: Store = (core, lo, hi, t) => {
  const { ram } = core;
  const offset = (lo - ram.baseLo) >>> 0;
  if (offset > core.last8 || hi !== ram.baseHi || (offset & 7) !== 0 || ram.marks[offset >>> 3] !== DIRTY)
    return slowStore(core, lo, hi, 8, t);
  ram.view.setUint32(offset, core.lo[t] ?? 0, true);
  ram.view.setUint32(offset + 4, core.hi[t] ?? 0, true);
  return true;
};

export const storeW: Store = (core, lo, hi, t) => {
  const { ram } = core;
  const offset = (lo - ram.baseLo) >>> 0;
  if (offset > core.last4 || hi !== ram.baseHi || (offset & 3) !== 0 || ram.marks[offset >>> 3] !== DIRTY)
    return slowStore(core, lo, hi, 4, t);
  ram.view.setUint32(offset, core.lo[t] ?? 0, true);
  return true;
};

export const storeB: Store = (core, lo, hi, t) => {
  const { ram } = core;
  const offset = (lo - ram.baseLo) >>> 0;
  if (offset > core.last1 || hi !== ram.baseHi || ram.marks[offset >>> 3] !== DIRTY)
    return slowStore(core, lo, hi, 1, t);
  ram.bytes[offset] = core.lo[t] ?? 0;
  return true;
};

export const storeH: Store = (core, lo, hi, t) => slowStore(core, lo, hi, 2, t);

function slowStore(core: Core, lo: number, hi: number, size: number, t: number): boolean {
  core.words.set(core.lo[t] ?? 0, core.hi[t] ?? 0);
  return writeMemory(core, lo, hi, size);
}

/** Writes the low `size` bytes of the core's scratch words. */
export function writeMemory(core: Core, lo: number, hi: number, size: number): boolean {
  if ((lo & (size - 1) & core.alignMask) !== 0) return abortData(core, lo, hi, true, FAULT.ALIGNMENT);
  const { ram, words } = core;
  const offset = ram.offsetOf(lo, hi, size);
  if (offset >= 0) {
    ram.beforeStore(offset >>> 3);
    const last = (offset + size - 1) >>> 3;
    if (last !== offset >>> 3) ram.beforeStore(last);
    const { view } = ram;
    if (size === 1) view.setUint8(offset, words.lo);
    else if (size === 2) view.setUint16(offset, words.lo, true);
    else {
      view.setUint32(offset, words.lo, true);
      if (size === 8) view.setUint32(offset + 4, words.hi, true);
    }
    return true;
  }
  if (size < 8) words.set(size === 4 ? words.lo : words.lo & ((1 << (size * 8)) - 1), 0);
  const answer = core.bus.store(lo >>> 0, hi >>> 0, size, words);
  if (answer === TRAP) return trapData(core, lo, hi, true);
  return answer === DONE || abortData(core, lo, hi, true, answer);
}

/** Are `size` bytes at the address all in RAM? Decides whether an exclusive access has a monitor. */
export const isInRam = (core: Core, lo: number, hi: number, size: number): boolean =>
  core.ram.offsetOf(lo, hi, size) >= 0;
