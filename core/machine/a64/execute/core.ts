/**
 * The state of one A64 core at EL0 and EL1, laid out for speed: 64-bit registers as u32 halves in typed arrays, the
 * PC as two int32, flags and masks as small integers.
 *
 * While plain instructions run, this is where the registers live; at every event `saveTo` (slots.ts) writes what
 * changed to the journal's slots. `dirty` is the mask of general registers written since (bit 31: SP), so that a save
 * costs what changed and no more.
 *
 * Invariant: index 32 of the register arrays is the stack pointer that PSTATE selects; `bank` holds the other one.
 */
import { Words } from '../../../gic/v5/words.ts';
import { codeOf, type CodeCache } from '../code.ts';
import { type Ram, RESERVED } from '../ram.ts';
import { Breakpoints } from './breakpoints.ts';
import { CORE_REGISTERS, SCTLR, SCTLR_LOW } from './core-registers.ts';
import { REGISTERS, SP, writtenBit, ZERO } from './file.ts';
import { run, type Stop } from './run.ts';
import { ATTENTION } from './signals.ts';
import { BARE, type Bus, NOTHING, type System } from './system.ts';

export interface CoreOptions {
  readonly ram: Ram;
  readonly bus?: Bus;
  readonly system?: System;
  /** FEAT_NMI: PSTATE.ALLINT and SCTLR_EL1.NMI exist. */
  readonly nmi?: boolean;
}

/** Writable bits of CORE_REGISTERS, as halves. */
const MASK_LO = Uint32Array.from(CORE_REGISTERS, ({ mask }) => Number(mask & 0xffff_ffffn));
const MASK_HI = Uint32Array.from(CORE_REGISTERS, ({ mask }) => Number(mask >> 32n));

export class Core {
  readonly ram: Ram;
  readonly bus: Bus;
  readonly system: System;
  readonly code: CodeCache;
  readonly nmi: boolean;

  readonly lo = new Uint32Array(REGISTERS);
  readonly hi = new Uint32Array(REGISTERS);
  /** Both stack pointers (0: SP_EL0, 1: SP_EL1); the selected one is stale here. */
  readonly bankLo = new Uint32Array(2);
  readonly bankHi = new Uint32Array(2);
  /** System registers that the core keeps, in the order of CORE_REGISTERS. */
  readonly systemLo = new Uint32Array(CORE_REGISTERS.length);
  readonly systemHi = new Uint32Array(CORE_REGISTERS.length);

  /** PC as signed halves; while an instruction runs, the address of the next one. */
  pc = 0;
  pcHi = 0;
  /** N:Z:C:V. */
  nzcv = 0;
  /** D:A:I:F. */
  daif = 15;
  /** Exception level, 0 or 1. */
  el = 1;
  /** PSTATE.SP: at EL1, 1 selects SP_EL1. */
  spSel = 1;
  allint = 0;
  /** PSTATE.IL: the next instruction is an Illegal Execution state exception. */
  illegal = false;

  /** Local exclusive monitor: address and bytes, 0 = open. */
  reservedLo = 0;
  reservedHi = 0;
  reservedSize = 0;

  /** Interrupt inputs, LINE bits; set them with `setLine`. */
  lines = 0;
  /** General registers written since the last `takeDirty`. */
  dirty = 0;
  /** A register outside the general ones and PC was written since the last save. */
  systemDirty = true;
  attention = 0;
  stop: Stop | undefined;
  /** Instructions of the last run, and of all runs. */
  executed = 0;
  total = 0;

  readonly breakpoints = new Breakpoints();

  /** Derived: highest offsets at which 1, 4 and 8 bytes are in RAM; alignment masks of SCTLR_EL1 for data and SP. */
  readonly last1: number;
  readonly last4: number;
  readonly last8: number;
  alignMask = 0;
  spMask = 0;

  /** Scratch: a value between an instruction and memory or the system. */
  readonly words = new Words();
  /** Scratch of operations: second operand, and result of a multiplication. */
  xLo = 0;
  xHi = 0;

