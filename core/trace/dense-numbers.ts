/**
 * Dense numbers for 32-bit ones, in the order in which they come: INTIDs are sparse, and too wide for the small integers
 * by which a Map finds its keys fast. Open addressing over typed arrays; cost: a look-up is some nanoseconds.
 */
const FIRST_CAPACITY = 256;
export const UNKNOWN = -1;

export class DenseNumbers {
  #values = new Uint32Array(FIRST_CAPACITY);
  #count = 0;
  /** Dense number + 1; 0: free. Twice as long as there can be values. */
  #table = new Uint32Array(2 * FIRST_CAPACITY);

  get count(): number {
    return this.#count;
  }

  /** The value behind a dense number. */
  valueOf(dense: number): number {
    return this.#values[dense] ?? 0;
  }

  /** The dense number of a value, or UNKNOWN. */
  find(value: number): number {
    return (this.#table[this.#place(value)] ?? 0) - 1;
  }

  /** The dense number of a value, which gets the next one if it is new. */
  of(value: number): number {
    const known = this.find(value);
    if (known !== UNKNOWN) return known;
    if (this.#count === this.#values.length) this.#grow();
    const dense = this.#count++;
    this.#values[dense] = value;
    this.#table[this.#place(value)] = dense + 1;
    return dense;
  }

  #place(value: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    const mixed = Math.imul(value, 0x9e3779b1);
    for (let at = (mixed ^ (mixed >>> 15)) & mask; ; at = (at + 1) & mask) {
      const dense = (table[at] ?? 0) - 1;
      if (dense < 0 || this.#values[dense] === value) return at;
    }
  }

  #grow(): void {
    const values = new Uint32Array(this.#values.length * 2);
    values.set(this.#values);
    this.#values = values;
    this.#table = new Uint32Array(values.length * 2);
    for (let dense = 0; dense < this.#count; dense++) this.#table[this.#place(values[dense] ?? 0)] = dense + 1;
  }
}
