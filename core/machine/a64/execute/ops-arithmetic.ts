/**
 * ADD, SUB, ADC, SBC and their flag-setting forms. The forms that programs run most (immediate, and register without
 * shift) have operations of their own; the rest prepare the second operand first.
 */
import { type Fields } from '../pattern.ts';
import { type Core } from './core.ts';
import { orSp, target, writtenBit } from './file.ts';
import { sum32, sum64 } from './flags.ts';
import { type Op, type Semantics } from './op.ts';
import { extended, type Prepare, shifted } from './operand2.ts';

export interface Arithmetic {
  readonly subtract: boolean;
  readonly setFlags: boolean;
}

/** Immediate: Rd and Rn may be SP; with flags Rd is not. */
export function addImmediate({ subtract, setFlags }: Arithmetic): Semantics {
  return ({ s, d, n, i, h }) => {
    const value = h === 1 ? i << 12 : i;
    const to = setFlags ? target(d) : orSp(d);
    if (setFlags)
      return s === 1
        ? flags64(to, orSp(n), constant(value), subtract)
        : flags32(to, orSp(n), constant(value), subtract);
    if (s === 0) return plain32(to, orSp(n), constant(value), subtract);
    return subtract ? subImmediate64(to, orSp(n), value) : addImmediate64(to, orSp(n), value);
  };
}

function addImmediate64(d: number, n: number, value: number): Op {
  const bit = writtenBit(d);
  return (core) => {
    const { lo, hi } = core;
    const sum = ((lo[n] ?? 0) + value) >>> 0;
    hi[d] = (hi[n] ?? 0) + (sum < value ? 1 : 0);
    lo[d] = sum;
    core.dirty |= bit;
  };
}

function subImmediate64(d: number, n: number, value: number): Op {
  const bit = writtenBit(d);
  return (core) => {
    const { lo, hi } = core;
    const a = lo[n] ?? 0;
    hi[d] = (hi[n] ?? 0) - (a < value ? 1 : 0);
    lo[d] = a - value;
    core.dirty |= bit;
  };
}

/** Register, shifted by a constant. */
export function addShifted({ subtract, setFlags }: Arithmetic): Semantics {
  return ({ s, d, n, m, k, i }) => {
    const to = target(d);
    if (s === 1 && i === 0 && !setFlags) return subtract ? subRegister64(to, n, m) : addRegister64(to, n, m);
    if (s === 1 && i === 0) return subtract ? subRegisterFlags64(to, n, m) : addRegisterFlags64(to, n, m);
    return combine(s, to, n, shifted(m, k, i, s === 1), { subtract, setFlags });
  };
}

function addRegister64(d: number, n: number, m: number): Op {
  const bit = writtenBit(d);
  return (core) => {
    const { lo, hi } = core;
    const a = lo[n] ?? 0;
    const sum = (a + (lo[m] ?? 0)) >>> 0;
    hi[d] = (hi[n] ?? 0) + (hi[m] ?? 0) + (sum < a ? 1 : 0);
    lo[d] = sum;
    core.dirty |= bit;
  };
}

function subRegister64(d: number, n: number, m: number): Op {
  const bit = writtenBit(d);
  return (core) => {
    const { lo, hi } = core;
    const a = lo[n] ?? 0;
    const b = lo[m] ?? 0;
    hi[d] = (hi[n] ?? 0) - (hi[m] ?? 0) - (a < b ? 1 : 0);
    lo[d] = a - b;
    core.dirty |= bit;
  };
}

function addRegisterFlags64(d: number, n: number, m: number): Op {
  return (core) => {
    const { lo, hi } = core;
    core.nzcv = sum64(core, lo[n] ?? 0, hi[n] ?? 0, lo[m] ?? 0, hi[m] ?? 0, 0);
    store(core, d);
  };
}

function subRegisterFlags64(d: number, n: number, m: number): Op {
  return (core) => {
    const { lo, hi } = core;
    core.nzcv = sum64(core, lo[n] ?? 0, hi[n] ?? 0, ~(lo[m] ?? 0) >>> 0, ~(hi[m] ?? 0) >>> 0, 1);
    store(core, d);
  };
}

/** Register, extended and shifted by 0 … 4; Rn may be SP, and Rd without flags. */
export function addExtended(how: Arithmetic): Semantics {
  return ({ s, d, n, m, o, i }) => combine(s, how.setFlags ? target(d) : orSp(d), orSp(n), extended(m, o, i), how);
}

