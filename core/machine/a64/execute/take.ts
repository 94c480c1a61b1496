/**
 * Exceptions of a core: taking one to EL1, giving it to the hypervisor, returning from one.
 *
 * Every exception is first shown to the System, which may claim it (a trap: the run ends, PC at the preferred return
 * address, nothing else changed). HVC and SMC never go to EL1: unclaimed, they are UNDEFINED, as with HCR_EL2.HCD.
 */
import { type Core } from './core.ts';
import { CPACR, ELR, ESR, FAR, SCTLR, SCTLR_HIGH, SPSR, VBAR } from './core-registers.ts';
import { accessSyndrome, type DataAccess, type Exception, type ExceptionKind, syndromeRegister } from './exception.ts';
import { accessOf } from './access.ts';
import { ATTENTION, LINE, MASKED } from './signals.ts';
import { TRAP } from './system.ts';

const MASK64 = (1n << 64n) - 1n;

/** Address of the instruction that runs. */
const pcOf = (core: Core): bigint => (core.pcValue - 4n) & MASK64;

/** SVC and HVC return behind themselves; everything else to the instruction itself. */
const RETURNS_BEHIND: ReadonlySet<ExceptionKind> = new Set(['svc', 'hvc']);

/** Raises a synchronous exception of the instruction that runs. */
export function raise(core: Core, kind: ExceptionKind, iss = 0, address?: bigint): void {
  const pc = pcOf(core);
  deliver(core, { kind, iss, pc, ...(address === undefined ? {} : { address }) }, pc);
}

/** Ends the run with a trap to the hypervisor that the System has asked for. */
export function trap(core: Core, kind: ExceptionKind, iss: number): void {
  const pc = pcOf(core);
  endWithTrap(core, { kind, iss, pc }, pc);
}

/** Raises an exception before an instruction, with PC at it: instruction aborts, PC alignment, illegal state. */
export function raiseAtFetch(core: Core, kind: ExceptionKind, iss: number): void {
  const pc = core.pcValue;
  const address = kind === 'illegalState' ? {} : { address: pc };
  deliver(core, { kind, iss, pc, ...address }, pc);
}

function deliver(core: Core, exception: Exception, pc: bigint): void {
  const behind = RETURNS_BEHIND.has(exception.kind) ? core.pcValue : pc;
  if (core.system.exception(exception) === TRAP) endWithTrap(core, exception, behind);
  // An HVC that nobody claims is an UNDEFINED instruction, which returns to itself.
  else enter(core, exception, exception.kind === 'hvc' ? pc : behind);
}

function endWithTrap(core: Core, exception: Exception, pc: bigint): void {
  core.pcValue = pc;
  core.stop = { kind: 'trap', exception };
  core.attention |= ATTENTION.STOP;
}

/** A data abort to EL1 (unless the System claims it). Always false: the access did not happen. */
export function abortData(core: Core, lo: number, hi: number, isWrite: boolean, status: number): boolean {
  raise(core, 'dataAbort', (isWrite ? 1 << 6 : 0) | (status & 0x3f), join(lo, hi));
  return false;
}

/** A data abort to the hypervisor, with what it needs to carry the access out. Always false. */
export function trapData(core: Core, lo: number, hi: number, isWrite: boolean): boolean {
  const pc = pcOf(core);
  const offset = core.ram.offsetOf((core.pc - 4) >>> 0, core.pcHi, 4);
  const access: DataAccess | undefined = offset < 0 ? undefined : accessOf(core.ram.view.getUint32(offset, true));
  const iss = (access === undefined ? 0 : accessSyndrome(access)) | (isWrite ? 1 << 6 : 0) | 0x04;
  const exception: Exception = { kind: 'dataAbort', iss, pc, address: join(lo, hi) };
  endWithTrap(core, access === undefined ? exception : { ...exception, access }, pc);
  return false;
}

const join = (lo: number, hi: number): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

