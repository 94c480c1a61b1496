/**
 * What lines were read as, by the bytes after their time stamp: emulators print the same few sentences again and again
 * (of 211,613 lines of a recorded boot 93 % are one of 100 texts), so most lines are recognised instead of read.
 */
import { ByteMemo, NOT_KNOWN, PLACES } from '../byte-memo.ts';
import { type Said } from './said.ts';

export class LineMemo {
  readonly #memo = new ByteMemo();
  /** By place. Filled, because an array that is filled here and there is searched like a dictionary. */
  readonly #said: (Said | undefined)[] = Array.from({ length: PLACES }, () => undefined);

  /** What the same text was read as before. */
  recall(words: DataView, at: number, end: number): Said | undefined {
    const place = this.#memo.recall(words, at, end);
    return place === NOT_KNOWN ? undefined : this.#said[place];
  }

  /** Keeps what the text was read as for which `recall` was just asked in vain. */
  keep(words: DataView, at: number, end: number, said: Said): void {
    const place = this.#memo.keep(words, at, end);
    if (place !== NOT_KNOWN) this.#said[place] = said;
  }
}
