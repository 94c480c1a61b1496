/**
 * One line as fields. Lines are pooled: a log of 1e8 lines makes a few thousand of them.
 *
 * What each field means is the business of the event's row: `a` … `f` are integers, `v` and `w` 64-bit values as two
 * unsigned halves, `s` and `t` text.
 */
import { type Action } from './attribution/action.ts';
import { NO_PAGE, type Page } from '../source/page.ts';
import { type EventRow } from './events/row.ts';

/** `subject` of a line that names no vCPU: it is about the vCPU that acts. */
export const ACTOR = -2;
/** No vCPU, or none that anything proves. */
export const NOBODY = -1;

export class TraceLine {
  row: EventRow | undefined;
  /** 1-based. */
  line = 0;
  /** Nanoseconds since the start of the trace. */
  time = 0;
  /** Where the whole line is. */
  page: Page = NO_PAGE;
  start = 0;
  end = 0;
  /** Where the text after the event's name begins, from the start of the line. */
  textStart = 0;
  /** The event's name; for events without a row. */
  name = '';
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  e = 0;
  f = 0;
  vLo = 0;
  vHi = 0;
  wLo = 0;
  wHi = 0;
  s = '';
  t = '';
  /** vCPU that the line is about, where its text or place says so; else `ACTOR`. */
  subject = NOBODY;
  /** The action that it is part of. */
  action: Action | undefined;
  /** Further lines of the same event are still to come. */
  isPartial = false;
  /** Taken back: it became no event. */
  isDead = false;

  /** The whole line. */
  get text(): string {
    return this.page.text(this.start, this.end);
  }
}

/** Empties the fields that patterns fill, so that lines in the same words have the same fields. */
export function clear(line: TraceLine): void {
  line.a = 0;
  line.b = 0;
  line.c = 0;
  line.d = 0;
  line.e = 0;
  line.f = 0;
  line.vLo = 0;
  line.vHi = 0;
  line.wLo = 0;
  line.wHi = 0;
  line.s = '';
  line.t = '';
}

/** A 64-bit value from its halves. */
export function u64(lo: number, hi: number): bigint {
  return hi === 0 ? BigInt(lo) : (BigInt(hi) << 32n) | BigInt(lo);
}
