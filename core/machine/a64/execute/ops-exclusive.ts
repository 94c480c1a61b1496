/**
 * Exclusive, acquire and release accesses. The core runs one instruction at a time and stores are seen at once, so
 * acquire and release order nothing further; what they do have is an alignment check.
 *
 * The monitor is set by a load exclusive on RAM and opened by: a store exclusive, CLREX, ERET, and any store by
 * anybody to the same 16 bytes (architecturally the core's own stores may or may not; here they do). Where there is
 * no RAM there is no monitor, and the access faults (status 0x35).
 */
import { type Core } from './core.ts';
import { orSp, SP, target, writtenBit } from './file.ts';
import { isInRam, readMemory, writeMemory } from './memory.ts';
import { type Op, type Semantics } from './op.ts';
import { FAULT } from './system.ts';
import { abortData, raise } from './take.ts';

const UNDEFINED_HERE: Op = (core) => raise(core, 'undefined');

/** The base register's value when the access may go on; alignment of SP and of the address are checked first. */
function atBase(n: number, bytes: number, isWrite: boolean, access: (core: Core, lo: number, hi: number) => void): Op {
  return (core) => {
    const lo = core.lo[n] ?? 0;
    const hi = core.hi[n] ?? 0;
    if (n === SP && (lo & core.spMask) !== 0) raise(core, 'spAlignment');
    else if ((lo & (bytes - 1)) !== 0) abortData(core, lo, hi, isWrite, FAULT.ALIGNMENT);
    else access(core, lo, hi);
  };
}

function put(core: Core, index: number, lo: number, hi: number): void {
  core.lo[index] = lo;
  core.hi[index] = hi;
  core.dirty |= writtenBit(index);
}

/** LDXR, LDAXR and their byte and halfword forms. */
export function loadExclusive(size: number): Semantics {
  return ({ n: field, t: register }) => {
    const t = target(register);
    return atBase(orSp(field), size, false, (core, lo, hi) => {
      if (!isInRam(core, lo, hi, size)) abortData(core, lo, hi, false, FAULT.EXCLUSIVE);
      else if (readMemory(core, lo, hi, size)) {
        put(core, t, core.words.lo, core.words.hi);
        core.reserve(lo, hi, size, core.ram.offsetOf(lo, hi, size));
      }
    });
  };
}

/** LDXP, LDAXP: two registers of `size` bytes each. */
export function loadExclusivePair(size: number): Semantics {
  return ({ n: field, t: first, u: second }) => {
    if (first === second && first !== 31) return UNDEFINED_HERE;
    const t = target(first);
    const u = target(second);
    return atBase(orSp(field), size * 2, false, (core, lo, hi) => {
      if (!isInRam(core, lo, hi, size * 2)) {
        abortData(core, lo, hi, false, FAULT.EXCLUSIVE);
        return;
      }
      readMemory(core, lo, hi, size);
      put(core, t, core.words.lo, core.words.hi);
      readMemory(core, lo + size, hi, size);
      put(core, u, core.words.lo, core.words.hi);
      core.reserve(lo, hi, size * 2, core.ram.offsetOf(lo, hi, size * 2));
    });
  };
}

/** Takes the reservation: true when it was on exactly these bytes. */
function takeReservation(core: Core, lo: number, hi: number, bytes: number): boolean {
  const isMine = core.reservedSize === bytes && core.reservedLo === lo && core.reservedHi === hi;
  core.clearReservation();
  return isMine;
}

/** STXR, STLXR and their byte and halfword forms: status 0 stored, 1 not. */
export function storeExclusive(size: number): Semantics {
  return ({ w, n: field, t }) => {
    if (w !== 31 && (w === t || w === field)) return UNDEFINED_HERE;
    const status = target(w);
    return atBase(orSp(field), size, true, (core, lo, hi) => {
      if (!isInRam(core, lo, hi, size)) {
        abortData(core, lo, hi, true, FAULT.EXCLUSIVE);
        return;
      }
      const succeeds = takeReservation(core, lo, hi, size);
      if (succeeds) {
        core.words.set(core.lo[t] ?? 0, core.hi[t] ?? 0);
        writeMemory(core, lo, hi, size);
      }
      put(core, status, succeeds ? 0 : 1, 0);
    });
  };
}

/** STXP, STLXP. */
export function storeExclusivePair(size: number): Semantics {
  return ({ w, n: field, t, u }) => {
    if (w !== 31 && (w === t || w === u || w === field)) return UNDEFINED_HERE;
    const status = target(w);
    return atBase(orSp(field), size * 2, true, (core, lo, hi) => {
      if (!isInRam(core, lo, hi, size * 2)) {
        abortData(core, lo, hi, true, FAULT.EXCLUSIVE);
        return;
      }
      const succeeds = takeReservation(core, lo, hi, size * 2);
      if (succeeds) {
        core.words.set(core.lo[t] ?? 0, core.hi[t] ?? 0);
        writeMemory(core, lo, hi, size);
        core.words.set(core.lo[u] ?? 0, core.hi[u] ?? 0);
        writeMemory(core, lo + size, hi, size);
      }
      put(core, status, succeeds ? 0 : 1, 0);
    });
  };
}

/** LDAR and its byte and halfword forms. */
export function loadAcquire(size: number): Semantics {
  return ({ n, t: register }) => {
    const t = target(register);
    return atBase(orSp(n), size, false, (core, lo, hi) => {
      if (readMemory(core, lo, hi, size)) put(core, t, core.words.lo, core.words.hi);
    });
  };
}

/** STLR and its byte and halfword forms. */
export function storeRelease(size: number): Semantics {
  return ({ n, t }) =>
    atBase(orSp(n), size, true, (core, lo, hi) => {
      core.words.set(core.lo[t] ?? 0, core.hi[t] ?? 0);
      writeMemory(core, lo, hi, size);
    });
}

/** CLREX. */
export const clearExclusive: Semantics = () => (core) => core.clearReservation();
