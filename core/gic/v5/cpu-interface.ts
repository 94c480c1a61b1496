/**
 * The virtual GICv5 CPU interface of one processing element: the state machine of gicv5-cpuif-behaviour §2 … §12.
 *
 * Kept: one slot per EL2 register (which aliases the guest's, gicv5-registers §3.1), the physical PPI lines as an
 * input, and what follows from them: pending bitmap, best candidates, HPPI, why there is none, interrupt signals.
 * Invariant: the derived slots agree with the others at the end of every operation. Guest operations and the
 * physical input re-evaluate by themselves; EL2 writes (`bank(n).set…`, `vmcr`, `apr`) come in groups and are closed
 * by one `reevaluate`, because one operation is atomic (§3).
 * Cost: an evaluation is a dozen typed-array reads, a step per pending and enabled PPI, and writes of what changed.
 */
import { type Cell, CellClaim } from '../../state/cell.ts';
import { type Journal } from '../../state/journal.ts';
import { Bank } from './bank.ts';
import { type CpuifEvent, NO_HPPI_REASONS, type PendingCause } from './events.ts';
import { type GuestRegister } from './guest-registers.ts';
import { type GicInstruction } from './instructions.ts';
import { ID_MASK, isPpi, PPI_TYPE } from './ppi.ts';
import { forEachBit, type Words } from './words.ts';

export interface CpuInterfaceConfig {
  /** Implemented PPIs: bitmaps of PPIs 0 … 63 and 64 … 127. */
  readonly implemented: readonly [bigint, bigint];
  /** Those of them that are level-sensitive; the others are edge-triggered. */
  readonly level: readonly [bigint, bigint];
  /** ICC_IDR0_EL1 as the hardware shows it. */
  readonly idr0: bigint;
  /** ICC_IAFFIDR_EL1 as the hardware shows it. */
  readonly iaffid: number;
}

/** HAPR when no priority is active. */
export const IDLE_PRIORITY = 0xff;
const VMCR_EN = 1;
const VMCR_VPMR_SHIFT = 27;
const PRIORITY_MASK = 0x1f;
/** CR0 reads LINK and LINK_IDLE as 1 (§4.2). */
const CR0_READ_ONES = 0x6;
/** Fields of ICSR that store: IAFFID 47:32, Priority 15:11, bits 5:0 (§4.1). */
const ICSR_LO = 0xf83f;
const ICSR_HI = 0xffff;
/** Highest number that CDDI takes for a PPI (§4.5). */
const PPI_LIMIT = 128;

export const SIGNALS = ['none', 'irq', 'nmi'] as const;
const IRQ = 1;
const NMI = 2;
const DISABLED = NO_HPPI_REASONS.indexOf('disabled');
const NO_CANDIDATE = NO_HPPI_REASONS.indexOf('noCandidate');
const MASKED = NO_HPPI_REASONS.indexOf('masked');
const RUNNING_PRIORITY = NO_HPPI_REASONS.indexOf('runningPriority');
/** Less urgent than every priority. */
const NO_PRIORITY = 32;
/** Bit 32 of HPPIR and of an acknowledge result. */
const VALID_HI = 1;

/** What a change can have moved, from the inside out: pending bits, the choice of candidates, the final tests. */
export type Affected = 'pending' | 'candidates' | 'threshold' | 'nothing';

const NO_TIE: readonly number[] = [];

export class CpuInterface {
  readonly journal: Journal;
  readonly config: CpuInterfaceConfig;
  /** EN in bit 0, VPMR in bits 31:27: the storage of the guest's CR0.EN and PCR. */
  readonly vmcr: Cell;
  readonly apr: Cell;
  readonly icsr: Cell;
  /** SCTLR_EL1.NMI as the interface sees it; 0 in KVM guests (§9). */
  readonly nmiEnabled: Cell;
  /** Derived: what HPPIR reads. */
  readonly hppir: Cell;
  /** Derived: index into `NO_HPPI_REASONS`. */
  readonly reason: Cell;
  /** Derived: index into `SIGNALS`. */
  readonly signal: Cell;
  readonly banks: readonly Bank[];
  /** Called after each action, see events.ts. */
  observer: ((event: CpuifEvent) => void) | undefined;

