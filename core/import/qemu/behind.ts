/**
 * Events that do not stand at the beginning of their line. Where the log and a console share a terminal or a file, a
 * line of the console may have begun; collectors of logs put their own stamps first; QEMU itself can name the machine
 * and the thread (`-msg guest-name=on`); terminals colour.
 *
 * Lines are searched only when they are no event from their beginning on, and only their first LOOKED_AT bytes. A place
 * is worth trying where the name of a known event begins, whatever stands before it, since the rest of the line must be
 * that event's text; behind a time stamp and a context in brackets also any other name.
 */
import { eventRow, exceptionRow, nextHash, startsEvent } from './events/table.ts';
import { type Prefix } from './prefix.ts';

const LOOKED_AT = 4096;
const LONGEST_NAME = 64;
const BLANK = 32;
const ESCAPE = 27;
const DASH = 45;
const COLON = 58;
const SEMICOLON = 59;
const BRACKET = 91;
const UNDERSCORE = 95;
/** Of the machine's name, and of the thread's. */
const CONTEXTS: readonly (readonly [open: number, close: number])[] = [
  [BRACKET, 93],
  [40, 41],
];

export interface Place {
  readonly at: number;
  /** `prefix` holds the time stamp that stands before it. */
  readonly hasTime: boolean;
}

/**
 * Places after `from` where an event may begin, in order; `isStamped`: a time stamp ends there. `prefix` is used for the
 * time stamps of places.
 */
export function* eventsBehind(
  prefix: Prefix,
  bytes: Uint8Array,
  from: number,
  end: number,
  isStamped = false,
): Generator<Place> {
  const stop = Math.min(end, from + LOOKED_AT);
  const first = isStamped ? afterContext(bytes, from, stop) : from;
  if (first > from) yield { at: first, hasTime: false };
  let hasTime = false;
  for (let at = from; at < stop; at++) {
    const byte = bytes[at] ?? 0;
    if (isDigit(byte) && (bytes[at + 4] === DASH || !isDigit(bytes[at - 1]))) {
      const next = prefix.read(bytes, at, end);
      if (next > at) {
        hasTime = true;
        const behind = afterContext(bytes, next, stop);
        if (behind > next || isKnown(bytes, next, end)) yield { at: behind, hasTime };
        at = behind;
      }
    }
    if (at > from && startsEvent(byte) && isKnown(bytes, at, end)) yield { at, hasTime };
  }
}

/** Where the line ends without blanks and control sequences behind its text. */
export function endOfText(bytes: Uint8Array, from: number, end: number): number {
  let stop = end;
  for (;;) {
    while (stop > from && (bytes[stop - 1] ?? 0) <= BLANK) stop--;
    const sequence = startOfSequence(bytes, from, stop);
    if (sequence === stop) return stop;
    stop = sequence;
  }
}

/** Where `ESC [ digits ; … letter` begins that ends at `end`; `end` where there is none. */
function startOfSequence(bytes: Uint8Array, from: number, end: number): number {
  if (!isLetter(bytes[end - 1])) return end;
  let at = end - 2;
  while (at > from && (isDigit(bytes[at]) || bytes[at] === SEMICOLON)) at--;
  return at > from && bytes[at] === BRACKET && bytes[at - 1] === ESCAPE ? at - 1 : end;
}

/** Behind `[guest] ` and `(thread:name): `, either of which may be missing. */
function afterContext(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (const [open, close] of CONTEXTS) {
    if (bytes[at] !== open) continue;
    const last = bytes.subarray(at, end).indexOf(close);
    if (last < 0) break;
    const next = at + last + (bytes[at + last + 1] === COLON ? 2 : 1);
    if (bytes[next] !== BLANK) break;
    at = next + 1;
  }
  return at;
}

function isKnown(bytes: Uint8Array, at: number, end: number): boolean {
  let stop = at;
  let hash = 0;
  for (; stop < end && stop - at < LONGEST_NAME; stop++) {
    const byte = bytes[stop] ?? 0;
    if (!isLetter(byte) && !isDigit(byte) && byte !== UNDERSCORE) break;
    hash = nextHash(hash, byte);
  }
  return eventRow(hash, bytes, at, stop) !== undefined || exceptionRow(bytes, at, end) !== undefined;
}

function isDigit(byte = 0): boolean {
  return byte >= 48 && byte <= 57;
}

function isLetter(byte = 0): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90);
}