  constructor({ ram, bus = NOTHING, system = BARE, nmi = false }: CoreOptions) {
    this.ram = ram;
    this.bus = bus;
    this.system = system;
    this.nmi = nmi;
    this.code = codeOf(ram);
    this.last1 = ram.size - 1;
    this.last4 = ram.size - 4;
    this.last8 = ram.size - 8;
    ram.observers.push({ codeChanged: () => undefined, reservationLost: (word) => this.#loseReservation(word) });
    this.reset();
  }

  /** Cold reset into EL1 with SP_EL1, everything masked, general registers 0, PC at `pc`. */
  reset(pc = 0n): void {
    this.lo.fill(0);
    this.hi.fill(0);
    this.bankLo.fill(0);
    this.bankHi.fill(0);
    for (const [index, { reset }] of CORE_REGISTERS.entries()) this.setSystem(index, reset);
    this.nzcv = 0;
    this.daif = 15;
    this.el = 1;
    this.spSel = 1;
    this.allint = 0;
    this.illegal = false;
    this.reservedSize = 0;
    this.lines = 0;
    this.dirty = -1;
    this.attention = 0;
    this.stop = undefined;
    this.pcValue = pc;
    this.controlChanged();
  }

  /** Runs until something needs the caller; see run.ts. */
  run(maxInstructions: number): Stop {
    return run(this, maxInstructions);
  }

  /** One instruction, or the entry of one interrupt. */
  step(): Stop {
    return run(this, 1);
  }

  /** Asks a running core to return after the present instruction; of an idle one, its next run returns at once. */
  kick(): void {
    this.attention |= ATTENTION.KICK;
  }

  /** Raises or lowers interrupt inputs (LINE bits). */
  setLine(line: number, level: boolean): void {
    this.lines = level ? this.lines | line : this.lines & ~line;
    this.attention |= ATTENTION.INTERRUPT;
  }

  /** X0 … X30. */
  x(n: number): bigint {
    return (BigInt(this.hi[n] ?? 0) << 32n) | BigInt(this.lo[n] ?? 0);
  }

  /** Sets X0 … X30; 31, the zero register, ignores it. */
  setX(n: number, value: bigint): void {
    if (n < ZERO) this.setIndex(n, Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
  }

  /** Sets the register of an index of file.ts. */
  setIndex(index: number, lo: number, hi: number): void {
    this.lo[index] = lo;
    this.hi[index] = hi;
    this.dirty |= writtenBit(index);
  }

  /** The selected stack pointer. */
  get sp(): bigint {
    return (BigInt(this.hi[SP] ?? 0) << 32n) | BigInt(this.lo[SP] ?? 0);
  }

  set sp(value: bigint) {
    this.setIndex(SP, Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
  }

  /** Address of the next instruction. */
  get pcValue(): bigint {
    return (BigInt(this.pcHi >>> 0) << 32n) | BigInt(this.pc >>> 0);
  }

  set pcValue(value: bigint) {
    this.setPc(Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
  }

  /** Sets the PC from halves. */
  setPc(lo: number, hi: number): void {
    this.pc = lo | 0;
    this.pcHi = hi | 0;
    this.attention |= ATTENTION.BRANCH;
  }

  /** Goes past the instruction under the PC: how a hypervisor ends its emulation of a trapped one. */
  skip(): void {
    this.pcValue = BigInt.asUintN(64, this.pcValue + 4n);
  }

  /** A system register of CORE_REGISTERS, by position. */
  systemValue(index: number): bigint {
    return (BigInt(this.systemHi[index] ?? 0) << 32n) | BigInt(this.systemLo[index] ?? 0);
  }

  setSystem(index: number, value: bigint): void {
    this.setSystemWords(index, Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
  }

  setSystemWords(index: number, lo: number, hi: number): void {
    this.systemLo[index] = lo & (MASK_LO[index] ?? 0);
    this.systemHi[index] = hi & (MASK_HI[index] ?? 0);
    this.systemDirty = true;
    if (index === SCTLR) this.controlChanged();
  }

  /** PSTATE as SPSR_EL1 holds it. */
  get pstate(): number {
    const mode = this.el === 0 ? 0 : 4 | this.spSel;
    const rest = (this.allint << 13) | (this.daif << 6) | mode | (this.illegal ? 1 << 20 : 0);
    return ((this.nzcv << 28) | rest) >>> 0;
  }

  /** Sets PSTATE from that form; the mode must be EL0t, EL1t or EL1h. */
  set pstate(value: number) {
    this.nzcv = value >>> 28;
    this.daif = (value >>> 6) & 15;
    this.allint = this.nmi ? (value >>> 13) & 1 : 0;
    this.illegal = ((value >>> 20) & 1) !== 0;
    this.setLevel((value >>> 2) & 1, value & 1);
    this.attention |= ATTENTION.INTERRUPT | (this.illegal ? ATTENTION.ILLEGAL : 0);
  }

  /** Changes exception level and stack pointer selection. At EL0 the selection is always SP_EL0 and kept as 0. */
  setLevel(el: number, spSel: number): void {
    const from = this.selectedSp;
    this.bankLo[from] = this.lo[SP] ?? 0;
    this.bankHi[from] = this.hi[SP] ?? 0;
    this.el = el;
    this.spSel = el === 0 ? 0 : spSel;
    const to = this.selectedSp;
    this.lo[SP] = this.bankLo[to] ?? 0;
    this.hi[SP] = this.bankHi[to] ?? 0;
    if (from !== to) this.systemDirty = true;
    this.controlChanged();
  }

  /** SP_EL0 (0) or SP_EL1 (1), selected or not. */
  stackPointer(which: 0 | 1): bigint {
    if (which === this.selectedSp) return this.sp;
    return (BigInt(this.bankHi[which] ?? 0) << 32n) | BigInt(this.bankLo[which] ?? 0);
  }

  setStackPointer(which: 0 | 1, value: bigint): void {
    if (which === this.selectedSp) this.sp = value;
    else {
      this.bankLo[which] = Number(value & 0xffff_ffffn);
      this.bankHi[which] = Number((value >> 32n) & 0xffff_ffffn);
    }
    this.systemDirty = true;
  }

  /** The mask of general registers written since it was last taken: X0 … X30 bits 0 … 30, SP bit 31. */
  takeDirty(): number {
    const { dirty } = this;
    this.dirty = 0;
    return dirty >>> 0;
  }

  /** Sets the exclusive monitor on RAM at `offset`. */
  reserve(lo: number, hi: number, size: number, offset: number): void {
    this.reservedLo = lo >>> 0;
    this.reservedHi = hi >>> 0;
    this.reservedSize = size;
    this.systemDirty = true;
    const { marks } = this.ram;
    const first = (offset >>> 4) << 1;
    marks[first] = (marks[first] ?? 0) | RESERVED;
    marks[first + 1] = (marks[first + 1] ?? 0) | RESERVED;
  }

  /** Opens the exclusive monitor. */
  clearReservation(): void {
    if (this.reservedSize === 0) return;
    this.reservedSize = 0;
    this.systemDirty = true;
  }

  /** Recomputes what depends on SCTLR_EL1 and the exception level. */
  controlChanged(): void {
    const sctlr = this.systemLo[SCTLR] ?? 0;
    this.alignMask = (sctlr >>> SCTLR_LOW.A) & 1 ? -1 : 0;
    this.spMask = (sctlr >>> (this.el === 0 ? SCTLR_LOW.SA0 : SCTLR_LOW.SA)) & 1 ? 15 : 0;
  }

  /** Which stack pointer is selected: 0 SP_EL0, 1 SP_EL1. */
  get selectedSp(): 0 | 1 {
    return this.el === 1 && this.spSel === 1 ? 1 : 0;
  }

  /** Somebody stored to a word of the reserved 16 bytes. */
  #loseReservation(word: number): void {
    if (this.reservedSize === 0) return;
    const offset = this.ram.offsetOf(this.reservedLo, this.reservedHi, this.reservedSize);
    if (offset >>> 4 === word >>> 1) this.clearReservation();
  }
}
