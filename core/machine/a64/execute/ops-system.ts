/**
 * MRS, MSR, SYS, SYSL, hints, barriers, exception-generating instructions and ERET.
 *
 * Who answers an MRS or MSR: first the exception level (op1 above 3 or below it never belongs to EL0), then PSTATE and
 * the core's own registers, then the System. Cache and TLB maintenance does nothing, because no cache and no
 * translation is modelled; DC ZVA stores zeros to 64 bytes.
 */
import { type Core } from './core.ts';
import { CORE_REGISTERS, coreRegisterIndex, SCTLR, SCTLR_LOW } from './core-registers.ts';
import { type ExceptionKind, systemSyndrome } from './exception.ts';
import { target, writtenBit } from './file.ts';
import { writeMemory } from './memory.ts';
import { OPERATIONS } from '../names/operations.data.ts';
import { packEncoding } from '../names/system-names.ts';
import { type Fields } from '../pattern.ts';
import { type Op, type Semantics } from './op.ts';
import { pstateRegister } from './pstate.ts';
import { ATTENTION } from './signals.ts';
import { type Answer, type Barrier, DONE, type Hint, HINTS, TRAP, TRAP_EL1, UNDEFINED, WAIT } from './system.ts';
import { exceptionReturn, raise, trap } from './take.ts';

const encodingOf = (op0: number, { p, g, x, q }: Fields): number => packEncoding([op0, p, g, x, q]);

/** Carries out what an answer means; true when the access was done. */
function settle(core: Core, answer: Answer, encoding: number, register: number, isRead: boolean): boolean {
  if (answer === DONE) return true;
  const iss = systemSyndrome(encoding, register, isRead);
  if (answer === TRAP) trap(core, 'system', iss);
  else if (answer === TRAP_EL1) raise(core, 'system', iss);
  else raise(core, 'undefined');
  return false;
}

/** op1 3 is open to EL0; 0 … 2 and 4 … 7 begin at EL1. */
const isForbidden = (core: Core, encoding: number): boolean => core.el === 0 && ((encoding >> 11) & 7) !== 3;

/** MRS. */
export const readSystem: Semantics = (fields) => {
  const encoding = encodingOf(2 + fields.h, fields);
  const t = target(fields.t);
  const read = readerOf(encoding);
  return (core) => {
    core.words.set(0, 0);
    const answer = isForbidden(core, encoding) ? UNDEFINED : read(core);
    if (!settle(core, answer, encoding, fields.t, true)) return;
    core.lo[t] = core.words.lo;
    core.hi[t] = core.words.hi;
    core.dirty |= writtenBit(t);
  };
};

function readerOf(encoding: number): (core: Core) => Answer {
  const pstate = pstateRegister(encoding);
  if (pstate !== undefined) return pstate.read;
  const index = coreRegisterIndex(encoding);
  if (index === undefined) return (core) => core.system.mrs(encoding, core.words);
  const user = CORE_REGISTERS[index]?.user ?? 'none';
  return (core) => {
    if (core.el === 0 && user === 'none') return UNDEFINED;
    core.words.set(core.systemLo[index] ?? 0, core.systemHi[index] ?? 0);
    return DONE;
  };
}

/** MSR (register). */
export const writeSystem: Semantics = (fields) => {
  const encoding = encodingOf(2 + fields.h, fields);
  const { t } = fields;
  const write = writerOf(encoding);
  return (core) => {
    core.words.set(core.lo[t] ?? 0, core.hi[t] ?? 0);
    settle(core, isForbidden(core, encoding) ? UNDEFINED : write(core), encoding, t, false);
  };
};

function writerOf(encoding: number): (core: Core) => Answer {
  const pstate = pstateRegister(encoding);
  if (pstate !== undefined) return pstate.write;
  const index = coreRegisterIndex(encoding);
  if (index === undefined) return (core) => core.system.msr(encoding, core.words);
  const user = CORE_REGISTERS[index]?.user ?? 'none';
  return (core) => {
    if (core.el === 0 && user !== 'both') return UNDEFINED;
    core.setSystemWords(index, core.words.lo, core.words.hi);
    return DONE;
  };
}

const maskBits = (core: Core): boolean => core.el === 1 || (((core.systemLo[SCTLR] ?? 0) >>> SCTLR_LOW.UMA) & 1) === 1;

/** MSR (immediate): SPSel, DAIFSet, DAIFClr, ALLINT. The other fields need features that this core does not have. */
export const writePstate: Semantics = (fields) => {
  const { p, q, x } = fields;
  const encoding = packEncoding([0, p, 4, x, q]);
  const key = (p << 3) | q;
  if (key === 0o36 || key === 0o37)
    return (core) => {
      if (!maskBits(core)) raise(core, 'system', systemSyndrome(encoding, 31, false));
      else {
        core.daif = key === 0o36 ? core.daif | x : core.daif & ~x;
        changedMasks(core);
      }
    };
  return (core) => {
    if (core.el === 0) raise(core, 'undefined');
    else if (key === 0o05) core.setLevel(1, x & 1);
    else if (key === 0o10 && core.nmi) {
      core.allint = x & 1;
      changedMasks(core);
    } else raise(core, 'undefined');
    core.systemDirty = true;
  };
};

