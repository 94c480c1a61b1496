/**
 * The SPIs and LPIs of a recorded IRS, and the best candidate of each PE (gicv5-spi-lpi-behaviour §2 … §7.1). A recording
 * shows no guest memory, so entries are kept by number instead of in tables; what an instruction, a wire or an acknowledge
 * does to an entry, and which of two candidates comes first, is the emulator's.
 *
 * Invariant: `#ready` holds per PE exactly the candidates that are routed to it.
 * Cost: an operation looks at the candidates of one PE, which are few.
 */
import { type Candidate, NOBODY, precedes } from '../../../gic/v5/irs/candidates.ts';
import {
  ACTIVE,
  activated,
  iaffidOf,
  icsrOf,
  isCandidate,
  istTypeOf,
  PENDING,
  priorityOf,
  retriggered,
  sampled,
  withBit,
} from '../../../gic/v5/irs/iste.ts';
import { istOperation } from '../../../gic/v5/irs/operations.ts';

/** An SPI or LPI: its entry's word, and what an SPI has beside it. */
interface Shared {
  readonly intid: number;
  word: number;
  wire: boolean;
  isLevelTriggered: boolean;
}

/** What a record shows of an SPI. */
export interface SpiState {
  readonly wire: boolean;
  readonly pending: boolean;
  readonly active: boolean;
}

/** Fields that commands set, and the instructions that set them. */
const COMMANDS = {
  enabled: (value: number) => (value === 0 ? istOperation('GIC CDDIS') : istOperation('GIC CDEN')),
  priority: () => istOperation('GIC CDPRI'),
  handling: () => istOperation('GIC CDHM'),
  target: () => istOperation('GIC CDAFF'),
  pending: () => istOperation('GIC CDPEND'),
} as const;
export type Command = keyof typeof COMMANDS;
const DEACTIVATE = istOperation('GIC CDDI');
/** Of the recorded model (IRS_IDR0, IRS_IDR1). */
const RULES = { priorityMask: 0x1f, oneOfN: false };
/** ICC_ICSR_EL1.F alone. */
const FAILED = icsrOf(undefined);

export class Irs {
  readonly #interrupts = new Map<number, Shared>();
  readonly #ready = new Map<number, Set<Shared>>();
  /** Among candidates of equal priority, the one that the recording names. */
  readonly #preferred = new Map<number, number>();
  isEnabled = false;

  // --- what happens ---------------------------------------------------------------------------------------------

  /** A command sets a field of an entry. */
  command(intid: number, field: Command, value: number): void {
    const shared = this.#interrupt(intid);
    this.#replace(shared, COMMANDS[field](value).apply(shared.word, value, RULES));
  }

  activate(intid: number): void {
    const shared = this.#interrupt(intid);
    this.#replace(shared, activated(shared.word));
  }

  deactivate(intid: number): void {
    const shared = this.#interrupt(intid);
    this.#replace(shared, DEACTIVATE.apply(shared.word, 0, RULES));
  }

  /** The wire moved. */
  wire(intid: number, high: boolean): void {
    const shared = this.#interrupt(intid);
    shared.wire = high;
    this.#replace(shared, sampled(shared.word, high, shared.isLevelTriggered));
  }

  /** IRS_SPI_CFGR.TM. */
  setTrigger(intid: number, isLevel: boolean): void {
    const shared = this.#interrupt(intid);
    if (shared.isLevelTriggered === isLevel) return;
    shared.isLevelTriggered = isLevel;
    this.#replace(shared, retriggered(shared.word, shared.wire, isLevel));
  }

  /** Takes over what a record shows of an SPI; a level-triggered one is pending exactly while its wire is high. */
  adopt(intid: number, { wire, pending, active }: SpiState): void {
    const shared = this.#interrupt(intid);
    Object.assign(shared, { wire, isLevelTriggered: wire === pending });
    this.#replace(shared, withBit(withBit(shared.word, PENDING, pending), ACTIVE, active));
  }

  // --- what it shows --------------------------------------------------------------------------------------------

  state(intid: number): SpiState {
    const { word, wire } = this.#interrupt(intid);
    return { wire, pending: (word & PENDING) !== 0, active: (word & ACTIVE) !== 0 };
  }

  isLevelTriggered(intid: number): boolean {
    return this.#interrupt(intid).isLevelTriggered;
  }

  priority(intid: number): number {
    return priorityOf(this.#interrupt(intid).word);
  }

  /** ICC_ICSR_EL1 as CDRCFG fills it (§4). */
  configuration(intid: number): bigint {
    return istTypeOf(intid) === undefined ? FAILED : icsrOf(this.#interrupt(intid).word);
  }

  /** The best candidate of a PE (§7.1). */
  candidate(pe: number): Candidate {
    if (!this.isEnabled) return NOBODY;
    let best = NOBODY;
    for (const { intid, word } of this.#readyOn(pe)) {
      const each = { intid, priority: priorityOf(word) };
      if (precedes(each, best)) best = each;
    }
    const preferred = this.#interrupts.get(this.#preferred.get(pe) ?? 0);
    const isTie =
      preferred !== undefined && this.#readyOn(pe).has(preferred) && priorityOf(preferred.word) === best.priority;
    return isTie ? { intid: preferred.intid, priority: best.priority } : best;
  }

  /** The order among equal priorities is the implementation's choice: takes over a choice that was recorded. */
  prefer(pe: number, intid: number): boolean {
    const chosen = this.#interrupts.get(intid);
    if (chosen === undefined || priorityOf(chosen.word) !== this.candidate(pe).priority) return false;
    if (!this.#readyOn(pe).has(chosen)) return false;
    this.#preferred.set(pe, intid);
    return true;
  }

  // --- inside ---------------------------------------------------------------------------------------------------

  #interrupt(intid: number): Shared {
    let found = this.#interrupts.get(intid);
    if (found === undefined) {
      found = { intid, word: 0, wire: false, isLevelTriggered: false };
      this.#interrupts.set(intid, found);
    }
    return found;
  }

  #replace(shared: Shared, word: number): void {
    this.#readyOn(iaffidOf(shared.word)).delete(shared);
    shared.word = word >>> 0;
    if (isCandidate(shared.word)) this.#readyOn(iaffidOf(shared.word)).add(shared);
  }

  #readyOn(pe: number): Set<Shared> {
    let ready = this.#ready.get(pe);
    if (ready === undefined) this.#ready.set(pe, (ready = new Set()));
    return ready;
  }
}
