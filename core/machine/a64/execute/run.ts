/**
 * The run loop. It leaves its inner loop at a page's end, at a branch to another page, and when an instruction asks
 * for attention; so what costs time per instruction is one array load, one call and four compares.
 *
 * An interrupt's entry counts as one instruction, and so does one that faults or traps: a run always ends.
 */
import { type Core } from './core.ts';
import { type Exception } from './exception.ts';
import { type Op } from './op.ts';
import { ATTENTION } from './signals.ts';
import { FAULT, type Hint } from './system.ts';
import { deliverable, raiseAtFetch, takeInterrupt } from './take.ts';

/** Why a run ended. */
export type Stop =
  /** As many instructions as asked for were executed. */
  | { readonly kind: 'limit' }
  /** The next instruction is at a breakpoint. A run that starts there executes it. */
  | { readonly kind: 'breakpoint'; readonly address: bigint }
  /** Somebody called `kick`. */
  | { readonly kind: 'kick' }
  /** WFI or WFE suspends the core; the PC is behind it. */
  | { readonly kind: 'wait'; readonly hint: Hint }
  /** The hypervisor must act: PC at the instruction (behind an HVC), nothing else changed. */
  | { readonly kind: 'trap'; readonly exception: Exception };

const LIMIT: Stop = { kind: 'limit' };
const KICKED: Stop = { kind: 'kick' };
const PAGE_MASK = ~4095;

/** Executes at most `maxInstructions`; `executed(core)` says how many it was. */
export function run(core: Core, maxInstructions: number): Stop {
  let left = Math.max(0, Math.floor(maxInstructions));
  const start = left;
  core.stop = undefined;
  core.attention |= ATTENTION.INTERRUPT;
  let isFirst = true;
  for (;;) {
    if (core.attention !== 0) {
      const stop = attend(core);
      if (stop !== undefined) return finish(core, start - left, stop);
    }
    if (left <= 0) return finish(core, start, LIMIT);
    if (core.attention !== 0) left = interrupt(core, left);
    else {
      const page = pageAt(core);
      if (page === undefined) left--;
      else if (core.breakpoints.size !== 0 && core.breakpoints.hasOnPage(pageNumber(core))) {
        if (!isFirst && core.breakpoints.has(core.pcValue))
          return finish(core, start - left, { kind: 'breakpoint', address: core.pcValue });
        left = runPage(core, page, left, 1);
      } else left = runPage(core, page, left, left);
    }
    isFirst = false;
  }
}

/** At most `count` instructions of one page; the answer is what is left of `left`. */
function runPage(core: Core, page: readonly Op[], left: number, count: number): number {
  const base = core.pc & PAGE_MASK;
  let todo = count;
  do {
    const { pc } = core;
    const op = page[(pc & 4095) >>> 2];
    if (op === undefined) break;
    core.pc = (pc + 4) | 0;
    op(core);
    todo--;
  } while (todo > 0 && core.attention === 0 && ((core.pc ^ base) & PAGE_MASK) === 0);
  return left - (count - todo);
}

/** Deals with everything but interrupts to take; a stop ends the run. */
function attend(core: Core): Stop | undefined {
  const { attention } = core;
  if (attention & ATTENTION.STOP) {
    core.attention &= ~ATTENTION.STOP;
    return core.stop;
  }
  if (attention & ATTENTION.KICK) {
    core.attention &= ~ATTENTION.KICK;
    return KICKED;
  }
  // A fault before the next instruction is found below, by fetching; interrupts come first.
  core.attention = deliverable(core) === undefined ? 0 : ATTENTION.INTERRUPT;
  return undefined;
}

function interrupt(core: Core, left: number): number {
  core.attention &= ~ATTENTION.INTERRUPT;
  const kind = deliverable(core);
  if (kind !== undefined) takeInterrupt(core, kind);
  return left - 1;
}

/** The operations of the page under the PC; undefined when fetching raised an exception. */
function pageAt(core: Core): readonly Op[] | undefined {
  if (core.illegal) {
    raiseAtFetch(core, 'illegalState', 0);
    return undefined;
  }
  if ((core.pc & 3) !== 0) {
    raiseAtFetch(core, 'pcAlignment', 0);
    return undefined;
  }
  const offset = core.ram.offsetOf(core.pc, core.pcHi, 4);
  if (offset < 0) {
    raiseAtFetch(core, 'instructionAbort', FAULT.EXTERNAL);
    return undefined;
  }
  return core.code.page(offset & PAGE_MASK);
}

const pageNumber = (core: Core): number => (core.pcHi >>> 0) * 2 ** 20 + (core.pc >>> 12);

function finish(core: Core, count: number, stop: Stop): Stop {
  core.executed = count;
  core.total += count;
  return stop;
}
