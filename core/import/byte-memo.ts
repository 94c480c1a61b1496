/**
 * Which stretch of bytes came before: recorders print and store the same few things again and again, and what was read
 * of them once need not be read twice.
 *
 * A table of fixed size, without the values: those are the owner's, by place. The place follows from a hash, and bytes
 * take the place of those that were there. Bytes are always compared, so a hit is certain. Cost of a hit: two passes,
 * four bytes a step.
 */

/** A power of two. */
const PLACES = 4096;
const PLACE_BITS = 12;
/** Longer stretches are not kept. A multiple of four. */
const LONGEST = 128;
const EMPTY = -1;

export const NOT_KNOWN = -1;

export class ByteMemo {
  readonly #bytes = new Uint8Array(PLACES * LONGEST);
  readonly #words = new DataView(this.#bytes.buffer);
  readonly #lengths = new Int16Array(PLACES).fill(EMPTY);
  readonly #salts = new Int32Array(PLACES);
  /** Where the bytes that `recall` did not know belong. */
  #place = NOT_KNOWN;
  #salt = 0;

  /** The place of these bytes, or NOT_KNOWN. `salt`: what else must be equal. */
  recall(words: DataView, start: number, end: number, salt = 0): number {
    const length = end - start;
    this.#place = NOT_KNOWN;
    if (length > LONGEST) return NOT_KNOWN;
    let hash = length ^ salt;
    let at = start;
    for (; at + 4 <= end; at += 4) hash = Math.imul(hash ^ words.getUint32(at), 0x9e37_79b1) ^ (hash >>> 15);
    for (; at < end; at++) hash = Math.imul(hash ^ words.getUint8(at), 0x9e37_79b1);
    const place = (hash ^ (hash >>> 17)) >>> (32 - PLACE_BITS);
    if (this.#lengths[place] === length && this.#salts[place] === salt && this.#isSame(words, start, end, place))
      return place;
    this.#place = place;
    this.#salt = salt;
    return NOT_KNOWN;
  }

  /** Keeps the bytes that `recall` was just asked for in vain; gives their place, or NOT_KNOWN: they are too long. */
  keep(bytes: Uint8Array, start: number, end: number): number {
    const place = this.#place;
    if (place === NOT_KNOWN) return NOT_KNOWN;
    this.#bytes.set(bytes.subarray(start, end), place * LONGEST);
    this.#lengths[place] = end - start;
    this.#salts[place] = this.#salt;
    return place;
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