function changedMasks(core: Core): void {
  core.systemDirty = true;
  if (core.lines !== 0) core.attention |= ATTENTION.INTERRUPT;
}

/** SYS: maintenance here, everything else at the System. */
export const systemInstruction: Semantics = (fields) => {
  const encoding = encodingOf(1, fields);
  const { t } = fields;
  if (encoding === ZERO_BLOCK) return zeroBlock(encoding, t);
  if (MAINTENANCE.has(encoding)) return maintenance(encoding, t);
  return (core) => {
    core.words.set(core.lo[t] ?? 0, core.hi[t] ?? 0);
    settle(core, isForbidden(core, encoding) ? UNDEFINED : core.system.sys(encoding, core.words), encoding, t, false);
  };
};

const ZERO_BLOCK = packEncoding([1, 3, 7, 4, 1]);
const ZERO_BLOCK_BYTES = 64;

/** Cache and TLB operations of EL1 and EL0. */
const MAINTENANCE: ReadonlySet<number> = new Set(
  (['ic', 'dc', 'tlbi'] as const).flatMap((of) =>
    OPERATIONS[of].filter(([, [op1]]) => op1 !== 4).map(([, encoding]) => packEncoding([1, ...encoding])),
  ),
);

/** Nothing happens, but EL0 needs SCTLR_EL1.UCI for those that it can name. */
function maintenance(encoding: number, t: number): Op {
  return (core) => {
    if (isForbidden(core, encoding)) raise(core, 'undefined');
    else if (core.el === 0 && (((core.systemLo[SCTLR] ?? 0) >>> SCTLR_LOW.UCI) & 1) === 0)
      raise(core, 'system', systemSyndrome(encoding, t, false));
  };
}

function zeroBlock(encoding: number, t: number): Op {
  return (core) => {
    if (core.el === 0 && (((core.systemLo[SCTLR] ?? 0) >>> SCTLR_LOW.DZE) & 1) === 0) {
      raise(core, 'system', systemSyndrome(encoding, t, false));
      return;
    }
    const lo = (core.lo[t] ?? 0) & ~(ZERO_BLOCK_BYTES - 1);
    for (let at = 0; at < ZERO_BLOCK_BYTES; at += 8) {
      core.words.set(0, 0);
      if (!writeMemory(core, (lo + at) >>> 0, core.hi[t] ?? 0, 8)) return;
    }
  };
}

/** SYSL. */
export const systemInstructionWithResult: Semantics = (fields) => {
  const encoding = encodingOf(1, fields);
  const t = target(fields.t);
  return (core) => {
    core.words.set(0, 0);
    const answer = isForbidden(core, encoding) ? UNDEFINED : core.system.sysl(encoding, core.words);
    if (!settle(core, answer, encoding, fields.t, true)) return;
    core.lo[t] = core.words.lo;
    core.hi[t] = core.words.hi;
    core.dirty |= writtenBit(t);
  };
};

const NOTHING: Op = () => undefined;

/** Hints. Unallocated ones are NOP by architecture. */
export const hint: Semantics = ({ x, q }) => {
  const name = HINTS[(x << 3) | q];
  if (name === undefined || name === 'NOP') return NOTHING;
  if (name !== 'WFI' && name !== 'WFE') return (core) => hintDone(core, name);
  // SCTLR_EL1.nTWI and nTWE: EL1 keeps EL0 from waiting. ISS: condition "always", bit 0: WFE.
  const bit = name === 'WFI' ? SCTLR_LOW.NTWI : SCTLR_LOW.NTWE;
  return (core) => {
    if (core.el === 0 && (((core.systemLo[SCTLR] ?? 0) >>> bit) & 1) === 0) raise(core, 'wfx', waitSyndrome(name));
    else hintDone(core, name);
  };
};

const waitSyndrome = (name: Hint): number => 0x1e0_0000 | (name === 'WFE' ? 1 : 0);

function hintDone(core: Core, name: Hint): void {
  const answer = core.system.hint(name);
  if (answer === TRAP) trap(core, 'wfx', waitSyndrome(name));
  else if (answer === WAIT) {
    core.stop = { kind: 'wait', hint: name };
    core.attention |= ATTENTION.STOP;
  }
}

export function barrier(name: Barrier): Semantics {
  return ({ x }) =>
    (core) =>
      core.system.barrier(name, x);
}

/** SVC, HVC, SMC, BRK, HLT: the immediate is the syndrome. HVC and SMC do not exist at EL0. */
export function exceptionCall(kind: Extract<ExceptionKind, 'svc' | 'hvc' | 'smc' | 'brk' | 'hlt'>): Semantics {
  const needsEl1 = kind === 'hvc' || kind === 'smc';
  return ({ i }) =>
    (core) => {
      if (needsEl1 && core.el === 0) raise(core, 'undefined');
      else raise(core, kind, i);
    };
}

export const undefinedInstruction: Semantics = () => (core) => raise(core, 'undefined');

export const returnFromException: Semantics = () => (core) => {
  if (core.el === 0) raise(core, 'undefined');
  else exceptionReturn(core);
};
