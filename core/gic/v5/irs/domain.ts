/**
 * One interrupt domain: SPIs and LPIs in their tables, and the candidate that each PE is sent
 * (gicv5-spi-lpi-behaviour §4 … §7). The physical domain of a machine and the virtual domain of a VM are both one.
 *
 * Kept here: an index of candidates over the tables' entries. All state is in the entries. Invariant: whenever a
 * method returns, every PE that is connected has been sent the best candidate (`offer` is called on a change; whoever
 * connects a PE asks `best`).
 *
 * 1-of-N (§2, physical only): the best such candidate goes to one PE at a time, the eligible one whose own candidate is
 * least urgent, the lowest affinity on a tie. Which PE is chosen is implementation defined; this rule is deterministic.
 */
import { type Journal } from '../../../state/journal.ts';
import { type Candidate, Candidates, NOBODY, precedes } from './candidates.ts';
import { type IrsEvent } from './events.ts';
import { type Ist } from './ist.ts';
import {
  activated,
  iaffidOf,
  intidOf,
  type IstType,
  istTypeOf,
  LEVEL,
  LPI,
  NUMBER_MASK,
  ONE_OF_N,
  SPI,
} from './iste.ts';
import { intidOfOperand, type IstOperation, istOperation, type OperationRules } from './operations.ts';

/** Where a domain's tables and PEs are. */
export interface DomainParts extends OperationRules {
  /** The table of a type, or undefined while there is none. The same object as long as the table is the same. */
  ist(type: IstType): Ist | undefined;
  /** Takes the best candidate of a PE; says itself what changed. */
  offer(iaffid: number, candidate: Candidate): void;
  /** Affinities of the PEs that take 1-of-N interrupts. */
  eligible(): readonly number[];
  emit(event: IrsEvent): void;
}

const DEACTIVATE = istOperation('GIC CDDI');

export class Domain {
  readonly #journal: Journal;
  readonly #parts: DomainParts;
  readonly #candidates = new Candidates();
  /** The tables that the index was made from. */
  #lpis: Ist | undefined;
  #spis: Ist | undefined;
  #rewinds: number;

  constructor(journal: Journal, parts: DomainParts) {
    this.#journal = journal;
    this.#parts = parts;
    this.#rewinds = journal.rewinds;
  }

  /** The entry's word; undefined when there is none. */
  word(intid: number): number | undefined {
    const type = istTypeOf(intid);
    return type === undefined ? undefined : this.#parts.ist(type)?.read(intid & NUMBER_MASK);
  }

  // --- instructions -----------------------------------------------------------------------------------------------

