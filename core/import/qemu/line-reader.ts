/**
 * One text line to one `TraceLine`, or the reason why not. Nothing is dropped in silence: what is no event comes back
 * with a reason that the user sees counted.
 */
import { type EventRow } from './events/row.ts';
import { eventRow } from './events/table.ts';
import { match } from './pattern.ts';
import { Prefix } from './prefix.ts';
import { LineClock } from './line-clock.ts';
import { type TraceLine } from './trace-line.ts';

/** More different unknown names than this are no event names any more, but prose or noise. */
export const MOST_UNKNOWN_NAMES = 1000;

export const SKIPPED = {
  empty: 'empty line',
  long: 'line longer than 1 MiB',
  binary: 'not text',
  exception: 'exception log (-d int)',
  prose: 'text without an event name',
  tooMany: `more than ${MOST_UNKNOWN_NAMES} different unknown event names`,
} as const;

/** How `-d int` lines begin. */
const EXCEPTION_STARTS = ['Taking exception ', 'Exception return from ', '...'] as const;

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const NOT_TEXT = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/;

export class LineReader {
  readonly clock = new LineClock();
  readonly #prefix = new Prefix();
  readonly #unknown = new Map<string, string>();
  /** Event name of the last line read, if it had one; counted whatever became of the line. */
  name: string | undefined;

  /** Fills `into`, or gives the reason why the line is no event. */
  read(text: string, line: number, into: TraceLine): string | undefined {
    this.name = undefined;
    const prefix = this.#prefix;
    const hasTime = prefix.read(text);
    into.time = this.clock.timeOf(prefix, hasTime);
    into.line = line;
    into.text = text;
    const start = prefix.length;
    const end = wordEnd(text, start);
    if (end === start) return this.#reasonFor(text, start);
    const next = text.charCodeAt(end);
    const isMessage = next === 58;
    if (!isMessage && next !== 32 && end !== text.length) return this.#reasonFor(text, start);
    const word = text.slice(start, end);
    const row = eventRow(word);
    if (row !== undefined && !isMessage) return this.#known(row, text, end, into);
    return this.#other(row?.name ?? word, text, isMessage ? end + 1 : end, into);
  }

  #known(row: EventRow, text: string, end: number, into: TraceLine): string | undefined {
    this.name = row.name;
    for (const pattern of row.patterns)
      if (match(pattern, text, end + 1, into) && row.accepts?.(into) !== false) {
        into.row = row;
        into.name = row.name;
        return undefined;
      }
    return `text of ${row.name} not understood`;
  }

  /** An event that is not in the table, or a message of the emulator under a function's name. */
  #other(word: string, text: string, end: number, into: TraceLine): string | undefined {
    if (!word.includes('_')) return this.#reasonFor(text, this.#prefix.length);
    let name = this.#unknown.get(word);
    if (name === undefined) {
      if (this.#unknown.size >= MOST_UNKNOWN_NAMES) return SKIPPED.tooMany;
      // A copy: a slice would keep the whole piece of the file that it was cut from.
      name = Buffer.from(word).toString();
      this.#unknown.set(name, name);
    }
    this.name = name;
    into.row = undefined;
    into.name = name;
    into.textStart = Math.min(end + 1, text.length);
    return undefined;
  }

  #reasonFor(text: string, start: number): string {
    if (start === text.length) return SKIPPED.empty;
    if (EXCEPTION_STARTS.some((beginning) => text.startsWith(beginning, start))) return SKIPPED.exception;
    return NOT_TEXT.test(text.slice(0, 4096)) ? SKIPPED.binary : SKIPPED.prose;
  }
}

/** End of `[a-z][a-z0-9_]*` from `start`; `start` where there is none. */
function wordEnd(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (!(first >= 97 && first <= 122)) return start;
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (!((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 95)) break;
  }
  return at;
}
