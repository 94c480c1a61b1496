/**
 * Whether the time stamps of a recording ascend. The kernel merges its CPUs' buffers by time as it prints them, so they do
 * but for microseconds where a clock is not one for all CPUs. The recording's order is kept and an event that seems
 * earlier gets the latest time before it, which must be said.
 */
export class ClockOrder {
  #latest = -Infinity;
  #behind = 0;
  #most = 0;

  saw(time: number): void {
    if (time >= this.#latest) {
      this.#latest = time;
      return;
    }
    this.#behind++;
    this.#most = Math.max(this.#most, this.#latest - time);
  }

  /** The farthest that it ran backwards. */
  get most(): number {
    return this.#most;
  }

  /** `isCount`: the clock counts something else than nanoseconds. */
  facts(isCount: boolean, remark = ''): Record<string, string> {
    if (this.#behind === 0) return {};
    const far = `${this.#most}${isCount ? '' : ' ns'}`;
    return { 'clock ran backwards': `before ${this.#behind} events, by up to ${far}${remark}` };
  }
}
