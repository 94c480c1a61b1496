/**
 * Small numbers with equally many bits each, low bits first, read where they lie: a jump into a block needs few of them.
 * `ByteWriter.packed` writes such a column, `ByteReader.packed` finds it.
 */

/** Bits that four bytes hold whichever bit of the first they begin at. */
const AT_ONCE = 25;

export class Packed {
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #width: number;

  /** `bytes` holds `count` numbers of `width` bits, at most 32. */
  constructor(bytes: Uint8Array, width: number, count: number) {
    this.#bytes = bytes;
    this.#width = width;
    this.count = count;
  }

  /** The numbers `from` … `to` − 1, valid until the next call on any packed column. */
  take(from: number, to: number): Uint32Array {
    const n = to - from;
    if (n > taken.length) taken = new Uint32Array(2 * n);
    const width = this.#width;
    const low = Math.min(width, AT_ONCE);
    bits(this.#bytes, from * width, width, low, n, taken);
    if (width === low) return taken;
    if (n > upper.length) upper = new Uint32Array(2 * n);
    bits(this.#bytes, from * width + low, width, width - low, n, upper);
    for (let i = 0; i < n; i++) taken[i] = (taken[i] ?? 0) | ((upper[i] ?? 0) << low);
    return taken;
  }

  /** Sum of the numbers `from` … `to` − 1. */
  sum(from: number, to: number): number {
    const numbers = this.take(from, to);
    let sum = 0;
    for (let i = 0; i < to - from; i++) sum += numbers[i] ?? 0;
    return sum;
  }
}

let taken = new Uint32Array(8192);
let upper = new Uint32Array(0);

/** `n` numbers of `width` bits, each `step` bits after the one before. */
function bits(bytes: Uint8Array, first: number, step: number, width: number, n: number, out: Uint32Array): void {
  const mask = (1 << width) - 1;
  for (let i = 0, bit = first; i < n; i++, bit += step) {
    const at = bit >>> 3;
    const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
    const word = low | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    out[i] = (word >>> (bit & 7)) & mask;
  }
}
