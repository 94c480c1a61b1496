/**
 * An exception that a CPU takes is several lines of `-d int`, without a CPU in any but the first: they are one event, that
 * of the first line. Lines of events may stand between, for a hypervisor call even must.
 *
 * Where another exception begins before the first is complete, whose further lines are whose is not known: they belong
 * to the later event and say nothing. Kept in the event's line: c and d exception levels, e the syndrome's low word,
 * v and w program counters before and after, t the fault address; `f` says which of them are known.
 */
import { type Said } from './said.ts';
import { type TraceLine, u64 } from './trace-line.ts';

export const KNOWN = { levels: 1, syndrome: 2, from: 4, to: 8 } as const;

/** Lines after the first within which its parts come; the emulator prints them at once. */
const FARTHEST = 16;

type Part = (event: Said, part: TraceLine) => void;

const setLevels: Part = (event, { a, b }) => {
  event.c = a;
  event.d = b;
  event.f |= KNOWN.levels;
};
const setSyndrome: Part = (event, { vLo }) => {
  event.e = vLo;
  event.f |= KNOWN.syndrome;
};
const setAddress: Part = (event, { vLo, vHi }) => {
  event.t = `0x${u64(vLo, vHi).toString(16)}`;
};
const setFrom: Part = (event, { vLo, vHi }) => {
  event.setV(vLo, vHi);
  event.f |= KNOWN.from;
};
const setTo: Part = (event, { vLo, vHi }) => {
  event.setW(vLo, vHi);
  event.f |= KNOWN.to;
};
const nothing: Part = () => {};

/** What a part adds to the event. */
const PARTS: ReadonlyMap<string, Part> = new Map([
  ['...from', setLevels],
  ['...with ESR', setSyndrome],
  ['...with FAR', setAddress],
  ['...with SPSR', nothing],
  ['...with ELR', setFrom],
  ['...to', setTo],
  ['...handled as', nothing],
]);
const LAST: ReadonlySet<string> = new Set(['...to', '...handled as']);

export class Exceptions {
  #event: TraceLine | undefined;
  #isMixed = false;

  /** True: the line is part of the event before. False: it is an event; an exception waits for its parts. */
  take(line: TraceLine): boolean {
    const event = this.#event;
    const part = PARTS.get(line.name);
    if (part !== undefined) {
      if (event === undefined) return false;
      if (!this.#isMixed) part(event.said, line);
      if (LAST.has(line.name)) this.close();
      return true;
    }
    if (line.name !== 'Taking exception') return false;
    this.close();
    this.#isMixed = event !== undefined;
    this.#event = line;
    line.said = line.said.copy();
    line.isPartial = true;
    return false;
  }

  /** A line of this number came: what waits longer has no more parts. */
  passed(line: number): void {
    if (this.#event !== undefined && line - this.#event.line > FARTHEST) this.close();
  }

  /** No more parts come. */
  close(): void {
    if (this.#event !== undefined) this.#event.isPartial = false;
    this.#event = undefined;
    this.#isMixed = false;
  }
}
