/**
 * Which stretch of bytes came before: recorders print and store the same few things again and again, and what was read
 * of them once need not be read twice.
 *
 * A table of fixed size, without the values: those are the owner's, by place. The place follows from a hash, and bytes
 * take the place of those that were there when they come for the second time: what comes once, such as a line with a
 * counter's value, displaces nothing and leaves nothing. Bytes are always compared, so a hit is certain. Cost of a hit:
 * two passes, eight bytes a step (40 ns for the 60 bytes of a QEMU line).
 */

/** A power of two. */
export const PLACES = 2048;
const PLACE_BITS = 11;
/** Longer stretches are not kept, nor shorter ones. A multiple of STEP. */
const LONGEST = 128;
const STEP = 8;
const EMPTY = -1;
const SEED = 0x2545_f491;
const FACTOR_A = 0x9e37_79b1;
const FACTOR_B = 0x85eb_ca6b;

export const NOT_KNOWN = -1;

export class ByteMemo {
  readonly #words = new DataView(new ArrayBuffer(PLACES * LONGEST));
  readonly #lengths = new Int16Array(PLACES).fill(EMPTY);
  readonly #salts = new Int32Array(PLACES);
  /** Hash of the bytes that came last to a place in vain. */
  readonly #strangers = new Int32Array(PLACES);
  /** Where the bytes that `recall` did not know belong. */
  #place = NOT_KNOWN;
  #hash = 0;
  #salt = 0;

  /** The place of these bytes, or NOT_KNOWN. `salt`: what else must be equal. */
  recall(words: DataView, start: number, end: number, salt = 0): number {
    const length = end - start;
    this.#place = NOT_KNOWN;
    if (length > LONGEST || length < STEP) return NOT_KNOWN;
    // Two hashes, so that neither multiplication waits for the other. The last step may overlap the one before.
    let a = length ^ salt;
    let b = SEED;
    const last = end - STEP;
    for (let at = start; at < last; at += STEP) {
      a = Math.imul(a ^ words.getInt32(at, true), FACTOR_A);
      b = Math.imul(b ^ words.getInt32(at + 4, true), FACTOR_B);
      a ^= a >>> 15;
    }
    a = Math.imul(a ^ words.getInt32(last, true), FACTOR_A) ^ Math.imul(b ^ words.getInt32(last + 4, true), FACTOR_B);
    const hash = Math.imul(a ^ (a >>> 15), FACTOR_A);
    const place = hash >>> (32 - PLACE_BITS);
    if (this.#lengths[place] === length && this.#salts[place] === salt && this.#isSame(words, start, last, place))
      return place;
    this.#place = place;
    this.#hash = hash;
    this.#salt = salt;
    return NOT_KNOWN;
  }

  /**
   * Keeps the bytes that `recall` was just asked for in vain, if they come for the second time; gives their place.
   * NOT_KNOWN: they are not kept, because they are new, too long or too short.
   */
  keep(words: DataView, start: number, end: number): number {
    const place = this.#place;
    if (place === NOT_KNOWN) return NOT_KNOWN;
    if (this.#strangers[place] !== this.#hash) {
      this.#strangers[place] = this.#hash;
      return NOT_KNOWN;
    }
    const own = this.#words;
    const to = place * LONGEST - start;
    const last = end - STEP;
    for (let at = start; at < last; at += 4) own.setInt32(to + at, words.getInt32(at, true), true);
    own.setInt32(to + last, words.getInt32(last, true), true);
    own.setInt32(to + last + 4, words.getInt32(last + 4, true), true);
    this.#lengths[place] = end - start;
    this.#salts[place] = this.#salt;
    return place;
  }

  /** `last`: where the last STEP bytes begin. */
  #isSame(words: DataView, start: number, last: number, place: number): boolean {
    const own = this.#words;
    const to = place * LONGEST - start;
    for (let at = start; at < last; at += STEP) {
      if (words.getInt32(at, true) !== own.getInt32(to + at, true)) return false;
      if (words.getInt32(at + 4, true) !== own.getInt32(to + at + 4, true)) return false;
    }
    if (words.getInt32(last, true) !== own.getInt32(to + last, true)) return false;
    return words.getInt32(last + 4, true) === own.getInt32(to + last + 4, true);
  }
}
