/**
 * The lines that wait, in order, until it is known whose they are: a ring of pooled lines.
 *
 * A line leaves when nothing about it is open. The window is bounded: when it is full, the oldest line's question is
 * given up. 4096 lines are about 40 ms of a busy two-vCPU guest; the proofs that come later than their line come within
 * tens of lines.
 */
import { NO_PAGE } from '../source/page.ts';
import { ACTOR, TraceLine } from './trace-line.ts';

/** A power of two. */
const WINDOW_LINES = 4096;
/** The first few lines of the ring serve most of a log, so the next one in them is most often of the same page. */
const NEAR = 8;

export class Window {
  /** Lines are made when the window first gets that long, which most never do. */
  readonly #ring: (TraceLine | undefined)[];
  #head = 0;
  #count = 0;

  constructor(lines = WINDOW_LINES) {
    this.#ring = Array.from({ length: lines }, () => undefined);
  }

  /** A line to fill; it stays the same until `commit`. */
  get slot(): TraceLine {
    // Where nothing waits, the same few lines are used again, which are near.
    if (this.#count === 0) this.#head = 0;
    return (this.#ring[(this.#head + this.#count) & (this.#ring.length - 1)] ??= new TraceLine());
  }

  /** The filled line waits from now on. */
  commit(): void {
    this.#count++;
  }

  /** One more commit and there is no slot. */
  get isFull(): boolean {
    return this.#count === this.#ring.length - 1;
  }

  /** The oldest waiting line. */
  get oldest(): TraceLine | undefined {
    return this.#count === 0 ? undefined : this.#at(0);
  }

  /** Lets the oldest line go; it is reused, and keeps its page meanwhile if that is soon. */
  release(): void {
    const line = this.#at(0);
    line.action = undefined;
    if (this.#head >= NEAR) line.page = NO_PAGE;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#count--;
  }

  #at(offset: number): TraceLine {
    const line = this.#ring[(this.#head + offset) & (this.#ring.length - 1)];
    if (line === undefined) throw new RangeError('the window is empty');
    return line;
  }
}

/** Whether everything about a waiting line is known. */
export function isSettled(line: TraceLine): boolean {
  if (line.isPartial) return false;
  return line.isDead || line.subject !== ACTOR || line.action === undefined || !line.action.isOpen;
}
