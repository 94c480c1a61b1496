/**
 * Whether the time stamps of a text ascend. The kernel merges its CPUs' buffers by time as it prints them, so they do but
 * for microseconds between CPUs; in files of single CPUs, one behind the other, each begins again. The file's order is
 * kept and such events get the latest time before them, which makes their times worthless: that must be said.
 */
const MILLISECOND = 1e6;

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

  /** `isCount`: the clock counts something else than nanoseconds. */
  facts(isCount: boolean): Record<string, string> {
    if (this.#behind === 0) return {};
    const far =
      isCount || this.#most < MILLISECOND
        ? ''
        : '; files of single CPUs one behind the other? Record the trace of all CPUs (trace, trace_pipe, trace.dat)';
    return {
      'clock ran backwards': `before ${this.#behind} events, by up to ${this.#most}${isCount ? '' : ' ns'}${far}`,
    };
  }
}
