/**
 * A column of numbers as it lies in a blob (bytes.ts): in byte planes, all lowest bytes first. Of numbers that are all
 * equal there is one, in four planes of one byte. Unpacked as a whole where most of it is needed, or read one by one.
 */
export class StoredColumn {
  readonly #count: number;
  readonly #width: number;
  readonly #planes: Uint8Array;
  /** Bytes from one number to the next, and from plane to plane. */
  readonly #step: number;
  readonly #plane: number;

  /** `width`: bytes a number, at most 4; 0: `planes` holds the one that all are. */
  constructor(count: number, width: number, planes: Uint8Array) {
    this.#count = count;
    this.#width = width === 0 ? 4 : width;
    this.#planes = planes;
    this.#step = width === 0 ? 0 : 1;
    this.#plane = width === 0 ? 1 : count;
  }

  /** Unpacks all into `out`, which must hold them; a number that does not fit `out` is cut. */
  read<T extends Uint32Array | Uint16Array | Uint8Array>(out: T): T {
    const count = this.#count;
    const width = this.#width;
    const planes = this.#planes;
    const step = this.#step;
    const plane = this.#plane;
    if (width === 1) out.set(planes);
    else if (width === 2) for (let i = 0; i < count; i++) out[i] = (planes[i] ?? 0) | ((planes[count + i] ?? 0) << 8);
    else
      for (let i = 0, at = 0; i < count; i++, at += step) {
        const low = (planes[at] ?? 0) | ((planes[at + plane] ?? 0) << 8) | ((planes[at + 2 * plane] ?? 0) << 16);
        out[i] = width === 3 ? low : low | ((planes[at + 3 * plane] ?? 0) << 24);
      }
    return out;
  }

  /** Number `i` alone. */
  at(i: number): number {
    let number = 0;
    for (let plane = this.#width - 1, at = i * this.#step + plane * this.#plane; plane >= 0; plane--, at -= this.#plane)
      number = (number << 8) | (this.#planes[at] ?? 0);
    return number >>> 0;
  }
}
