/** AND, ORR, EOR with and without inverted second operand, moves, and conditional selects. */
import { decodeBitmask } from '../bitmask.ts';
import { CONDITION_MASKS } from '../conditions.ts';
import { type Core } from './core.ts';
import { orSp, target, writtenBit, ZERO } from './file.ts';
import { logicFlags } from './flags.ts';
import { type Op, type Semantics } from './op.ts';
import { type Prepare, shifted } from './operand2.ts';

export type Logic = 'and' | 'orr' | 'eor';

function put(core: Core, d: number, lo: number, hi: number): void {
  core.lo[d] = lo;
  core.hi[d] = hi;
  core.dirty |= writtenBit(d);
}

/** Bitmask immediate; Rd may be SP unless flags are set. */
export function logicImmediate(logic: Logic, setFlags: boolean): Semantics {
  return (fields) => {
    const value = decodeBitmask(fields) ?? { lo: 0, hi: 0 };
    const is64 = fields.s === 1;
    const prepare: Prepare = (core) => {
      core.xLo = value.lo | 0;
      core.xHi = is64 ? value.hi | 0 : 0;
    };
    return combine(logic, setFlags ? target(fields.d) : orSp(fields.d), fields.n, prepare, is64, setFlags);
  };
}

/** Register, shifted by a constant and perhaps inverted. */
export function logicShifted(logic: Logic, invert: boolean, setFlags: boolean): Semantics {
  return ({ s, d, n, m, k, i }) => {
    const is64 = s === 1;
    const to = target(d);
    if (logic === 'orr' && n === ZERO && i === 0 && !invert) return move(to, m, is64);
    const shift = shifted(m, k, i, is64);
    const prepare: Prepare = !invert
      ? shift
      : (core) => {
          shift(core);
          core.xLo = ~core.xLo;
          core.xHi = is64 ? ~core.xHi : 0;
        };
    return combine(logic, to, n, prepare, is64, setFlags);
  };
}

function move(d: number, m: number, is64: boolean): Op {
  const bit = writtenBit(d);
  return (core) => {
    core.lo[d] = core.lo[m] ?? 0;
    core.hi[d] = is64 ? (core.hi[m] ?? 0) : 0;
    core.dirty |= bit;
  };
}

function combine(logic: Logic, d: number, n: number, prepare: Prepare, is64: boolean, setFlags: boolean): Op {
  // A 32-bit operation has prepared zeros above; the first operand's upper half must not come through.
  const upper = is64 ? -1 : 0;
  if (logic === 'and')
    return (core) => {
      prepare(core);
      const lo = (core.lo[n] ?? 0) & core.xLo;
      const hi = (core.hi[n] ?? 0) & core.xHi;
      if (setFlags) core.nzcv = logicFlags(lo, hi, is64);
      put(core, d, lo, hi);
    };
  if (logic === 'orr')
    return (core) => {
      prepare(core);
      put(core, d, (core.lo[n] ?? 0) | core.xLo, ((core.hi[n] ?? 0) & upper) | core.xHi);
    };
  return (core) => {
    prepare(core);
    put(core, d, (core.lo[n] ?? 0) ^ core.xLo, ((core.hi[n] ?? 0) & upper) ^ core.xHi);
  };
}

/** MOVZ (`invert` false) and MOVN. */
export function moveWide(invert: boolean): Semantics {
  return ({ s, d, h, i }) => {
    const shiftedLo = h < 2 ? i << (16 * h) : 0;
    const shiftedHi = h < 2 ? 0 : i << (16 * (h - 2));
    const lo = invert ? ~shiftedLo : shiftedLo;
    const hi = s === 0 ? 0 : invert ? ~shiftedHi : shiftedHi;
    const to = target(d);
    const bit = writtenBit(to);
    return (core) => {
      core.lo[to] = lo;
      core.hi[to] = hi;
      core.dirty |= bit;
    };
  };
}

/** MOVK: 16 bits in place, the others kept. */
export const moveKeep: Semantics = ({ s, d, h, i }) => {
  const bits = i << (16 * (h & 1));
  const keep = ~(0xffff << (16 * (h & 1)));
  const inHigh = h >= 2;
  const to = target(d);
  return (core) => {
    const lo = core.lo[to] ?? 0;
    const hi = s === 1 ? (core.hi[to] ?? 0) : 0;
    put(core, to, inHigh ? lo : (lo & keep) | bits, inHigh ? (hi & keep) | bits : hi);
  };
};

/** CSEL, CSINC, CSINV, CSNEG: Rn when the condition holds, else Rm, inverted and incremented as asked. */
export function select(invert: boolean, increment: boolean): Semantics {
  return ({ s, d, n, m, c }) => {
    const mask = CONDITION_MASKS[c] ?? 0;
    const to = target(d);
    const upper = s === 1 ? -1 : 0;
    return (core) => {
      const { lo, hi } = core;
      if ((mask >>> core.nzcv) & 1) {
        put(core, to, lo[n] ?? 0, (hi[n] ?? 0) & upper);
        return;
      }
      let low = lo[m] ?? 0;
      let high = hi[m] ?? 0;
      if (invert) {
        low = ~low;
        high = ~high;
      }
      if (increment) {
        low = (low + 1) | 0;
        if (low === 0) high++;
      }
      put(core, to, low, high & upper);
    };
  };
}