/** With carry: subtraction adds the inverse and the carry. */
export function addCarry({ subtract, setFlags }: Arithmetic): Semantics {
  return ({ s, d, n, m }) => {
    const to = target(d);
    const invert = subtract ? -1 : 0;
    return (core) => {
      const { lo, hi } = core;
      const carry = (core.nzcv >>> 1) & 1;
      const bLo = ((lo[m] ?? 0) ^ invert) >>> 0;
      const flags =
        s === 1
          ? sum64(core, lo[n] ?? 0, hi[n] ?? 0, bLo, ((hi[m] ?? 0) ^ invert) >>> 0, carry)
          : sum32(core, lo[n] ?? 0, bLo, carry);
      if (s === 0) core.xHi = 0;
      if (setFlags) core.nzcv = flags;
      store(core, to);
    };
  };
}

/** The scratch becomes register `d`. */
function store(core: Core, d: number): void {
  core.lo[d] = core.xLo;
  core.hi[d] = core.xHi;
  core.dirty |= writtenBit(d);
}

function constant(value: number): Prepare {
  return (core) => {
    core.xLo = value;
    core.xHi = 0;
  };
}

function combine(s: number, d: number, n: number, prepare: Prepare, { subtract, setFlags }: Arithmetic): Op {
  if (setFlags) return s === 1 ? flags64(d, n, prepare, subtract) : flags32(d, n, prepare, subtract);
  return s === 1 ? plain64(d, n, prepare, subtract) : plain32(d, n, prepare, subtract);
}

function flags64(d: number, n: number, prepare: Prepare, subtract: boolean): Op {
  const invert = subtract ? -1 : 0;
  const carry = subtract ? 1 : 0;
  return (core) => {
    prepare(core);
    const bLo = (core.xLo ^ invert) >>> 0;
    core.nzcv = sum64(core, core.lo[n] ?? 0, core.hi[n] ?? 0, bLo, (core.xHi ^ invert) >>> 0, carry);
    store(core, d);
  };
}

function flags32(d: number, n: number, prepare: Prepare, subtract: boolean): Op {
  const invert = subtract ? -1 : 0;
  const carry = subtract ? 1 : 0;
  return (core) => {
    prepare(core);
    core.nzcv = sum32(core, core.lo[n] ?? 0, (core.xLo ^ invert) >>> 0, carry);
    core.xHi = 0;
    store(core, d);
  };
}

function plain64(d: number, n: number, prepare: Prepare, subtract: boolean): Op {
  return (core) => {
    prepare(core);
    const { lo, hi } = core;
    const a = lo[n] ?? 0;
    const b = core.xLo >>> 0;
    const low = (subtract ? a - b : a + b) >>> 0;
    const carry = subtract ? (a < b ? -1 : 0) : low < a ? 1 : 0;
    hi[d] = (subtract ? (hi[n] ?? 0) - core.xHi : (hi[n] ?? 0) + core.xHi) + carry;
    lo[d] = low;
    core.dirty |= writtenBit(d);
  };
}

function plain32(d: number, n: number, prepare: Prepare, subtract: boolean): Op {
  return (core) => {
    prepare(core);
    const a = core.lo[n] ?? 0;
    core.lo[d] = subtract ? a - core.xLo : a + core.xLo;
    core.hi[d] = 0;
    core.dirty |= writtenBit(d);
  };
}

/** CCMN and CCMP: compare when the condition holds, else the flags given. */
export function compareConditionally(
  subtract: boolean,
  isImmediate: boolean,
  holds: (fields: Fields) => number,
): Semantics {
  return (fields) => {
    const { s, n, m, i, f } = fields;
    const mask = holds(fields);
    const invert = subtract ? -1 : 0;
    const carry = subtract ? 1 : 0;
    return (core) => {
      if (((mask >>> core.nzcv) & 1) === 0) {
        core.nzcv = f;
        return;
      }
      const { lo, hi } = core;
      const bLo = ((isImmediate ? i : (lo[m] ?? 0)) ^ invert) >>> 0;
      const bHi = ((isImmediate ? 0 : (hi[m] ?? 0)) ^ invert) >>> 0;
      core.nzcv = s === 1 ? sum64(core, lo[n] ?? 0, hi[n] ?? 0, bLo, bHi, carry) : sum32(core, lo[n] ?? 0, bLo, carry);
    };
  };
}