  constructor(journal: Journal, prefix: string, config: CpuInterfaceConfig) {
    const claim = new CellClaim(journal, prefix);
    this.journal = journal;
    this.config = config;
    this.vmcr = claim.register('ICH_VMCR_EL2');
    this.apr = claim.register('ICH_APR_EL2');
    this.icsr = claim.register('ICC_ICSR_EL1');
    this.nmiEnabled = claim.flag('nmiEnabled');
    this.hppir = claim.register('ICH_HPPIR_EL2');
    // Reset is all zero: the interface is disabled.
    this.reason = claim.choice('noHppiReason', NO_HPPI_REASONS, DISABLED);
    this.signal = claim.choice('signal', SIGNALS);
    // A machine without PPIs 64 … 127 has no such registers' storage at all, and none to evaluate.
    const banks = config.implemented[1] === 0n ? 1 : 2;
    this.banks = Array.from(
      { length: banks },
      (_, n) => new Bank(claim, n, config.implemented[n] ?? 0n, config.level[n] ?? 0n),
    );
  }

  /** The bank of index-n registers, or undefined when it would be all RAZ/WI. */
  bank(n: number): Bank | undefined {
    return this.banks[n];
  }

  get enabled(): boolean {
    return (this.vmcr.lo & VMCR_EN) !== 0;
  }

  get priorityMask(): number {
    return this.vmcr.lo >>> VMCR_VPMR_SHIFT;
  }

  /** Number of the lowest set bit of APR, or 0xFF. */
  get runningPriority(): number {
    const apr = this.apr.lo;
    return apr === 0 ? IDLE_PRIORITY : lowestBit(apr);
  }

  // --- guest accesses -------------------------------------------------------------------------------------------

  /** Performs a register read that the table allows; the caller has checked the direction and the traps. */
  read(register: GuestRegister, out: Words): void {
    register.read?.(this, out);
    this.observer?.({ kind: 'cpuif.reg', register: register.name, direction: 'read', lo: out.lo, hi: out.hi });
  }

  /** Performs a register write that the table allows. */
  write(register: GuestRegister, lo: number, hi: number): void {
    const mark = this.journal.count;
    register.write?.(this, lo, hi);
    const changed = this.journal.count !== mark;
    this.observer?.({ kind: 'cpuif.reg', register: register.name, direction: 'write', lo: lo >>> 0, hi: hi >>> 0 });
    if (changed) this.#follow(register.affects, register.pendingCause);
  }