  /**
   * A GIC instruction on an entry; false when it had no effect because there is none. Told as `gic.cd`, or by `report`.
   */
  perform(operation: IstOperation, lo: number, hi: number, report?: () => void): boolean {
    const intid = intidOfOperand(lo);
    const before = this.#wordFor(operation.name, intid);
    if (before === undefined) return false;
    const argument = operation.argument(lo, hi);
    const after = operation.apply(before, argument, this.#parts) >>> 0;
    this.#store(intid, before, after);
    const { name: instruction, what } = operation;
    if (report !== undefined) report();
    else this.#parts.emit({ kind: 'gic.cd', instruction, intid, what, value: argument, before, after });
    this.#follow(before, after);
    return true;
  }

  deactivate(lo: number): boolean {
    return this.perform(DEACTIVATE, lo, 0);
  }

  /** CDRCFG: the entry's word; undefined when the read fails. */
  configuration(lo: number): number | undefined {
    return this.#wordFor('GIC CDRCFG', intidOfOperand(lo));
  }

  // --- acknowledge ------------------------------------------------------------------------------------------------

  /**
   * Active becomes 1, Pending 0 if the handling mode is edge (§6 rule 1). Gives whether Pending was cleared. The caller
   * reports the acknowledge and then calls `settle`.
   */
  activate(intid: number): boolean {
    const before = this.word(intid);
    if (before === undefined) throw new Error(`a candidate without entry: 0x${intid.toString(16)}`);
    this.#store(intid, before, activated(before));
    return (before & LEVEL) === 0;
  }

  /** Recomputes the candidate after an `activate`. */
  settle(intid: number): void {
    const word = this.word(intid);
    if (word !== undefined) this.#offerFor(word);
  }

  // --- entries as such --------------------------------------------------------------------------------------------

  /** Replaces an entry's word, as a wire event or a restore does; false when there is no entry. */
  replace(intid: number, after: number): boolean {
    const before = this.word(intid);
    if (before === undefined) return false;
    this.#store(intid, before, after >>> 0);
    this.#follow(before, after >>> 0);
    return true;
  }

  /** A table came, went, or was written by others: the index is built anew. Offers nothing. */
  reindex(): void {
    this.#rewinds = this.#journal.rewinds;
    this.#candidates.clear();
    this.#lpis = this.#parts.ist(LPI);
    this.#spis = this.#parts.ist(SPI);
    for (const [type, ist] of [
      [LPI, this.#lpis],
      [SPI, this.#spis],
    ] as const)
      ist?.forEach((number, word) => this.#candidates.update(intidOf(type, number), 0, word));
  }

  // --- selection --------------------------------------------------------------------------------------------------

  /** The best candidate of a PE. */
  best(iaffid: number): Candidate {
    this.#refresh();
    const own = this.#candidates.targeted(iaffid);
    const shared = this.#candidates.oneOfN();
    if (shared.intid === 0 || !precedes(shared, own)) return own;
    return this.#takerOf() === iaffid ? shared : own;
  }

  /** The PE that the best 1-of-N candidate goes to; undefined: nobody takes it. */
  #takerOf(): number | undefined {
    let taker: number | undefined;
    let least: Candidate = NOBODY;
    for (const iaffid of this.#parts.eligible().toSorted((a, b) => a - b)) {
      const own = this.#candidates.targeted(iaffid);
      if (
        taker === undefined ||
        (own.intid === 0 ? least.intid !== 0 : least.intid !== 0 && own.priority > least.priority)
      ) {
        taker = iaffid;
        least = own;
      }
    }
    return taker;
  }

  /** Offers the best candidate anew to a PE. */
  recalculate(iaffid: number): void {
    this.#parts.offer(iaffid, this.best(iaffid));
  }

  #follow(before: number, after: number): void {
    if (before === after) return;
    this.#offerFor(before);
    if (iaffidOf(after) !== iaffidOf(before) || ((before ^ after) & ONE_OF_N) !== 0) this.#offerFor(after);
  }

  #offerFor(word: number): void {
    if (!this.#parts.oneOfN) {
      this.recalculate(iaffidOf(word));
      return;
    }
    // A change of any candidate can move a 1-of-N one to another PE.
    const targets = new Set([...this.#parts.eligible(), ...((word & ONE_OF_N) === 0 ? [iaffidOf(word)] : [])]);
    for (const iaffid of targets) this.recalculate(iaffid);
  }

  #wordFor(instruction: string, intid: number): number | undefined {
    const word = this.word(intid);
    if (word === undefined)
      this.#parts.emit({
        kind: 'gic.cd.ignored',
        instruction,
        intid,
        reason: istTypeOf(intid) === undefined ? 'reservedType' : 'noEntry',
      });
    return word;
  }

  #store(intid: number, before: number, after: number): void {
    if (before === after) return;
    this.#refresh();
    const type = istTypeOf(intid);
    if (type !== undefined) this.#parts.ist(type)?.write(intid & NUMBER_MASK, after);
    this.#candidates.update(intid, before, after);
  }

  #refresh(): void {
    const moved =
      this.#rewinds !== this.#journal.rewinds ||
      this.#lpis !== this.#parts.ist(LPI) ||
      this.#spis !== this.#parts.ist(SPI);
    if (moved) this.reindex();
  }
}
