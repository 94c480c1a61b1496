/**
 * Evaluation of the CPU interface (gicv5-cpuif-behaviour §3): from stored state and inputs to pending bits, best
 * candidates, HPPI and signals. The results are slots; the invariant that they agree with the rest is kept by calling
 * `follow` after every change, with no more than the change can have moved.
 *
 * Cost: a dozen typed-array reads, a step per pending and enabled PPI, and writes of what changed.
 */
import { type Bank } from './bank.ts';
import { type CpuInterface } from './cpu-interface.ts';
import { NO_HPPI_REASONS, type PendingCause } from './events.ts';
import { PPI_TYPE } from './ppi.ts';
import { forEachBit } from './words.ts';

/** What a change can have moved, from the inside out: pending bits, the choice of candidates, the final tests. */
export type Affected = 'pending' | 'candidates' | 'threshold' | 'nothing';

export const SIGNALS = ['none', 'irq', 'nmi'] as const;
const IRQ = 1;
export const NMI = 2;

const DISABLED = NO_HPPI_REASONS.indexOf('disabled');
const NO_CANDIDATE = NO_HPPI_REASONS.indexOf('noCandidate');
const MASKED = NO_HPPI_REASONS.indexOf('masked');
const RUNNING_PRIORITY = NO_HPPI_REASONS.indexOf('runningPriority');
/** Less urgent than every priority. */
const NO_PRIORITY = 32;
/** Bit 32 of HPPIR and of an acknowledge result. */
const VALID_HI = 1;
const NO_TIE: readonly number[] = [];

/** Re-evaluates as much as a change of this kind can have moved, and reports what did move. */
export function follow(c: CpuInterface, affects: Affected, cause: PendingCause = 'el2write'): void {
  switch (affects) {
    case 'nothing':
      return;
    case 'threshold':
      concludeFromBest(c);
      return;
    case 'candidates':
      select(c);
      return;
    case 'pending':
      for (const bank of c.banks) updatePending(c, bank, cause);
      select(c);
      return;
  }
}

function updatePending(c: CpuInterface, bank: Bank, cause: PendingCause): void {
  const { dvi, pend, physical, pendingNow } = bank;
  const lo = ((pend.lo & ~dvi.lo) | (physical.lo & dvi.lo)) & bank.implementedLo;
  const hi = ((pend.hi & ~dvi.hi) | (physical.hi & dvi.hi)) & bank.implementedHi;
  if (pendingNow.lo === lo >>> 0 && pendingNow.hi === hi >>> 0) return;
  if (c.observer === undefined) pendingNow.set(lo, hi);
  else reportPending(c, bank, lo, hi, cause);
}

/** Writes the pending bitmap one PPI at a time, so that each change is owned by its own event. */
function reportPending(c: CpuInterface, bank: Bank, lo: number, hi: number, cause: PendingCause): void {
  const cell = bank.pendingNow;
  forEachBit(cell.lo ^ lo, cell.hi ^ hi, (bit) => {
    const after = (((bit < 32 ? lo : hi) >>> (bit & 31)) & 1) !== 0;
    cell.put(bit, after);
    c.observer?.({ kind: 'cpuif.pending', ppi: bank.firstPpi + bit, before: !after, after, cause });
  });
}
/** Finds the best candidates among what is pending, and concludes. */
function select(c: CpuInterface): void {
  const mark = c.journal.count;
  let best = -1;
  let bestPriority = NO_PRIORITY;
  for (const bank of c.banks) {
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
    if (bank.index > 0 && best >= bank.firstPpi) c.banks[0]?.best.set(0, 0);
    bank.best.set(bestLo, bestHi);
  }
  conclude(c, best, bestPriority, mark);
}

/** Concludes again from the best candidates of the last selection. */
function concludeFromBest(c: CpuInterface): void {
  const mark = c.journal.count;
  for (const bank of c.banks) {
    const { lo, hi } = bank.best;
    if ((lo | hi) === 0) continue;
    const bit = lo !== 0 ? lowestBit(lo) : 32 + lowestBit(hi);
    conclude(c, bank.firstPpi + bit, bank.priorityOf(bit), mark);
    return;
  }
  conclude(c, -1, NO_PRIORITY, mark);
}

function conclude(c: CpuInterface, bestPpi: number, ppiPriority: number, mark: number): void {
  let best = bestPpi < 0 ? 0 : PPI_TYPE | bestPpi;
  let priority = ppiPriority;
  const irs = c.irsCandidate;
  // A PPI wins a tie (gicv5-spi-lpi-behaviour §7.2).
  if (irs !== undefined && irs.lo !== 0 && irs.hi < ppiPriority) {
    best = irs.lo;
    priority = irs.hi;
  }
  let reason = 0;
  if (!c.enabled) reason = DISABLED;
  else if (best === 0) reason = NO_CANDIDATE;
  else if (priority > c.priorityMask) reason = MASKED;
  else if (priority >= c.runningPriority) reason = RUNNING_PRIORITY;
  const valid = reason === 0;
  const { observer } = c;
  const before = c.hppir.lo;
  c.reason.set(reason);
  c.hppir.set(valid ? best : 0, valid ? VALID_HI : 0);
  if (observer !== undefined && c.journal.count !== mark)
    observer({
      kind: 'cpuif.hppi',
      before,
      after: c.hppir.lo,
      candidate: best,
      priority: best === 0 ? undefined : priority,
      reason: NO_HPPI_REASONS[reason] ?? 'none',
      tie: best === bestPpi + PPI_TYPE ? tie(c, priority) : NO_TIE,
    });
  const signal = valid ? (priority === 0 && c.nmiEnabled.flag ? NMI : IRQ) : 0;
  if (signal === c.signal.lo) return;
  c.signal.set(signal);
  observer?.({ kind: 'cpuif.signal', irq: signal === IRQ, nmi: signal === NMI });
}

/** Identifiers of the candidates that have this priority, of which a PPI is the best, when there are two or more. */
function tie(c: CpuInterface, priority: number): readonly number[] {
  const irs = c.irsCandidate;
  const shared = irs !== undefined && irs.lo !== 0 && irs.hi === priority ? irs.lo : 0;
  if (shared === 0 && isOneBit(c)) return NO_TIE;
  const intids: number[] = [];
  for (const { best, firstPpi } of c.banks)
    forEachBit(best.lo, best.hi, (bit) => intids.push(PPI_TYPE | (firstPpi + bit)));
  if (shared !== 0) intids.push(shared);
  return intids;
}

/** Only one PPI has the best priority. */
function isOneBit({ banks }: CpuInterface): boolean {
  let words = 0;
  for (const { best } of banks) {
    const { lo, hi } = best;
    if ((lo & (lo - 1)) !== 0 || (hi & (hi - 1)) !== 0) return false;
    words += (lo === 0 ? 0 : 1) + (hi === 0 ? 0 : 1);
  }
  return words === 1;
}

/** Number of the lowest set bit of a word that is not 0. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
