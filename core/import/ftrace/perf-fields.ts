/**
 * Whether text of perf script has the events' fields: `-F` without `trace` prints their names alone, or an address behind
 * them. That is told where no event at all has fields, since a few have none by nature.
 */

/** What perf prints instead: nothing, or where the sample was taken. */
const ADDRESS = /^\s*(?:[0-9a-f]{6,16}(?:\s|$)|$)/;

export class PerfFields {
  #without = 0;
  #hasSome = false;

  /** The text of an event begins at `from`. */
  saw(line: string, from: number): void {
    if (this.#hasSome) return;
    if (ADDRESS.test(line.slice(from, from + 64))) this.#without++;
    else this.#hasSome = true;
  }

  get facts(): Record<string, string> {
    if (this.#hasSome || this.#without === 0) return {};
    return {
      'no fields':
        `perf printed ${this.#without} events without their fields, so little is known of them. ` +
        'Print them with: perf script -F comm,tid,cpu,time,event,trace --ns',
    };
  }
}
