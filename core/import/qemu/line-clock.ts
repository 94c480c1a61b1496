/**
 * Times of lines as nanoseconds since the start of the trace, whatever mixture of prefixes the file has.
 *
 * The first time stamp is the origin. A line without one gets the time of the line before; while a file has shown no
 * time stamp at all, each line is one nanosecond, so that order remains visible (`isCounted`: distances are no time).
 */
import { type Prefix } from './prefix.ts';

const SECOND = 1_000_000_000;
/** Later times would not be exact integers: 104 days after the first line. */
const LATEST = Number.MAX_SAFE_INTEGER;

export class LineClock {
  /** ISO form of the first time stamp; undefined while there is none. */
  origin: string | undefined;
  #seconds = 0;
  #nanos = 0;
  #offset = 0;
  #last = -1;

  /** Whether times are mere line counts. */
  get isCounted(): boolean {
    return this.origin === undefined;
  }

  /** The clock at time 0, in nanoseconds; undefined while there was no time stamp. */
  get zero(): bigint | undefined {
    if (this.isCounted) return undefined;
    return BigInt(this.#seconds) * 1_000_000_000n + BigInt(this.#nanos - this.#offset);
  }

  timeOf(prefix: Prefix, hasTime: boolean): number {
    if (!hasTime) return (this.#last = this.isCounted ? this.#last + 1 : this.#last);
    if (this.origin === undefined) this.#start(prefix);
    const time = (prefix.seconds - this.#seconds) * SECOND + (prefix.nanos - this.#nanos) + this.#offset;
    // A clock that was set back is the sink's business; before the origin there is nothing.
    this.#last = Math.min(Math.max(time, 0), LATEST);
    return this.#last;
  }

  #start({ seconds, nanos }: Prefix): void {
    this.#seconds = seconds;
    this.#nanos = nanos;
    this.#offset = this.#last + 1;
    const second = new Date(seconds * 1000);
    this.origin = Number.isNaN(second.getTime())
      ? `${seconds}.${String(nanos).padStart(9, '0')}`
      : `${second.toISOString().slice(0, 19)}.${fraction(nanos)}Z`;
  }
}

/** Six digits, or nine where there are that many. */
function fraction(nanos: number): string {
  const nine = String(nanos).padStart(9, '0');
  return nine.endsWith('000') ? nine.slice(0, 6) : nine;
}
