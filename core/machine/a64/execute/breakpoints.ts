/**
 * Addresses before which a run stops. Pages that have any are counted, so that code on other pages runs at full speed.
 */
export class Breakpoints {
  readonly #addresses = new Set<bigint>();
  readonly #pages = new Map<number, number>();

  get size(): number {
    return this.#addresses.size;
  }

  has(address: bigint): boolean {
    return this.#addresses.has(address);
  }

  /** Has the 4 KiB page of this number any? */
  hasOnPage(page: number): boolean {
    return this.#pages.has(page);
  }

  add(address: bigint): void {
    if (this.#addresses.has(address)) return;
    this.#addresses.add(address);
    const page = pageOf(address);
    this.#pages.set(page, (this.#pages.get(page) ?? 0) + 1);
  }

  delete(address: bigint): void {
    if (!this.#addresses.delete(address)) return;
    const page = pageOf(address);
    const left = (this.#pages.get(page) ?? 1) - 1;
    if (left === 0) this.#pages.delete(page);
    else this.#pages.set(page, left);
  }
}

/** Number of the 4 KiB page of a 64-bit address: 52 bits, exact. */
const pageOf = (address: bigint): number => Number(address >> 12n);
