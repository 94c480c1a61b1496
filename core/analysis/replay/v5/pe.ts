/**
 * One PE of a physical GICv5: the emulator's CPU interface with all 128 PPIs on wires, which is sent the candidate of
 * the IRS (gicv5-spi-lpi-behaviour §7.2).
 *
 * A recording does not always tell on which PE a PPI's wire moved. Such a PPI is `unsure` here: whichever of the two
 * levels explains the next recorded answer of this PE is taken (doubts.ts).
 */
import { type Bank } from '../../../gic/v5/bank.ts';
import { CpuInterface } from '../../../gic/v5/cpu-interface.ts';
import { lowestBit, SIGNALS } from '../../../gic/v5/evaluation.ts';
import { type Candidate, NOBODY } from '../../../gic/v5/irs/candidates.ts';
import { ID_MASK, isPpi, PPI_TYPE, PPIS_PER_BANK } from '../../../gic/v5/ppi.ts';
import { type Journal } from '../../../state/journal.ts';

const ALL = 0xffff_ffff_ffff_ffffn;
const WORD = 0xffff_ffff;
/** SW_PPI alone is edge-triggered (gicv5-cpuif-behaviour §16: HMR0 of the recorded model). */
const LEVEL = [ALL & ~8n, ALL] as const;
/** 24 ID bits, 5 priority bits. */
const IDR0 = 0x41n;

/** A move of a PPI's wire to this level, on a PE that is not decided yet. */
export interface Movement {
  readonly level: boolean;
}

/** What the PE tells its core, as a recording has it. */
const SIGNAL = { none: 0n, irq: 1n, nmi: 4n } as const;

export class PhysicalPe {
  readonly index: number;
  readonly cpuif: CpuInterface;
  /** PPIs whose wire may have moved here, with the movements that may have been here, the oldest first. */
  readonly unsure = new Map<number, Set<Movement>>();

  constructor(journal: Journal, index: number) {
    this.index = index;
    this.cpuif = new CpuInterface(journal, `vcpu${index}.`, {
      implemented: [ALL, ALL],
      level: LEVEL,
      idr0: IDR0,
      iaffid: index,
      irs: true,
    });
    // The recorded model raises its NMI line for any candidate of priority 0 (gicv5-cpuif-behaviour §3 note 4).
    this.cpuif.setNmiEnabled(true);
    // Pending bits are those of the wires; SPENDR and CPENDR of an edge PPI reach the same bit.
    for (const bank of this.cpuif.banks) bank.setDvi(WORD, WORD);
    this.cpuif.reevaluate('el2write');
  }

  /** Registers at their reset values; wires stay. */
  reset(): void {
    const { cpuif } = this;
    for (const bank of cpuif.banks) {
      bank.setEnable(0, 0);
      bank.setActive(0, 0);
      for (let n = 0; n < 8; n++) bank.setPriority(n, 0, 0);
      // An edge that was pending is forgotten with the rest.
      if (bank.index === 0) bank.physical.put(3, false);
    }
    cpuif.vmcr.set(0);
    cpuif.apr.set(0);
    cpuif.icsr.set(0, 0);
    cpuif.reevaluate('el2write');
  }

  line(ppi: number): boolean {
    return this.#bank(ppi)?.physical.has(ppi % PPIS_PER_BANK) ?? false;
  }

  setLine(ppi: number, level: boolean): void {
    this.cpuif.setPhysical(ppi, level);
  }

  /** The best PPI, before enable bit, mask and running priority (gicv5-cpuif-behaviour §3). */
  get bestPpi(): Candidate {
    for (const bank of this.cpuif.banks) {
      const { lo, hi } = bank.best;
      if (lo === 0 && hi === 0) continue;
      const bit = lo !== 0 ? lowestBit(lo) : 32 + lowestBit(hi);
      return { intid: PPI_TYPE + bank.firstPpi + bit, priority: bank.priorityOf(bit) };
    }
    return NOBODY;
  }

  /** Candidate of the IRS. */
  get irs(): Candidate {
    const { lo = 0, hi = 0 } = this.cpuif.irsCandidate ?? {};
    return lo === 0 ? NOBODY : { intid: lo, priority: hi };
  }

  set irs(candidate: Candidate) {
    const { intid, priority } = this.irs;
    if (candidate.intid !== intid || candidate.priority !== priority)
      this.cpuif.setIrsCandidate(candidate.intid, candidate.priority, () => undefined);
  }

  /** What an acknowledge takes; `NOBODY` when it returns 0. */
  get winner(): Candidate {
    const { lo: intid } = this.cpuif.hppir;
    if (intid === 0) return NOBODY;
    return isPpi(intid) ? { intid, priority: this.priorityOf(intid & ID_MASK) } : this.irs;
  }

  get signal(): bigint {
    return SIGNAL[SIGNALS[this.cpuif.signal.lo] ?? 'none'];
  }

  /** What GICR CDIA does here with an interrupt of this identifier. SPIs and LPIs are activated by the IRS. */
  take(intid: number, priority: number): void {
    const { cpuif } = this;
    cpuif.apr.set((cpuif.apr.lo | (1 << (priority & 31))) >>> 0);
    const ppi = intid & ID_MASK;
    const bank = isPpi(intid) ? this.#bank(ppi) : undefined;
    if (bank !== undefined) {
      const bit = ppi % PPIS_PER_BANK;
      bank.active.put(bit, true);
      if (!bank.isLevel(bit)) bank.physical.put(bit, false);
    }
    cpuif.reevaluate('ack');
  }

  /** Priority of a PPI. */
  priorityOf(ppi: number): number {
    return this.#bank(ppi)?.priorityOf(ppi % PPIS_PER_BANK) ?? 0;
  }

  /** The oldest movement to `level` that may have been here. */
  movementTo(ppi: number, level: boolean): Movement | undefined {
    for (const movement of this.unsure.get(ppi) ?? []) if (movement.level === level) return movement;
    return undefined;
  }

  /** Tries the other level of unsure PPIs, one at a time, until `fits`. Returns the movement that it decided. */
  resolve(fits: () => boolean): Movement | undefined {
    for (const ppi of this.unsure.keys()) {
      const level = this.line(ppi);
      const movement = this.movementTo(ppi, !level);
      if (movement === undefined) continue;
      this.setLine(ppi, !level);
      if (fits()) {
        this.unsure.delete(ppi);
        return movement;
      }
      this.setLine(ppi, level);
    }
    return undefined;
  }

  describe(): string {
    const { cpuif, irs, bestPpi } = this;
    return (
      `PE ${this.index}: enabled ${cpuif.enabled}, mask ${cpuif.priorityMask}, running ${cpuif.runningPriority}, ` +
      `PPI 0x${bestPpi.intid.toString(16)}/${bestPpi.priority}, IRS 0x${irs.intid.toString(16)}/${irs.priority}`
    );
  }

  #bank(ppi: number): Bank | undefined {
    return this.cpuif.bank(Math.floor(ppi / PPIS_PER_BANK));
  }
}
