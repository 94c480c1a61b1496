/**
 * One line: what its text says (said.ts), when and where it stands, and what becomes known of it while it waits. Lines
 * are pooled: a log of 1e8 lines makes a few thousand of them.
 */
import { type Action } from './attribution/action.ts';
import { NO_PAGE, type Page } from '../source/page.ts';
import { type EventRow } from './events/row.ts';
import { NOTHING, type Said } from './said.ts';

/** `subject` of a line that names no vCPU: it is about the vCPU that acts. */
export const ACTOR = -2;
/** No vCPU, or none that anything proves. */
export const NOBODY = -1;

export class TraceLine {
  /** May be shared with other lines. */
  said: Said = NOTHING;
  /** 1-based. */
  line = 0;
  /** Nanoseconds since the start of the trace. */
  time = 0;
  /** Where the whole line is. */
  page: Page = NO_PAGE;
  start = 0;
  end = 0;
  /** Where the time stamp ends. */
  at = 0;
  /** vCPU that the line is about, where its text or place says so; else `ACTOR`. */
  subject = NOBODY;
  /** The action that it is part of. */
  action: Action | undefined;
  /** Further lines of the same event are still to come. */
  isPartial = false;
  /** Taken back: it became no event. */
  isDead = false;

  get row(): EventRow | undefined {
    return this.said.row;
  }

  get name(): string {
    return this.said.name;
  }

  get a(): number {
    return this.said.a;
  }

  get b(): number {
    return this.said.b;
  }

  get c(): number {
    return this.said.c;
  }

  get d(): number {
    return this.said.d;
  }

  get e(): number {
    return this.said.e;
  }

  get f(): number {
    return this.said.f;
  }

  get vLo(): number {
    return this.said.vLo;
  }

  get vHi(): number {
    return this.said.vHi;
  }

  get wLo(): number {
    return this.said.wLo;
  }

  get wHi(): number {
    return this.said.wHi;
  }

  get s(): string {
    return this.said.s;
  }

  get t(): string {
    return this.said.t;
  }

  /** The whole line. */
  get text(): string {
    return this.page.text(this.start, this.end);
  }

  /** Where the text after the event's name begins, from the start of the line. */
  get textStart(): number {
    return this.at - this.start + this.said.textAt;
  }
}

/** A 64-bit value from its halves. */
export function u64(lo: number, hi: number): bigint {
  return hi === 0 ? BigInt(lo) : (BigInt(hi) << 32n) | BigInt(lo);
}
