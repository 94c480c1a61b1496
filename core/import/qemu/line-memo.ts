/**
 * What lines were read as, by the bytes after their time stamp: emulators print the same few sentences again and again
 * (of 211,613 lines of a recorded boot 93 % are one of 100 texts), so most lines are recognised instead of read.
 *
 * A table of fixed size; the place follows from a hash, and a text takes the place of the one that was there. Bytes are
 * always compared, so a hit is certain. Cost of a hit: two passes over the text, four bytes a step, and the fields.
 */
import { type TraceLine } from './trace-line.ts';

const PLACES = 4096;
/** Longer texts are read each time. A multiple of four. */
const LONGEST = 128;

/** The fields that a line gets from its text alone. */
type Read = Pick<
  TraceLine,
  'row' | 'name' | 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'vLo' | 'vHi' | 'wLo' | 'wHi' | 's' | 't'
>;

export class LineMemo {
  readonly #bytes = new Uint8Array(PLACES * LONGEST);
  readonly #words = new DataView(this.#bytes.buffer);
  readonly #lengths = new Uint8Array(PLACES);
  readonly #reads: (Read | undefined)[] = Array.from({ length: PLACES }, () => undefined);
  /** Where the text that `recall` did not know belongs. */
  #place = 0;

  /** Fills `into` with what the same text was read as before; false: it is not known. */
  recall(words: DataView, start: number, end: number, into: TraceLine): boolean {
    const length = end - start;
    if (length > LONGEST) return false;
    const place = placeOf(words, start, end);
    this.#place = place;
    const read = this.#reads[place];
    if (read === undefined || this.#lengths[place] !== length || !this.#isSame(words, start, end, place)) return false;
    into.row = read.row;
    into.name = read.name;
    into.a = read.a;
    into.b = read.b;
    into.c = read.c;
    into.d = read.d;
    into.e = read.e;
    into.f = read.f;
    into.vLo = read.vLo;
    into.vHi = read.vHi;
    into.wLo = read.wLo;
    into.wHi = read.wHi;
    into.s = read.s;
    into.t = read.t;
    return true;
  }

  /** Keeps what the text was read as for which `recall` was just asked in vain. */
  keep(bytes: Uint8Array, start: number, end: number, line: TraceLine): void {
    if (end - start > LONGEST) return;
    const place = this.#place;
    this.#bytes.set(bytes.subarray(start, end), place * LONGEST);
    this.#lengths[place] = end - start;
    const { row, name, a, b, c, d, e, f, vLo, vHi, wLo, wHi, s, t } = line;
    this.#reads[place] = { row, name, a, b, c, d, e, f, vLo, vHi, wLo, wHi, s, t };
  }

  #isSame(words: DataView, start: number, end: number, place: number): boolean {
    const own = this.#words;
    let mine = place * LONGEST;
    let at = start;
    for (; at + 4 <= end; at += 4, mine += 4) if (words.getUint32(at) !== own.getUint32(mine)) return false;
    for (; at < end; at++, mine++) if (words.getUint8(at) !== own.getUint8(mine)) return false;
    return true;
  }
}

/** A hash of the text: its words, each turned into the others. */
function placeOf(words: DataView, start: number, end: number): number {
  let hash = end - start;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ words.getUint32(at), 0x9e37_79b1) ^ (hash >>> 15);
  for (; at < end; at++) hash = Math.imul(hash ^ words.getUint8(at), 0x9e37_79b1);
  return (hash ^ (hash >>> 17)) >>> 20;
}
