/**
 * The handling of an interrupt as its guest does it: acknowledge, priority drop, deactivation (gicv5-cpuif-behaviour §4.3
 * … §4.5), of PPIs in the interface itself, of SPIs and LPIs in the entries of the domain that it reaches. Each is one
 * operation: state changes first, then the event, then one evaluation.
 */
import { type CpuInterface } from './cpu-interface.ts';
import { follow, lowestBit, NMI } from './evaluation.ts';
import { NO_HPPI_REASONS } from './events.ts';
import { istTypeOf } from './irs/iste.ts';
import { ID_MASK, isPpi } from './ppi.ts';
import { type Words } from './words.ts';

/** Highest number that CDDI takes for a PPI, plus 1 (§4.5). */
const PPI_LIMIT = 128;

/** `GICR CDIA` and, with `wantNmi`, `GICR CDNMIA` (§4.3). */
export function acknowledge(c: CpuInterface, instruction: string, wantNmi: boolean, out: Words): void {
  const signal = c.signal.lo;
  const mismatch = signal !== 0 && (signal === NMI) !== wantNmi;
  if (signal === 0 || mismatch) {
    out.set(0, 0);
    const aprBefore = c.apr.lo;
    c.observer?.({
      kind: 'cpuif.ack',
      instruction,
      intid: 0,
      priority: undefined,
      aprBefore,
      aprAfter: aprBefore,
      pendingCleared: false,
      reasonZero: mismatch ? 'nmiMismatch' : (NO_HPPI_REASONS[c.reason.lo] ?? 'none'),
    });
    return;
  }
  const { lo, hi } = c.hppir;
  out.set(lo, hi);
  if (isPpi(lo)) acknowledgePpi(c, instruction, lo);
  else acknowledgeShared(c, instruction, lo);
}

function acknowledgePpi(c: CpuInterface, instruction: string, intid: number): void {
  const ppi = intid & ID_MASK;
  const bank = c.banks[ppi >>> 6];
  if (bank === undefined) throw new Error(`HPPI ${ppi} is outside the implemented banks`);
  const bit = ppi & 63;
  const priority = bank.priorityOf(bit);
  const bitLo = bit < 32 ? 1 << bit : 0;
  const bitHi = bit < 32 ? 0 : 1 << (bit & 31);
  const aprBefore = raise(c, priority);
  bank.active.set(bank.active.lo | bitLo, bank.active.hi | bitHi);
  bank.changeEdges(bitLo, bitHi, false);
  tell(c, instruction, intid, priority, aprBefore, !bank.isLevel(bit));
  c.reevaluate('ack');
}

/** An SPI or LPI: its entry becomes active after the priority did (gicv5-spi-lpi-behaviour §7.3). */
function acknowledgeShared(c: CpuInterface, instruction: string, intid: number): void {
  const { domain, irsCandidate } = c;
  if (domain === undefined || irsCandidate === undefined)
    throw new Error(`HPPI 0x${intid.toString(16)} without an IRS`);
  const priority = irsCandidate.hi;
  const aprBefore = raise(c, priority);
  tell(c, instruction, intid, priority, aprBefore, domain.activate(intid));
  domain.settle(intid);
  follow(c, 'threshold');
}

/** Makes a priority active; the answer is what was active before. */
function raise(c: CpuInterface, priority: number): number {
  const before = c.apr.lo;
  c.apr.set(before | (1 << priority));
  return before;
}

function tell(
  c: CpuInterface,
  instruction: string,
  intid: number,
  priority: number,
  aprBefore: number,
  pendingCleared: boolean,
): void {
  c.observer?.({
    kind: 'cpuif.ack',
    instruction,
    intid,
    priority,
    aprBefore,
    aprAfter: c.apr.lo,
    pendingCleared,
    reasonZero: 'none',
  });
}

/** `GIC CDEOI`: drops the most urgent active priority, whichever interrupt it came from (§4.4). */
export function dropPriority(c: CpuInterface): void {
  const apr = c.apr.lo;
  const after = (apr & (apr - 1)) >>> 0;
  c.apr.set(after);
  c.observer?.({
    kind: 'cpuif.drop',
    priority: apr === 0 ? undefined : lowestBit(apr),
    aprBefore: apr,
    aprAfter: after,
  });
  if (after !== apr) follow(c, 'threshold');
}

/** `GIC CDDI`: clears the active bit of a PPI, active or not; bits 63:32 and 28:24 are ignored (§4.5). */
export function deactivate(c: CpuInterface, lo: number, hi: number): void {
  if (istTypeOf(lo >>> 0) !== undefined && c.domain?.deactivate(lo) === true) return;
  const id = lo & ID_MASK;
  const bank = isPpi(lo) && id < PPI_LIMIT ? c.banks[id >>> 6] : undefined;
  const reachable = bank !== undefined && bank.isImplemented(id & 63);
  const wasActive = reachable && bank.active.has(id & 63);
  if (wasActive) bank.active.put(id & 63, false);
  c.observer?.({
    kind: 'cpuif.deactivate',
    lo: lo >>> 0,
    hi: hi >>> 0,
    type: lo >>> 29,
    id,
    wasActive,
    effect: !reachable ? 'ignored' : wasActive ? 'cleared' : 'wasInactive',
  });
  if (wasActive) follow(c, 'candidates');
}