/** Enters EL1 for an exception: what an injecting hypervisor calls too. PC becomes the vector. */
export function enter(core: Core, exception: Exception, returnTo: bigint): void {
  const { kind } = exception;
  const isFromLower = core.el === 0;
  const vector = VECTOR[kind] ?? 0;
  const bank = isFromLower ? 0x400 : core.spSel === 0 ? 0 : 0x200;
  core.setSystemWords(SPSR, core.pstate, 0);
  core.setSystem(ELR, returnTo);
  if (vector === 0 || kind === 'serror') core.setSystemWords(ESR, syndromeRegister(atEl1(exception), isFromLower), 0);
  if (exception.address !== undefined) core.setSystem(FAR, exception.address);
  core.setLevel(1, 1);
  core.daif = MASKED.D | MASKED.A | MASKED.I | MASKED.F;
  core.illegal = false;
  if (core.nmi) core.allint = ((core.systemHi[SCTLR] ?? 0) >>> SCTLR_HIGH.SPINTMASK) & 1 ? 0 : 1;
  // VBAR_EL1 is a multiple of 2048, so adding a vector's offset never carries.
  core.setPc((core.systemLo[VBAR] ?? 0) + bank + vector, core.systemHi[VBAR] ?? 0);
  core.systemDirty = true;
}

const VECTOR: Partial<Record<ExceptionKind, number>> = { irq: 0x080, fiq: 0x100, serror: 0x180 };

/** HVC, SMC and HLT that nobody claimed are UNDEFINED, and their syndrome says no more. */
function atEl1(exception: Exception): Exception {
  const { kind } = exception;
  return kind === 'hvc' || kind === 'smc' || kind === 'hlt' ? { ...exception, kind: 'undefined', iss: 0 } : exception;
}

/** The interrupt that would be taken now; undefined when all raised lines are masked. */
export function deliverable(core: Core): 'irq' | 'fiq' | 'serror' | undefined {
  const { lines, daif } = core;
  if (lines === 0) return undefined;
  if (lines & LINE.NMI && !isSuperpriorityMasked(core)) return 'irq';
  const all = core.allint === 1 && nmiEnabled(core);
  if (lines & LINE.FIQ && !(daif & MASKED.F) && !all) return 'fiq';
  if (lines & LINE.IRQ && !(daif & MASKED.I) && !all) return 'irq';
  return lines & LINE.SERROR && !(daif & MASKED.A) ? 'serror' : undefined;
}

const nmiEnabled = (core: Core): boolean => core.nmi && (((core.systemHi[SCTLR] ?? 0) >>> SCTLR_HIGH.NMI) & 1) !== 0;

/** With SCTLR_EL1.NMI 0 superpriority means nothing; else ALLINT masks it, and SPINTMASK with SP_EL1 selected does. */
function isSuperpriorityMasked(core: Core): boolean {
  if (!nmiEnabled(core)) return (core.daif & MASKED.I) !== 0;
  const masksWithSp = ((core.systemHi[SCTLR] ?? 0) >>> SCTLR_HIGH.SPINTMASK) & 1;
  return core.allint === 1 || (masksWithSp === 1 && core.el === 1 && core.spSel === 1);
}

/** Takes an interrupt between instructions. */
export function takeInterrupt(core: Core, kind: 'irq' | 'fiq' | 'serror'): void {
  const pc = core.pcValue;
  deliver(core, { kind, iss: 0, pc }, pc);
}

/** ERET at EL1. An illegal target leaves level and stack pointer as they are and sets PSTATE.IL. */
export function exceptionReturn(core: Core): void {
  const spsr = core.systemLo[SPSR] ?? 0;
  const mode = spsr & 0x1f;
  const isLegal = mode === 0 || mode === 4 || mode === 5;
  const own = core.el === 0 ? 0 : 4 | core.spSel;
  core.pstate = isLegal ? spsr : ((spsr & ~0x1f) | own | (1 << 20)) >>> 0;
  core.setPc(core.systemLo[ELR] ?? 0, core.systemHi[ELR] ?? 0);
  core.clearReservation();
  core.systemDirty = true;
}

/** An instruction that is UNDEFINED, or a floating-point one while CPACR_EL1.FPEN keeps those away. */
export function raiseUndefined(core: Core, word: number): void {
  const isFloatingPoint = ((word >>> 26) & 3) === 3;
  const fpen = ((core.systemLo[CPACR] ?? 0) >>> 20) & 3;
  const mayUse = fpen === 3 || (fpen === 1 && core.el === 1);
  // ISS: condition field valid, condition "always".
  if (isFloatingPoint && !mayUse) raise(core, 'fp', 0x1e0_0000);
  else raise(core, 'undefined');
}
