/**
 * One text line to one `TraceLine`, or the reason why not. Nothing is dropped in silence: what is no event comes back
 * with a reason that the user sees counted.
 */
import { endOfText, eventsBehind } from './behind.ts';
import { eventRow, exceptionRow, isCutName, nextHash } from './events/table.ts';
import { type EventRow } from './events/row.ts';
import { match } from './pattern.ts';
import { NO_THREAD, Prefix } from './prefix.ts';
import { LineClock } from './line-clock.ts';
import { LineMemo } from './line-memo.ts';
import { type Page } from '../source/page.ts';
import { Said } from './said.ts';
import { type TraceLine } from './trace-line.ts';

/** More different unknown names than this are no event names any more, but prose or noise. */
const MOST_UNKNOWN_NAMES = 1000;

export const SKIPPED = {
  empty: 'empty line',
  long: 'line longer than 1 MiB',
  binary: 'not text',
  exception: 'exception log (-d int) not understood',
  prose: 'text without an event name',
  cut: 'line cut short',
  tooMany: `more than ${MOST_UNKNOWN_NAMES} different unknown event names`,
} as const;

/** Bytes of event names: letters may come first, digits and the underscore later. */
const FIRST_OF_NAME = 1;
const NAME_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (/[a-z]/.test(character)) return FIRST_OF_NAME;
  return /[0-9_]/.test(character) ? 2 : 0;
});
const COLON = 58;
const BLANK = 32;

/** How `-d int` lines begin. */
const EXCEPTION_STARTS = ['Taking exception ', 'Exception return from ', '...'] as const;

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const NOT_TEXT = /[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/;

export class LineReader {
  readonly clock = new LineClock();
  readonly #prefix = new Prefix();
  readonly #memo = new LineMemo();
  readonly #unknown = new Map<string, string>();
  /** Event name of the last line read, if it had one; counted whatever became of the line. */
  name: string | undefined;
  /** The last line read began with another event, whose rest is missing. */
  isTorn = false;
  /** Thread of the last line read, or NO_THREAD. */
  thread = NO_THREAD;
  /** Events that other text stood before. */
  behind = 0;

  /** Fills `into`, or gives the reason why the line is no event. */
  read(line: number, page: Page, start: number, end: number, into: TraceLine): string | undefined {
    const { bytes } = page;
    this.name = undefined;
    this.isTorn = false;
    const prefix = this.#prefix;
    let at = prefix.readAgain(page.words, start, end);
    if (at === start) at = prefix.read(bytes, start, end);
    into.time = this.clock.timeOf(prefix, at > start);
    this.thread = prefix.thread;
    into.line = line;
    // To write what is there costs more than to look: the collector keeps a list of old objects that point to young ones.
    if (into.page !== page) into.page = page;
    into.start = start;
    into.end = end;
    into.at = at;
    const known = this.#memo.recall(page.words, at, end);
    if (known !== undefined) {
      this.name = known.name;
      into.said = known;
      return undefined;
    }
    const reason = this.#readText(bytes, at, end, into);
    if (reason === undefined && into.row !== undefined) {
      this.#memo.keep(page.words, at, end, into.said);
      return undefined;
    }
    // A name that is in no table, in a log that has time stamps elsewhere, may be the beginning of anything.
    if (reason === undefined && (at > start || this.clock.isCounted)) return undefined;
    if (reason === SKIPPED.empty || this.#readBehind(at, into)) return reason === SKIPPED.empty ? reason : undefined;
    return reason ?? this.#readText(bytes, at, end, into);
  }

  /** Reads an event that stands behind other text, or has something behind it. */
  #readBehind(from: number, into: TraceLine): boolean {
    const { bytes } = into.page;
    const prefix = this.#prefix;
    const { name } = this;
    const end = endOfText(bytes, from, into.end);
    if (end < into.end && name !== undefined && this.#readText(bytes, from, end, into) === undefined) return true;
    for (const { at, hasTime } of eventsBehind(prefix, bytes, from, end, from > into.start)) {
      if (this.#readText(bytes, at, end, into) !== undefined) continue;
      if (hasTime) {
        into.time = this.clock.timeOf(prefix, true);
        this.thread = prefix.thread;
      }
      this.isTorn = name !== undefined;
      this.behind++;
      return true;
    }
    this.name = name;
    return false;
  }

  /** Reads what follows the prefix. */
  #readText(bytes: Uint8Array, at: number, end: number, into: TraceLine): string | undefined {
    const { start } = into;
    let stop = at;
    let hash = 0;
    if (NAME_BYTE[bytes[at] ?? 0] === FIRST_OF_NAME)
      while (stop < end) {
        const byte = bytes[stop] ?? 0;
        if (NAME_BYTE[byte] === 0) break;
        hash = nextHash(hash, byte);
        stop++;
      }
    const next = stop === end ? BLANK : bytes[stop];
    if (stop === at || (next !== BLANK && next !== COLON)) return this.#unnamed(bytes, at, end, at - start, into);
    const row = eventRow(hash, bytes, at, stop);
    if (row === undefined || next === COLON) return this.#other(at - start, stop - start, next === COLON, into);
    return this.#match(row, bytes, stop, end, into) ? undefined : `text of ${row.name} not understood`;
  }

  /** Reads the text after a name that ends before `stop`. */
  #match(row: EventRow, bytes: Uint8Array, stop: number, end: number, into: TraceLine): boolean {
    this.name = row.name;
    const said = new Said();
    into.said = said;
    const textStart = Math.min(stop + 1, end);
    for (const pattern of row.patterns)
      if (match(pattern, bytes, textStart, end, said) && row.accepts?.(said) !== false) {
        said.row = row;
        said.name = row.name;
        said.textAt = textStart - into.at;
        return true;
      }
    return false;
  }

  /** A line that does not begin with an event's name: of `-d int`, or something else. */
  #unnamed(bytes: Uint8Array, at: number, end: number, textAt: number, into: TraceLine): string | undefined {
    const row = exceptionRow(bytes, at, end);
    if (row === undefined) return this.#reasonFor(into.text, textAt);
    return this.#match(row, bytes, at + row.nameBytes.length, end, into) ? undefined : SKIPPED.exception;
  }

  /** An event that is not in the table, or a message of the emulator under a function's name. */
  #other(start: number, stop: number, isMessage: boolean, into: TraceLine): string | undefined {
    const { text } = into;
    // The beginning of a line up to here is ASCII, so bytes and characters are the same.
    const word = text.slice(start, stop);
    if (!word.includes('_')) return this.#reasonFor(text, start);
    if (stop === text.length && isCutName(word)) return SKIPPED.cut;
    let name = this.#unknown.get(word);
    if (name === undefined) {
      if (this.#unknown.size >= MOST_UNKNOWN_NAMES) return SKIPPED.tooMany;
      // A copy: a slice would keep the whole piece of the file that it was cut from.
      name = Buffer.from(word).toString();
      this.#unknown.set(name, name);
    }
    this.name = name;
    const said = new Said();
    said.name = name;
    said.textAt = Math.min(stop + (isMessage ? 2 : 1), text.length) - (into.at - into.start);
    into.said = said;
    return undefined;
  }

  #reasonFor(text: string, start: number): string {
    if (start === text.length) return SKIPPED.empty;
    if (EXCEPTION_STARTS.some((beginning) => text.startsWith(beginning, start))) return SKIPPED.exception;
    return NOT_TEXT.test(text.slice(0, 4096)) ? SKIPPED.binary : SKIPPED.prose;
  }
}
