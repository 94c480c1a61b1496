/**
 * The active priorities of one vCPU, bit by bit as far as they are proven.
 *
 * An acknowledge at priority p needs a running priority above p, so bits 0 … p were clear; it sets bit p
 * (gicv5-cpuif-behaviour §3, §4.3). A drop clears the lowest set bit, whichever that is (§4.4). From this alone the
 * whole register becomes known at the first acknowledge of the lowest priority, 31, which Linux uses for everything.
 */
const ALL = 0xffff_ffff;
export const IDLE = 255;

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
    for (let bit = 0; bit < 32; bit++) {
      const mask = 2 ** bit;
      if (!has(this.known, mask)) return undefined;
      if (has(this.value, mask)) return bit;
    }
    return IDLE;
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
    this.#clearUpTo(priority);
    this.#assign(priority, 1);
  }

  acknowledge(priority: number): void {
    this.proveRunning(priority);
  }

  /** An interrupt of unknown priority was acknowledged. */
  acknowledgeUnknown(): void {
    this.forget();
  }

  drop(): void {
    let mayBeBelow = false;
    for (let bit = 0; bit < 32; bit++) {
      const mask = 2 ** bit;
      if (!has(this.known, mask)) mayBeBelow = true;
      else if (has(this.value, mask)) {
        if (mayBeBelow) this.#unknown(mask);
        else this.#assign(bit, 0);
        return;
      }
    }
  }

  #clearUpTo(bit: number): void {
    const mask = 2 ** bit * 2 - 1;
    this.known = (this.known | mask) >>> 0;
    this.value = (this.value & ~mask) >>> 0;
  }

  #assign(bit: number, set: 0 | 1): void {
    const mask = 2 ** bit;
    this.known = (this.known | mask) >>> 0;
    this.value = set === 1 ? (this.value | mask) >>> 0 : (this.value & ~mask) >>> 0;
  }

  #unknown(mask: number): void {
    this.known = (this.known & ~mask) >>> 0;
    this.value = (this.value & ~mask) >>> 0;
  }
}

function has(word: number, mask: number): boolean {
  return (word & mask) !== 0;
}
