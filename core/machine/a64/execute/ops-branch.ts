/** Branches, and the addresses that count from the PC. While an operation runs the PC is 4 ahead of it. */
import { CONDITION_MASKS } from '../conditions.ts';
import { signed } from '../pattern.ts';
import { type Core } from './core.ts';
import { target, writtenBit } from './file.ts';
import { type Op, type Semantics } from './op.ts';
import { ATTENTION } from './signals.ts';

/** Moves the PC by a distance counted from this instruction. Leaving a 4 GiB window is rare and goes through bigint. */
function jump(bytes: number): Op {
  const step = bytes - 4;
  if (step >= 0)
    return (core) => {
      const from = core.pc;
      const to = (from + step) | 0;
      if (to >>> 0 < from >>> 0) far(core, step);
      else core.pc = to;
    };
  return (core) => {
    const from = core.pc;
    const to = (from + step) | 0;
    if (to >>> 0 > from >>> 0) far(core, step);
    else core.pc = to;
  };
}

function far(core: Core, step: number): void {
  core.pcValue = BigInt.asUintN(64, core.pcValue + BigInt(step));
}

const bytesOf = (offset: number, bits: number): number => signed(offset, bits) * 4;

export const branch: Semantics = ({ i }) => jump(bytesOf(i, 26));

export const branchWithLink: Semantics = ({ i }) => {
  const go = jump(bytesOf(i, 26));
  return (core) => {
    link(core);
    go(core);
  };
};

function link(core: Core): void {
  core.lo[30] = core.pc;
  core.hi[30] = core.pcHi;
  core.dirty |= 1 << 30;
}

export const branchIf: Semantics = ({ i, c }) => {
  const go = jump(bytesOf(i, 19));
  const mask = CONDITION_MASKS[c] ?? 0;
  return (core) => {
    if ((mask >>> core.nzcv) & 1) go(core);
  };
};

/** CBZ and CBNZ. */
export function compareAndBranch(whenZero: boolean): Semantics {
  return ({ s, t, i }) => {
    const go = jump(bytesOf(i, 19));
    const upper = s === 1 ? -1 : 0;
    return (core) => {
      const isZero = ((core.lo[t] ?? 0) | ((core.hi[t] ?? 0) & upper)) === 0;
      if (isZero === whenZero) go(core);
    };
  };
}

/** TBZ and TBNZ. */
export function testAndBranch(whenZero: boolean): Semantics {
  return ({ t, b, i }) => {
    const go = jump(bytesOf(i, 14));
    const wanted = whenZero ? 0 : 1;
    return (core) => {
      const half = (b < 32 ? core.lo[t] : core.hi[t]) ?? 0;
      if (((half >>> (b & 31)) & 1) === wanted) go(core);
    };
  };
}

/** BR, RET and, with `links`, BLR. */
export function branchToRegister(links: boolean): Semantics {
  return ({ n }) =>
    (core) => {
      const lo = (core.lo[n] ?? 0) | 0;
      const hi = (core.hi[n] ?? 0) | 0;
      if (links) link(core);
      core.pc = lo;
      if (hi !== core.pcHi || (lo & 3) !== 0) {
        core.pcHi = hi;
        core.attention |= ATTENTION.BRANCH;
      }
    };
}

/** ADR, and ADRP with `page`. */
export function address(page: boolean): Semantics {
  return ({ d, i, l }) => {
    const offset = BigInt(signed((i << 2) | l, 21)) * (page ? 4096n : 1n);
    const to = target(d);
    const bit = writtenBit(to);
    return (core) => {
      const pc = core.pcValue - 4n;
      const value = BigInt.asUintN(64, (page ? pc & ~0xfffn : pc) + offset);
      core.lo[to] = Number(value & 0xffff_ffffn);
      core.hi[to] = Number(value >> 32n);
      core.dirty |= bit;
    };
  };
}
