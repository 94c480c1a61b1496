/**
 * Addressing modes of loads and stores. An operation computes its address, lets the access happen, and writes the
 * base back only if it did; of a pair neither register changes unless both accesses succeed.
 *
 * Where the architecture leaves the result open (writeback to a register that is also loaded or stored, a pair loaded
 * twice into one register), the instruction is UNDEFINED here: such a program is wrong and should hear about it.
 */
import { type Fields, signed } from '../pattern.ts';
import { type Core } from './core.ts';
import { orSp, SP, target, writtenBit } from './file.ts';
import { type Load, loadSwX, loadW, loadX, readMemory, type Store, storeW, storeX } from './memory.ts';
import { type Op, type Semantics } from './op.ts';
import { extended } from './operand2.ts';
import { raise } from './take.ts';

const UNDEFINED_HERE: Op = (core) => raise(core, 'undefined');

/** Stack pointer as a base: it must be 16-byte aligned when SCTLR_EL1 says so. */
function checked(n: number, op: Op): Op {
  if (n !== SP) return op;
  return (core) => {
    if (((core.lo[SP] ?? 0) & core.spMask) !== 0) raise(core, 'spAlignment');
    else op(core);
  };
}

export interface Single {
  readonly access: Load | Store;
  readonly isLoad: boolean;
}

/** Register index of the transferred register: loads to XZR go to the sink. */
const transferred = (t: number, isLoad: boolean): number => (isLoad ? target(t) : t);

/** [base, #offset], offset in bytes. */
export function atOffset({ access, isLoad }: Single, offsetOf: (fields: Fields) => number): Semantics {
  return (fields) => {
    const n = orSp(fields.n);
    const t = transferred(fields.t, isLoad);
    return checked(n, offsetOp(access, n, t, offsetOf(fields)));
  };
}

function offsetOp(access: Load, n: number, t: number, offset: number): Op {
  if (offset >= 0)
    return (core) => {
      const base = core.lo[n] ?? 0;
      const lo = (base + offset) >>> 0;
      access(core, lo, lo < base ? ((core.hi[n] ?? 0) + 1) >>> 0 : (core.hi[n] ?? 0), t);
    };
  return (core) => {
    const base = core.lo[n] ?? 0;
    const lo = (base + offset) >>> 0;
    access(core, lo, lo > base ? ((core.hi[n] ?? 0) - 1) >>> 0 : (core.hi[n] ?? 0), t);
  };
}

/** [base, #offset]! (`before`) and [base], #offset, with a signed 9-bit offset. */
export function withWriteback({ access, isLoad }: Single, before: boolean): Semantics {
  return ({ n: field, t: register, i }) => {
    if (field === register && field !== 31) return UNDEFINED_HERE;
    const n = orSp(field);
    const t = transferred(register, isLoad);
    const offset = signed(i, 9);
    return checked(n, (core) => {
      const base = core.lo[n] ?? 0;
      const baseHi = core.hi[n] ?? 0;
      const lo = (base + offset) >>> 0;
      const hi = (baseHi + carryOf(base, lo, offset)) >>> 0;
      if (before ? access(core, lo, hi, t) : access(core, base, baseHi, t)) core.setIndex(n, lo, hi);
    });
  };
}

const carryOf = (base: number, sum: number, offset: number): number =>
  offset >= 0 ? (sum < base ? 1 : 0) : sum > base ? -1 : 0;

/** [base, register, extend #amount]. */
export function atRegister({ access, isLoad }: Single, log2: number): Semantics {
  return ({ n: field, t: register, m, o, v }) => {
    const n = orSp(field);
    const t = transferred(register, isLoad);
    const prepare = extended(m, o, v === 1 ? log2 : 0);
    return checked(n, (core) => {
      prepare(core);
      const base = core.lo[n] ?? 0;
      const lo = (base + (core.xLo >>> 0)) >>> 0;
      access(core, lo, ((core.hi[n] ?? 0) + core.xHi + (lo < base ? 1 : 0)) >>> 0, t);
    });
  };
}

/** From an address relative to the PC. */
export function atLabel(access: Load): Semantics {
  return ({ t: register, i }) => {
    const t = target(register);
    const offset = signed(i, 19) * 4 - 4;
    return (core) => {
      const pc = core.pc >>> 0;
      const lo = (pc + offset) >>> 0;
      access(core, lo, (core.pcHi + carryOf(pc, lo, offset)) >>> 0, t);
    };
  };
}

/** A prefetch does nothing here. */
export const prefetch: Semantics = () => () => undefined;

export type PairKind = 'w' | 'x' | 'signed word';
export type PairMode = 'offset' | 'before' | 'after';

/** LDP, STP, LDPSW, LDNP, STNP. */
export function pair(kind: PairKind, isLoad: boolean, mode: PairMode): Semantics {
  const size = kind === 'x' ? 8 : 4;
  const store = kind === 'x' ? storeX : storeW;
  return ({ n: field, t, u, i }) => {
    const writesBack = mode !== 'offset';
    const clashes = writesBack && field !== 31 && (field === t || field === u);
    if (clashes || (isLoad && t === u && t !== 31)) return UNDEFINED_HERE;
    const n = orSp(field);
    const offset = signed(i, 7) * size;
    const transfer = isLoad ? loadPair(kind, target(t), target(u)) : storePair(store, size, t, u);
    return checked(n, (core) => {
      const base = core.lo[n] ?? 0;
      const baseHi = core.hi[n] ?? 0;
      const lo = (base + offset) >>> 0;
      const hi = (baseHi + carryOf(base, lo, offset)) >>> 0;
      const done = mode === 'after' ? transfer(core, base, baseHi) : transfer(core, lo, hi);
      if (done && writesBack) core.setIndex(n, lo, hi);
    });
  };
}

type Transfer = (core: Core, lo: number, hi: number) => boolean;

const nextHi = (lo: number, hi: number, size: number): number => (lo + size > 0xffff_ffff ? (hi + 1) >>> 0 : hi);

/** When the first store has happened and the second faults, memory has changed; the architecture allows it. */
function storePair(store: Store, size: number, t: number, u: number): Transfer {
  return (core, lo, hi) => store(core, lo, hi, t) && store(core, (lo + size) >>> 0, nextHi(lo, hi, size), u);
}

function loadPair(kind: PairKind, t: number, u: number): Transfer {
  const size = kind === 'x' ? 8 : 4;
  const load = kind === 'x' ? loadX : kind === 'w' ? loadW : loadSwX;
  return (core, lo, hi) => {
    // The second is read first into the scratch and checked, so that a fault leaves both registers alone.
    if (!readMemory(core, lo, hi, size)) return false;
    const firstLo = core.words.lo;
    const firstHi = core.words.hi;
    if (!load(core, (lo + size) >>> 0, nextHi(lo, hi, size), u)) return false;
    core.lo[t] = firstLo;
    core.hi[t] = kind === 'signed word' ? (firstLo | 0) >> 31 : firstHi;
    core.dirty |= writtenBit(t);
    return true;
  };
}
