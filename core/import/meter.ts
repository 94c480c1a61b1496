/** Progress of an import, reported at most ten times a second, and the place where cancelling takes effect. */
import { type ImportOptions, type Progress } from './options.ts';
import { type ByteSource } from './source/file.ts';

const INTERVAL_MS = 100;

export class Meter {
  readonly #source: ByteSource;
  readonly #options: ImportOptions;
  readonly #start = performance.now();
  #last = -Infinity;
  lines = 0;
  events = 0;
  /** Bytes that the format read by itself. */
  #own = 0;

  constructor(source: ByteSource, options: ImportOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** @throws the signal's reason when the import was cancelled */
  advance(lines: number, events: number, bytes = 0): void {
    this.lines = lines;
    this.events = events;
    this.#own = bytes;
    this.#options.signal?.throwIfAborted();
    const now = performance.now();
    if (now - this.#last < INTERVAL_MS) return;
    this.#last = now;
    this.#report(now);
  }

  finish(): void {
    this.#report(performance.now());
  }

  #report(now: number): void {
    const seconds = (now - this.#start) / 1000;
    const { bytesRead, total } = this.#source;
    const progress: Progress = {
      bytes: Math.max(bytesRead, Math.min(this.#own, total ?? this.#own)),
      ...(total === undefined ? {} : { total }),
      lines: this.lines,
      events: this.events,
      eventsPerSecond: seconds > 0 ? Math.round(this.events / seconds) : 0,
    };
    this.#options.onProgress?.(progress);
  }
}
