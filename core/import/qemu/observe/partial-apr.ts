/**
 * The active priorities of one vCPU, bit by bit as far as they are proven.
 *
 * An acknowledge at priority p needs a running priority above p, so bits 0 … p were clear; it sets bit p
 * (gicv5-cpuif-behaviour §3, §4.3). A drop clears the lowest set bit, whichever that is (§4.4). From this alone the
 * whole register becomes known at the first acknowledge of the lowest priority, 31, which Linux uses for everything.
 */
const ALL = 0xffff_ffff;
const IDLE = 255;

export class PartialApr {
  /** Bits that are known. */
  known = 0;
  /** Their values; unknown bits are 0. */
  value = 0;

  get isKnown(): boolean {
    return this.known === ALL;
  }

  /** Number of the lowest set bit, 255 when none is set, undefined when it is not proven. */
  get running(): number | undefined {
    const set = lowest(this.value);
    const unknown = lowest(~this.known);
    if (unknown < set) return undefined;
    return set === NONE ? IDLE : set;
  }

  set(value: number): void {
    this.known = ALL;
    this.value = value >>> 0;
  }

  forget(): void {
    this.known = 0;
    this.value = 0;
  }

  /** The running priority is this: 0 … 31, or 255 for none. */
  proveRunning(priority: number): void {
    if (priority > 31) {
      this.set(0);
      return;
    }
    const upTo = 2 ** priority * 2 - 1;
    const bit = 2 ** priority;
    this.known = (this.known | upTo) >>> 0;
    this.value = ((this.value & ~upTo) | bit) >>> 0;
  }

  acknowledge(priority: number): void {
    this.proveRunning(priority);
  }

  /** Clears the lowest set bit; where an unknown bit below may be that one, it becomes unknown. */
  drop(): void {
    const set = lowest(this.value);
    if (set === NONE) return;
    if (lowest(~this.known) < set) this.known = (this.known & ~(2 ** set)) >>> 0;
    this.value = (this.value & ~(2 ** set)) >>> 0;
  }
}

const NONE = 32;

/** Number of the lowest set bit of a word, 32 when there is none. */
function lowest(word: number): number {
  return word === 0 ? NONE : 31 - Math.clz32(word & -word);
}
