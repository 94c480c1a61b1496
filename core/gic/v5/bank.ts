/**
 * One bank of 64 PPIs: the slots of its register file and the constants of the implementation.
 *
 * Invariant: enable, active, pending, direct-injection and priority bits of unimplemented PPIs are 0, whoever writes
 * (gicv5-cpuif-behaviour §2). Every setter here enforces it; nothing here re-evaluates the interrupt signal.
 */
import { type Cell, type CellClaim } from '../../state/cell.ts';
import { PPIS_PER_BANK } from './ppi.ts';
import { highWord, lowWord } from './words.ts';

const PRIORITY_REGISTERS = 8;
const PRIORITY_BYTE = 0x1f;

export class Bank {
  /** 0 for PPIs 0 … 63, 1 for 64 … 127. */
  readonly index: number;
  readonly implementedLo: number;
  readonly implementedHi: number;
  readonly levelLo: number;
  readonly levelHi: number;

  readonly enable: Cell;
  readonly active: Cell;
  /** Stored pending bits; the ones that count are `pendingNow`. */
  readonly pend: Cell;
  /** 1: the pending bit is the physical PPI's. */
  readonly dvi: Cell;
  /** Pending bits of the physical PPIs of this PE: an input. */
  readonly physical: Cell;
  /** PRIORITYR registers of this bank, eight PPIs each. */
  readonly priority: readonly Cell[];
  /** Derived: what the guest reads as pending, as of the last evaluation. */
  readonly pendingNow: Cell;
  /** Derived: the candidates that share the best priority, as of the last evaluation. */
  readonly best: Cell;

  /** Implemented priority bytes of each PRIORITYR, in halves. */
  readonly #priorityMask: Uint32Array;

  constructor(claim: CellClaim, index: number, implemented: bigint, level: bigint) {
    this.index = index;
    this.implementedLo = lowWord(implemented);
    this.implementedHi = highWord(implemented);
    this.levelLo = lowWord(level & implemented);
    this.levelHi = highWord(level & implemented);
    this.enable = claim.register(`ICH_PPI_ENABLER${index}_EL2`);
    this.active = claim.register(`ICH_PPI_ACTIVER${index}_EL2`);
    this.pend = claim.register(`ICH_PPI_PENDR${index}_EL2`);
    this.dvi = claim.register(`ICH_PPI_DVIR${index}_EL2`);
    this.physical = claim.cell(`physicalPpis${index}`);
    const first = index * PRIORITY_REGISTERS;
    this.priority = Array.from({ length: PRIORITY_REGISTERS }, (_, n) =>
      claim.register(`ICH_PPI_PRIORITYR${first + n}_EL2`),
    );
    this.pendingNow = claim.register(`ICC_PPI_SPENDR${index}_EL1`);
    this.best = claim.cell(`bestCandidates${index}`);
    this.#priorityMask = Uint32Array.from({ length: 2 * PRIORITY_REGISTERS }, (_, half) => {
      let mask = 0;
      for (let byte = 0; byte < 4; byte++)
        if ((implemented >> BigInt(4 * half + byte)) & 1n) mask |= PRIORITY_BYTE << (8 * byte);
      return mask;
    });
  }

  get firstPpi(): number {
    return this.index * PPIS_PER_BANK;
  }

  isImplemented(bit: number): boolean {
    return (((bit < 32 ? this.implementedLo : this.implementedHi) >>> (bit & 31)) & 1) !== 0;
  }

  isLevel(bit: number): boolean {
    return (((bit < 32 ? this.levelLo : this.levelHi) >>> (bit & 31)) & 1) !== 0;
  }

  priorityOf(bit: number): number {
    const register = this.priority[bit >>> 3];
    if (register === undefined) throw new RangeError(`PPI bit ${bit} is outside 0 … 63`);
    return ((bit & 4 ? register.hi : register.lo) >>> (8 * (bit & 3))) & PRIORITY_BYTE;
  }

  setEnable(lo: number, hi: number): void {
    this.enable.set(lo & this.implementedLo, hi & this.implementedHi);
  }

  setActive(lo: number, hi: number): void {
    this.active.set(lo & this.implementedLo, hi & this.implementedHi);
  }

  setPend(lo: number, hi: number): void {
    this.pend.set(lo & this.implementedLo, hi & this.implementedHi);
  }

  setDvi(lo: number, hi: number): void {
    this.dvi.set(lo & this.implementedLo, hi & this.implementedHi);
  }

  /** `n` is 0 … 7, the index within this bank. Bits 7:5 of each byte are dropped. */
  setPriority(n: number, lo: number, hi: number): void {
    const mask = this.#priorityMask;
    this.priority[n]?.set(lo & (mask[2 * n] ?? 0), hi & (mask[2 * n + 1] ?? 0));
  }

  /** Sets or clears pending bits of edge PPIs, where they live: in the physical PPI when direct injection is on (§4.1). */
  changeEdges(lo: number, hi: number, pending: boolean): void {
    const edgeLo = lo & this.implementedLo & ~this.levelLo;
    const edgeHi = hi & this.implementedHi & ~this.levelHi;
    if ((edgeLo | edgeHi) === 0) return;
    const { dvi, pend, physical } = this;
    change(pend, edgeLo & ~dvi.lo, edgeHi & ~dvi.hi, pending);
    change(physical, edgeLo & dvi.lo, edgeHi & dvi.hi, pending);
  }
}

function change(cell: Cell, lo: number, hi: number, on: boolean): void {
  if (on) cell.set(cell.lo | lo, cell.hi | hi);
  else cell.set(cell.lo & ~lo, cell.hi & ~hi);
}
