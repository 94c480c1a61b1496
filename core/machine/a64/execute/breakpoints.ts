/**
 * Addresses before which a run stops. Pages that have any are counted, so that code on other pages runs at full speed.
 */
export class Breakpoints {
  readonly #addresses = new Set<bigint>();
  readonly #pages = new Map<number, number>();
  /** Low halves of the addresses. */
  readonly #low = new Map<number, number>();

  get size(): number {
    return this.#addresses.size;
  }

  has(address: bigint): boolean {
    return this.#addresses.has(address);
  }

  /** Is there one whose low 32 bits these are? For hot paths: false is final. */
  mayBeAt(low: number): boolean {
    return this.#low.has(low >>> 0);
  }

  /** Has the 4 KiB page of this number any? */
  hasOnPage(page: number): boolean {
    return this.#pages.has(page);
  }

  add(address: bigint): void {
    if (this.#addresses.has(address)) return;
    this.#addresses.add(address);
    count(this.#pages, pageOf(address), 1);
    count(this.#low, lowOf(address), 1);
  }

  delete(address: bigint): void {
    if (!this.#addresses.delete(address)) return;
    count(this.#pages, pageOf(address), -1);
    count(this.#low, lowOf(address), -1);
  }
}

/** Number of the 4 KiB page of a 64-bit address: 52 bits, exact. */
const pageOf = (address: bigint): number => Number(address >> 12n);

const lowOf = (address: bigint): number => Number(address & 0xffff_ffffn);

function count(counts: Map<number, number>, key: number, by: 1 | -1): void {
  const sum = (counts.get(key) ?? 0) + by;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}
