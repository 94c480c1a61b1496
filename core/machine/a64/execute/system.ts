/**
 * What a core needs from the world outside it: memory beyond its RAM, and everything that system instructions and
 * exceptions reach. Both interfaces answer with small numbers and pass values through a lent `Words`, so an access
 * allocates nothing.
 */
import { type Words } from '../../../gic/v5/words.ts';
import { type Exception } from './exception.ts';

/** An access was done. */
export const DONE = 0;
/** The hypervisor must see it: the run ends with the PC at the instruction, nothing changed. */
export const TRAP = 1;
/** The instruction is UNDEFINED here: the guest gets an exception. */
export const UNDEFINED = 2;
/** EL1 has configured a trap of its own: the guest gets an exception of class 0x18. */
export const TRAP_EL1 = 3;
export type Answer = typeof DONE | typeof TRAP | typeof UNDEFINED | typeof TRAP_EL1;

/** Memory fault status codes, for a bus to answer with (they are the ESR's DFSC and IFSC). */
export const FAULT = {
  TRANSLATION: 0x04,
  EXTERNAL: 0x10,
  ALIGNMENT: 0x21,
  /** LDXR and STXR where no exclusive monitor is. */
  EXCLUSIVE: 0x35,
} as const;

/** DONE, TRAP, or a fault status code of 4 or more: an abort that EL1 gets. */
export type BusAnswer = number;

/** Memory outside RAM: devices. An address and a size of 1, 2, 4 or 8 bytes; unaligned accesses come as they are. */
export interface Bus {
  load(lo: number, hi: number, size: number, value: Words): BusAnswer;
  /** `value` holds what is stored, upper bytes zero. */
  store(lo: number, hi: number, size: number, value: Words): BusAnswer;
}

/** A bus with nothing on it: every access is a synchronous external abort. */
export const NOTHING: Bus = { load: () => FAULT.EXTERNAL, store: () => FAULT.EXTERNAL };

export const HINTS = ['NOP', 'YIELD', 'WFE', 'WFI', 'SEV', 'SEVL'] as const;
export type Hint = (typeof HINTS)[number];

/** Go on after the hint (it did what it does, or nothing). */
export const PROCEED = 0;
/** The hint suspends this core: the run ends with the PC behind it. */
export const WAIT = 2;
export type HintAnswer = typeof PROCEED | typeof TRAP | typeof WAIT;

export type Barrier = 'DMB' | 'DSB' | 'ISB' | 'SB';

/**
 * System instructions. `encoding` is op0:op1:CRn:CRm:op2 packed in 16 bits (`packEncoding`). Registers that the core
 * keeps itself never come here (see `CORE_REGISTERS`); accesses that an exception level may not make are answered
 * before: op1 of EL1 and higher from EL0 are UNDEFINED.
 */
export interface System {
  mrs(encoding: number, value: Words): Answer;
  msr(encoding: number, value: Words): Answer;
  sys(encoding: number, value: Words): Answer;
  sysl(encoding: number, value: Words): Answer;
  /** WFE, WFI, SEV, SEVL and YIELD; NOP never comes. */
  hint(hint: Hint): HintAnswer;
  barrier(barrier: Barrier, domain: number): void;
  /** An exception is about to be taken: DONE lets it go to EL1, TRAP gives it to the hypervisor and ends the run. */
  exception(exception: Exception): typeof DONE | typeof TRAP;
}

/** A system that knows no register: everything is UNDEFINED, WFI and WFE suspend, exceptions go to EL1; HVC and SMC trap. */
export const BARE: System = {
  mrs: () => UNDEFINED,
  msr: () => UNDEFINED,
  sys: () => UNDEFINED,
  sysl: () => UNDEFINED,
  hint: (hint) => (hint === 'WFI' || hint === 'WFE' ? WAIT : PROCEED),
  barrier: () => undefined,
  exception: ({ kind }) => (kind === 'hvc' || kind === 'smc' ? TRAP : DONE),
};
