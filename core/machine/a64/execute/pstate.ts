/** Fields of PSTATE as system registers: NZCV, DAIF, CurrentEL, SPSel, SP_EL0, ALLINT. One row each. */
import { packEncoding } from '../names/system-names.ts';
import { type Core } from './core.ts';
import { SCTLR, SCTLR_LOW } from './core-registers.ts';
import { ATTENTION } from './signals.ts';
import { type Answer, DONE, TRAP_EL1, UNDEFINED } from './system.ts';

export interface PstateRegister {
  readonly name: string;
  readonly encoding: number;
  /** Puts the value into the core's scratch words. */
  readonly read: (core: Core) => Answer;
  /** Takes it from there. */
  readonly write: (core: Core) => Answer;
}

/** DAIF at EL0 needs SCTLR_EL1.UMA. */
const masksAllowed = (core: Core): boolean =>
  core.el === 1 || (((core.systemLo[SCTLR] ?? 0) >>> SCTLR_LOW.UMA) & 1) === 1;

function done(core: Core, masks: boolean): Answer {
  core.systemDirty = true;
  if (masks) core.attention |= ATTENTION.INTERRUPT;
  return DONE;
}

function give(core: Core, value: number): Answer {
  core.words.set(value, 0);
  return DONE;
}

const PSTATE_REGISTERS: readonly PstateRegister[] = [
  {
    name: 'NZCV',
    encoding: packEncoding([3, 3, 4, 2, 0]),
    read: (core) => give(core, core.nzcv << 28),
    write: (core) => {
      core.nzcv = core.words.lo >>> 28;
      return DONE;
    },
  },
  {
    name: 'DAIF',
    encoding: packEncoding([3, 3, 4, 2, 1]),
    read: (core) => (masksAllowed(core) ? give(core, core.daif << 6) : TRAP_EL1),
    write: (core) => {
      if (!masksAllowed(core)) return TRAP_EL1;
      core.daif = (core.words.lo >>> 6) & 15;
      return done(core, true);
    },
  },
  {
    name: 'CurrentEL',
    encoding: packEncoding([3, 0, 4, 2, 2]),
    read: (core) => give(core, core.el << 2),
    write: () => UNDEFINED,
  },
  {
    name: 'SPSel',
    encoding: packEncoding([3, 0, 4, 2, 0]),
    read: (core) => give(core, core.spSel),
    write: (core) => {
      core.setLevel(1, core.words.lo & 1);
      return done(core, true);
    },
  },
  {
    // UNDEFINED while it is the stack pointer in use.
    name: 'SP_EL0',
    encoding: packEncoding([3, 0, 4, 1, 0]),
    read: (core) => {
      if (core.spSel === 0) return UNDEFINED;
      core.words.value = core.stackPointer(0);
      return DONE;
    },
    write: (core) => {
      if (core.spSel === 0) return UNDEFINED;
      core.setStackPointer(0, core.words.value);
      return DONE;
    },
  },
  {
    // FEAT_NMI.
    name: 'ALLINT',
    encoding: packEncoding([3, 0, 4, 3, 0]),
    read: (core) => (core.nmi ? give(core, core.allint << 13) : UNDEFINED),
    write: (core) => {
      if (!core.nmi) return UNDEFINED;
      core.allint = (core.words.lo >>> 13) & 1;
      return done(core, true);
    },
  },
];

const byEncoding = new Map(PSTATE_REGISTERS.map((register) => [register.encoding, register]));

export const pstateRegister = (encoding: number): PstateRegister | undefined => byEncoding.get(encoding);
