/**
 * What lines were read as, by the bytes after their time stamp: emulators print the same few sentences again and again
 * (of 211,613 lines of a recorded boot 93 % are one of 100 texts), so most lines are recognised instead of read.
 */
import { ByteMemo, NOT_KNOWN } from '../byte-memo.ts';
import { type TraceLine } from './trace-line.ts';

/** The fields that a line gets from its text alone. */
type Read = Pick<
  TraceLine,
  'row' | 'name' | 'textStart' | 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'vLo' | 'vHi' | 'wLo' | 'wHi' | 's' | 't'
>;

export class LineMemo {
  readonly #memo = new ByteMemo();
  /** By place. */
  readonly #reads: Read[] = [];

  /** Fills `into`, whose text begins `at`, with what the same text was read as before; false: it is not known. */
  recall(words: DataView, at: number, end: number, into: TraceLine): boolean {
    const place = this.#memo.recall(words, at, end);
    const read = place === NOT_KNOWN ? undefined : this.#reads[place];
    if (read === undefined) return false;
    into.row = read.row;
    into.name = read.name;
    into.textStart = read.textStart + at - into.start;
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
  keep(bytes: Uint8Array, at: number, end: number, line: TraceLine): void {
    const place = this.#memo.keep(bytes, at, end);
    if (place === NOT_KNOWN) return;
    const { row, name, a, b, c, d, e, f, vLo, vHi, wLo, wHi, s, t } = line;
    const textStart = line.textStart - at + line.start;
    this.#reads[place] = { row, name, textStart, a, b, c, d, e, f, vLo, vHi, wLo, wHi, s, t };
  }
}
