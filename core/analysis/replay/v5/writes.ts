/**
 * System register writes and GIC instructions of one PE that wait for their effect.
 *
 * The recorder prints a write before the emulator carries it out, and other threads' changes may stand between
 * (gicv5-cpuif-behaviour §16). So a write waits until a line of its effect appears, or until its PE does something
 * else, which it can only after.
 */
export interface WaitingWrite {
  readonly register: string;
  readonly value: bigint;
}

export class WaitingWrites {
  readonly #carryOut: (write: WaitingWrite) => void;
  #waiting: WaitingWrite[] = [];

  constructor(carryOut: (write: WaitingWrite) => void) {
    this.#carryOut = carryOut;
  }

  add(write: WaitingWrite): void {
    this.#waiting.push(write);
  }

  /** All are done. */
  settle(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const write of waiting) this.#carryOut(write);
  }

  has(fits: (write: WaitingWrite) => boolean): boolean {
    return this.#waiting.some(fits);
  }

  /** The effect of this one is about to be carried out by its own line; those before it are done. */
  claim(fits: (write: WaitingWrite) => boolean): boolean {
    const at = this.#waiting.findIndex(fits);
    if (at < 0) return false;
    const before = this.#waiting.splice(0, at);
    this.#waiting.shift();
    for (const write of before) this.#carryOut(write);
    return true;
  }
}
