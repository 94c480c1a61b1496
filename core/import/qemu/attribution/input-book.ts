/**
 * Levels of PPI inputs per vCPU, as far as they are proven: the log prints changes only, so a line that is known to be
 * high cannot rise, and an acknowledge or a fall proves that it was high.
 */
const UNKNOWN = -1;

class Input {
  level = UNKNOWN;
  /** Order of what the level is known (or not known) from. */
  since = -1;
  /** Order of the last fall, or of a later change that may have been one; -1: none. */
  lastFall = -1;
}

export class InputBook {
  readonly #inputs = new Map<number, Input>();

  #input(vcpu: number, ppi: number): Input {
    const key = vcpu * 128 + ppi;
    let input = this.#inputs.get(key);
    if (input === undefined) this.#inputs.set(key, (input = new Input()));
    return input;
  }

  /** Whether something later than this moment is known (or in doubt). */
  isKnownAfter(vcpu: number, ppi: number, moment: number): boolean {
    return this.#input(vcpu, ppi).since > moment;
  }

  /** 0, 1, or -1: not known. */
  level(vcpu: number, ppi: number): number {
    return this.#input(vcpu, ppi).level;
  }

  /** The level at a moment, and since then unless something later is known already. */
  set(vcpu: number, ppi: number, level: number, serial: number): void {
    const input = this.#input(vcpu, ppi);
    if (level === 0 && serial > input.lastFall) input.lastFall = serial;
    if (serial < input.since) return;
    input.level = level;
    input.since = serial;
  }

  /** It may have changed at a moment, and nothing proves it. */
  doubt(vcpu: number, ppi: number, mayHaveFallen: boolean, serial: number): void {
    const input = this.#input(vcpu, ppi);
    if (mayHaveFallen && serial > input.lastFall) input.lastFall = serial;
    if (serial < input.since) return;
    input.level = UNKNOWN;
    input.since = serial;
  }

  /** All of them may have changed. */
  doubtAll(serial: number): void {
    for (const key of this.#inputs.keys()) this.doubt(Math.floor(key / 128), key % 128, true, serial);
  }

  /** Whether the input may have fallen after a moment (only the last fall is remembered). */
  mayHaveFallenSince(vcpu: number, ppi: number, moment: number): boolean {
    return this.#input(vcpu, ppi).lastFall > moment;
  }

  /** A machine is created: its inputs are low. */
  create(vcpu: number): void {
    for (let ppi = 0; ppi < 128; ppi++) this.#input(vcpu, ppi).level = 0;
  }

  /** A vCPU is reset: a high input may become low without a line that says so. */
  reset(vcpu: number): void {
    for (let ppi = 0; ppi < 128; ppi++) {
      const input = this.#input(vcpu, ppi);
      if (input.level === 1) input.level = UNKNOWN;
    }
  }
}
