/**
 * The virtual GICv5 CPU interface of one processing element: the state machine of gicv5-cpuif-behaviour §2 … §12.
 *
 * Kept: one slot per EL2 register (which aliases the guest's, gicv5-registers §3.1), the physical PPI lines as an
 * input, and what follows from them: pending bitmap, best candidates, HPPI, why there is none, interrupt signals.
 * Invariant: the derived slots agree with the others at the end of every operation. Guest operations and the
 * physical input re-evaluate by themselves; EL2 writes (`bank(n).set…`, `vmcr`, `apr`) come in groups and are closed
 * by one `reevaluate`, because one operation is atomic (§3).
 * The evaluation itself is in evaluation.ts, what a guest does with an interrupt in handling.ts.
 */
import { type Cell, CellClaim } from '../../state/cell.ts';
import { type Journal } from '../../state/journal.ts';
import { Bank } from './bank.ts';
import { follow, lowestBit, SIGNALS } from './evaluation.ts';
import { type CpuifEvent, NO_HPPI_REASONS, type PendingCause } from './events.ts';
import { type GuestRegister } from './guest-registers.ts';
import { type GicInstruction } from './instructions.ts';
import { type Domain } from './irs/domain.ts';
import { type Words } from './words.ts';

export interface CpuInterfaceConfig {
  /** Implemented PPIs: bitmaps of PPIs 0 … 63 and 64 … 127. */
  readonly implemented: readonly [bigint, bigint];
  /** Those of them that are level-sensitive; the others are edge-triggered. */
  readonly level: readonly [bigint, bigint];
  /** ICC_IDR0_EL1 as the hardware shows it. */
  readonly idr0: bigint;
  /** ICC_IAFFIDR_EL1 as the hardware shows it. */
  readonly iaffid: number;
  /** Is there an IRS that may send this interface candidates? */
  readonly irs?: boolean;
}

/** HAPR when no priority is active. */
const IDLE_PRIORITY = 0xff;
const VMCR_EN = 1;
const VMCR_VPMR_SHIFT = 27;
const PRIORITY_MASK = 0x1f;
/** CR0 reads LINK and LINK_IDLE as 1 (§4.2). */
const CR0_READ_ONES = 0x6;
/** Fields of ICSR that store: IAFFID 47:32, Priority 15:11, bits 5:0 (§4.1). */
const ICSR_LO = 0xf83f;
const ICSR_HI = 0xffff;

const DISABLED = NO_HPPI_REASONS.indexOf('disabled');

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
  /** The IRS's candidate: identifier below (0: none), priority above. Absent without an IRS. */
  readonly irsCandidate: Cell | undefined;
  /** Finds the interrupt domain that EL1's instructions act on now; whoever builds the machine sets it. */
  findDomain: (() => Domain | undefined) | undefined;
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
    this.irsCandidate = config.irs === true ? claim.cell('irsCandidate') : undefined;
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

  /** The interrupt domain of SPIs and LPIs, if one can be reached. */
  get domain(): Domain | undefined {
    return this.findDomain?.();
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
    if (changed) follow(this, register.affects, register.pendingCause);
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

  /** `GIC CDRCFG` without a reachable interrupt: ICSR.F set, everything else 0 (§4.6). */
  failConfigurationRead(): void {
    this.icsr.set(1, 0);
  }

  // --- inputs ---------------------------------------------------------------------------------------------------

  /** The IRS sends another candidate; identifier 0 withdraws it. `report` tells of it, before what follows. */
  setIrsCandidate(intid: number, priority: number, report: () => void): void {
    if (this.irsCandidate === undefined) throw new Error('this interface has no IRS');
    this.irsCandidate.set(intid, intid === 0 ? 0 : priority);
    report();
    follow(this, 'threshold');
  }

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
    follow(this, 'threshold');
  }

  /**
   * Recomputes everything derived and reports what changed. `cause` names what could have changed a pending bit.
   * Closes a group of EL2 writes; every other operation calls it itself.
   */
  reevaluate(cause: PendingCause): void {
    follow(this, 'pending', cause);
  }
}
