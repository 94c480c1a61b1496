/**
 * Open traces that are not finished may be written by another process (`gicscope import --follow`, `gicscope record`):
 * twice a second their files are looked at, and whoever shows them is told when they changed. A look is two `stat`s;
 * none is made while every open trace is finished.
 */
import { statSync } from 'node:fs';
import { type OpenTrace } from './open-trace.ts';

interface Traces {
  readonly all: Iterable<OpenTrace>;
}

const LOOK_EVERY_MS = 500;

export class GrowthWatch {
  readonly #traces: Traces;
  readonly #changed: (path: string) => void;
  /** What the files of a trace looked like, by its number. */
  #seen = new Map<number, string>();
  #timer: NodeJS.Timeout | undefined;

  /** `changed` takes in what is new of the traces at a path. */
  constructor(traces: Traces, changed: (path: string) => void) {
    this.#traces = traces;
    this.#changed = changed;
  }

  /** To be called when a trace was opened that is not finished. */
  start(): void {
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#seen.clear();
  }

  #look(): void {
    const seen = new Map<number, string>();
    for (const { id, path, finished } of this.#traces.all) {
      if (finished) continue;
      const now = looksOf(path);
      seen.set(id, now);
      if (this.#seen.get(id) === now) continue;
      try {
        this.#changed(path);
      } catch {
        // Whoever asks for something of this trace next is told what is wrong with it.
      }
    }
    this.#seen = seen;
    if (seen.size === 0) this.close();
  }
}

/** Changes with every commit: in write-ahead logging the log's, else the file's. */
function looksOf(path: string): string {
  return [path, `${path}-wal`]
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((found) => (found === undefined ? '' : `${found.ino}:${found.size}:${found.mtimeMs}`))
    .join(' ');
}