  /** Re-evaluates as much as a change of this kind can have moved. */
  #follow(affects: Affected, cause: PendingCause | undefined): void {
    switch (affects) {
      case 'nothing':
        return;
      case 'threshold':
        this.#concludeFromBest(this.journal.count);
        return;
      case 'candidates':
        this.#select();
        return;
      case 'pending':
        this.reevaluate(cause ?? 'el2write');
        return;
    }
  }

  /** Performs a GIC instruction; `words` holds the operand and receives the result of a `GICR`. */
  execute(instruction: GicInstruction, words: Words): void {
    instruction.perform(this, words);
  }

  writeCr0(lo: number): void {
    this.vmcr.set((this.vmcr.lo & ~VMCR_EN) | (lo & VMCR_EN));
  }

  readCr0(out: Words): void {
    out.set((this.vmcr.lo & VMCR_EN) | CR0_READ_ONES, 0);
  }

  writePcr(lo: number): void {
    this.vmcr.set((this.vmcr.lo & VMCR_EN) | ((lo & PRIORITY_MASK) << VMCR_VPMR_SHIFT));
  }

  writeIcsr(lo: number, hi: number): void {
    this.icsr.set(lo & ICSR_LO, hi & ICSR_HI);
  }

  /** `GICR CDIA` and, with `wantNmi`, `GICR CDNMIA` (§4.3). */
  acknowledge(instruction: string, wantNmi: boolean, out: Words): void {
    const aprBefore = this.apr.lo;
    const signal = this.signal.lo;
    const mismatch = signal !== 0 && (signal === NMI) !== wantNmi;
    if (signal === 0 || mismatch) {
      out.set(0, 0);
      this.observer?.({
        kind: 'cpuif.ack',
        instruction,
        intid: 0,
        priority: undefined,
        aprBefore,
        aprAfter: aprBefore,
        pendingCleared: false,
        reasonZero: mismatch ? 'nmiMismatch' : (NO_HPPI_REASONS[this.reason.lo] ?? 'none'),
      });
      return;
    }
    const { lo, hi } = this.hppir;
    const ppi = lo & ID_MASK;
    const bank = this.banks[ppi >>> 6];
    if (bank === undefined) throw new Error(`HPPI ${ppi} is outside the implemented banks`);
    const bit = ppi & 63;
    const priority = bank.priorityOf(bit);
    const bitLo = bit < 32 ? 1 << bit : 0;
    const bitHi = bit < 32 ? 0 : 1 << (bit & 31);
    this.apr.set(aprBefore | (1 << priority));
    bank.active.set(bank.active.lo | bitLo, bank.active.hi | bitHi);
    bank.changeEdges(bitLo, bitHi, false);
    out.set(lo, hi);
    this.observer?.({
      kind: 'cpuif.ack',
      instruction,
      intid: lo,
      priority,
      aprBefore,
      aprAfter: this.apr.lo,
      pendingCleared: !bank.isLevel(bit),
      reasonZero: 'none',
    });
    this.reevaluate('ack');
  }

  /** `GIC CDEOI`: drops the most urgent active priority, whichever interrupt it came from (§4.4). */
  drop(): void {
    const apr = this.apr.lo;
    const after = (apr & (apr - 1)) >>> 0;
    this.apr.set(after);
    this.observer?.({
      kind: 'cpuif.drop',
      priority: apr === 0 ? undefined : lowestBit(apr),
      aprBefore: apr,
      aprAfter: after,
    });
    if (after !== apr) this.#concludeFromBest(this.journal.count);
  }

  /** `GIC CDDI`: clears the active bit of a PPI, active or not; bits 63:32 and 28:24 are ignored (§4.5). */
  deactivate(lo: number, hi: number): void {
    const id = lo & ID_MASK;
    const bank = isPpi(lo) && id < PPI_LIMIT ? this.banks[id >>> 6] : undefined;
    const reachable = bank !== undefined && bank.isImplemented(id & 63);
    const wasActive = reachable && bank.active.has(id & 63);
    if (wasActive) bank.active.put(id & 63, false);
    this.observer?.({
      kind: 'cpuif.deactivate',
      lo: lo >>> 0,
      hi: hi >>> 0,
      type: lo >>> 29,
      id,
      wasActive,
      effect: !reachable ? 'ignored' : wasActive ? 'cleared' : 'wasInactive',
    });
    if (wasActive) this.#select();
  }

  /** `GIC CDRCFG` without a reachable interrupt: ICSR.F set, everything else 0 (§4.6). */
  failConfigurationRead(): void {
    this.icsr.set(1, 0);
  }

  // --- inputs ---------------------------------------------------------------------------------------------------

  /** Level of the wire of a physical PPI; unimplemented ones have none. */
  setPhysical(ppi: number, level: boolean): void {
    const bank = this.banks[ppi >>> 6];
    if (bank === undefined || !bank.isImplemented(ppi & 63)) return;
    if (bank.physical.has(ppi & 63) === level) return;
    bank.physical.put(ppi & 63, level);
    this.observer?.({ kind: 'cpuif.physical', ppi, level });
    this.reevaluate('phys');
  }

  /** Architectural switch for FEAT_NMI; a KVM guest never has it (§9). */
  setNmiEnabled(on: boolean): void {
    this.nmiEnabled.flag = on;
    this.observer?.({ kind: 'cpuif.reg', register: 'SCTLR_EL1.NMI', direction: 'write', lo: on ? 1 : 0, hi: 0 });
    this.#concludeFromBest(this.journal.count);
  }

  // --- evaluation -----------------------------------------------------------------------------------------------

  /**
   * Recomputes pending, best candidates, HPPI and signals (§3) and reports what changed. `cause` names what could
   * have changed a pending bit.
   */
  reevaluate(cause: PendingCause): void {
    for (const bank of this.banks) this.#updatePending(bank, cause);
    this.#select();
  }

  /** Finds the best candidates among what is pending, and concludes. */
  #select(): void {
    const mark = this.journal.count;
    let best = -1;
    let bestPriority = NO_PRIORITY;
    for (const bank of this.banks) {
      const { pendingNow, enable, active } = bank;
      let bestLo = 0;
      let bestHi = 0;
      let word = pendingNow.lo & enable.lo & ~active.lo;
      for (let half = 0; half < 2; half++) {
        while (word !== 0) {
          const bitMask = word & -word;
          word ^= bitMask;
          const bit = 31 - Math.clz32(bitMask) + 32 * half;
          const priority = bank.priorityOf(bit);
          if (priority > bestPriority) continue;
          if (priority < bestPriority) {
            best = bank.firstPpi + bit;
            bestPriority = priority;
            bestLo = bestHi = 0;
          }
          if (half === 0) bestLo |= bitMask;
          else bestHi |= bitMask;
        }
        word = half === 0 ? pendingNow.hi & enable.hi & ~active.hi : 0;
      }
      // A better candidate of bank 1 leaves bank 0 without a best one.
      if (bank.index > 0 && best >= bank.firstPpi) this.banks[0]?.best.set(0, 0);
      bank.best.set(bestLo, bestHi);
    }
    this.#conclude(best, bestPriority, mark);
  }

  /** Concludes again from the best candidates of the last selection. */
  #concludeFromBest(mark: number): void {
    for (const bank of this.banks) {
      const { lo, hi } = bank.best;
      if ((lo | hi) === 0) continue;
      const bit = lo !== 0 ? lowestBit(lo) : 32 + lowestBit(hi);
      this.#conclude(bank.firstPpi + bit, bank.priorityOf(bit), mark);
      return;
    }
    this.#conclude(-1, NO_PRIORITY, mark);
  }

  #conclude(best: number, priority: number, mark: number): void {
    let reason = 0;
    if (!this.enabled) reason = DISABLED;
    else if (best < 0) reason = NO_CANDIDATE;
    else if (priority > this.priorityMask) reason = MASKED;
    else if (priority >= this.runningPriority) reason = RUNNING_PRIORITY;
    const valid = reason === 0;
    const observer = this.observer;
    const before = this.hppir.lo;
    this.reason.set(reason);
    this.hppir.set(valid ? PPI_TYPE | best : 0, valid ? VALID_HI : 0);
    if (observer !== undefined && this.journal.count !== mark)
      observer({
        kind: 'cpuif.hppi',
        before,
        after: this.hppir.lo,
        priority: best < 0 ? undefined : priority,
        reason: NO_HPPI_REASONS[reason] ?? 'none',
        tie: this.tie(),
      });
    const signal = valid ? (priority === 0 && this.nmiEnabled.flag ? NMI : IRQ) : 0;
    if (signal === this.signal.lo) return;
    this.signal.set(signal);
    observer?.({ kind: 'cpuif.signal', irq: signal === IRQ, nmi: signal === NMI });
  }

  /** The candidates of the best priority, lowest first, when there are two or more. */
  tie(): readonly number[] {
    const ppis: number[] = [];
    for (const bank of this.banks) forEachBit(bank.best.lo, bank.best.hi, (bit) => ppis.push(bank.firstPpi + bit));
    return ppis.length > 1 ? ppis : NO_TIE;
  }

  #updatePending(bank: Bank, cause: PendingCause): void {
    const { dvi, pend, physical, pendingNow } = bank;
    const lo = ((pend.lo & ~dvi.lo) | (physical.lo & dvi.lo)) & bank.implementedLo;
    const hi = ((pend.hi & ~dvi.hi) | (physical.hi & dvi.hi)) & bank.implementedHi;
    if (pendingNow.lo === lo >>> 0 && pendingNow.hi === hi >>> 0) return;
    if (this.observer === undefined) pendingNow.set(lo, hi);
    else this.#reportPending(bank, lo, hi, cause);
  }

  /** Writes the pending bitmap one PPI at a time, so that each change is owned by its own event. */
  #reportPending(bank: Bank, lo: number, hi: number, cause: PendingCause): void {
    const cell = bank.pendingNow;
    forEachBit(cell.lo ^ lo, cell.hi ^ hi, (bit) => {
      const after = (((bit < 32 ? lo : hi) >>> (bit & 31)) & 1) !== 0;
      cell.put(bit, after);
      this.observer?.({ kind: 'cpuif.pending', ppi: bank.firstPpi + bit, before: !after, after, cause });
    });
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
