/**
 * Text in which the buffers of single CPUs stand one behind the other (the files `per_cpu/cpuN/trace` in one), found by
 * its lines: each run is of one CPU, no CPU has two, and time goes back where one begins. Text of all CPUs shows itself
 * by a CPU that comes again, which most does within its first lines.
 *
 * Cost: a look at the CPU of each line; times are read where runs meet.
 */
import { isFirstLine, reasonFor } from './line-reasons.ts';
import { newTextLine, ornamentOf, readTextLine, type TextLine } from './text-line.ts';

/** Bytes of the text, from the first of its header on to the first of the next. */
export interface Run {
  readonly cpu: number;
  readonly start: number;
  readonly end: number;
}

/** More CPUs than this are merged by nobody. */
const MOST_RUNS = 1024;
/** Columns are within so many bytes. */
const FAR = 512;
/** Clocks of CPUs may differ by microseconds; behind a header any step back counts. */
const FAR_BACK = 1_000_000n;
const OPEN = 91;

interface Place {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export class Runs {
  /** A CPU came again, or the lines are of another kind: the text is no series of runs. */
  isMixed = false;
  readonly #starts: { readonly cpu: number; readonly start: number }[] = [];
  /** The first line behind the last event that belongs to no event. */
  #gap: number | undefined;
  #hasHeader = false;
  #goesBack = false;
  /** `[003]`, of the present run. */
  #mark = new Uint8Array();
  #last: Place | undefined;
  readonly #line: TextLine = newTextLine();

  /** The CPU of all lines; undefined: there are several, or none. */
  get only(): number | undefined {
    return this.isMixed || this.#starts.length > 1 ? undefined : this.#starts[0]?.cpu;
  }

  get count(): number {
    return this.#starts.length;
  }

  /** A line at this offset of the text. */
  take(offset: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.isMixed) return;
    const stop = Math.min(end, start + FAR);
    if (this.#isOfRun(bytes, start, stop)) {
      this.#last = { bytes, start, end: stop };
      this.#gap = undefined;
      this.#hasHeader = false;
      return;
    }
    const text = textOf({ bytes, start, end: stop });
    if (!readTextLine(text, this.#line) || this.#line.isPerf) this.#between(offset, text);
    else this.#event(offset, { bytes, start, end: stop });
  }

  /** The runs, where times show that they are to be merged; undefined: the text is in order as it is. */
  runs(size: number): readonly Run[] | undefined {
    if (this.isMixed || !this.#goesBack) return undefined;
    return this.#starts.map(({ cpu, start }, i) => ({ cpu, start, end: this.#starts[i + 1]?.start ?? size }));
  }

  /** Whether the line has the present run's CPU between its first brackets. */
  #isOfRun(bytes: Uint8Array, start: number, end: number): boolean {
    const mark = this.#mark;
    if (mark.length === 0) return false;
    let at = start;
    while (at < end && bytes[at] !== OPEN) at++;
    if (end - at < mark.length) return false;
    for (let i = 1; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false;
    return true;
  }

  #between(offset: number, text: string): void {
    if (this.#line.isPerf) this.isMixed = true;
    const plain = text.slice(ornamentOf(text));
    if (reasonFor(plain) === 'stack trace') return;
    this.#gap ??= offset;
    this.#hasHeader ||= isFirstLine(plain);
  }

  #event(offset: number, place: Place): void {
    const { cpu } = this.#line;
    const time = timeOf(this.#line);
    const before = this.#starts.at(-1);
    if (before?.cpu !== cpu) {
      const isAgain = this.#starts.some((run) => run.cpu === cpu);
      this.isMixed = isAgain || this.#starts.length === MOST_RUNS;
      const far = this.#hasHeader ? 0n : FAR_BACK;
      this.#goesBack ||= this.#last !== undefined && time + far < this.#timeAt(this.#last);
      this.#starts.push({ cpu, start: before === undefined ? 0 : (this.#gap ?? offset) });
      this.#mark = Buffer.from(`[${String(cpu).padStart(3, '0')}]`);
    }
    this.#last = place;
    this.#gap = undefined;
    this.#hasHeader = false;
  }

  #timeAt(place: Place): bigint {
    return readTextLine(textOf(place), this.#line) ? timeOf(this.#line) : 0n;
  }
}

/** Nanoseconds, or units of a clock that counts something else. */
export function timeOf({ isCount, count, seconds, nanos }: TextLine): bigint {
  return isCount ? count : BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

function textOf({ bytes, start, end }: Place): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', start, end);
}
