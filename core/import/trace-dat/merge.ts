/**
 * All streams as one, by time; equal times by buffer, then CPU, as `trace-cmd report` prints them (§5.10). Inside one
 * CPU the file's order stays, even where its clock runs backwards. A binary heap: log₂(CPUs) comparisons an event.
 */
import { type CpuStream } from './cpu-stream.ts';

export class Merge {
  readonly #heap: CpuStream[] = [];
  /** Corrected time of each stream's present event, by its order. */
  readonly #times: number[] = [];
  readonly #timeOf: (stream: CpuStream) => number;

  /** `timeOf`: the present event's time after correction. */
  constructor(streams: readonly CpuStream[], timeOf: (stream: CpuStream) => number) {
    this.#timeOf = timeOf;
    for (const stream of streams) {
      if (!stream.next()) continue;
      this.#times[stream.order] = timeOf(stream);
      this.#heap.push(stream);
    }
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  /** The stream whose present event is next; undefined: all have ended. */
  get first(): CpuStream | undefined {
    return this.#heap[0];
  }

  /** Time of the event that is next. */
  get time(): number {
    return this.#times[this.#heap[0]?.order ?? 0] ?? 0;
  }

  /** Passes over the event that is next. */
  advance(): void {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined) return;
    if (first.next()) this.#times[first.order] = this.#timeOf(first);
    else {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      heap[0] = last;
    }
    this.#sink(0);
  }

  #isBefore(a: CpuStream, b: CpuStream): boolean {
    const earlier = (this.#times[a.order] ?? 0) - (this.#times[b.order] ?? 0);
    return earlier < 0 || (earlier === 0 && a.order < b.order);
  }

  #sink(from: number): void {
    const heap = this.#heap;
    let at = from;
    const moved = heap[at];
    if (moved === undefined) return;
    for (;;) {
      let child = 2 * at + 1;
      let below = heap[child];
      if (below === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && this.#isBefore(right, below)) {
        below = right;
        child++;
      }
      if (!this.#isBefore(below, moved)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = moved;
  }
}
