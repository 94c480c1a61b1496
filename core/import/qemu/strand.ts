/**
 * What is unfinished of one thread's lines: groups that are one event. Where the log tells threads, lines of others may
 * stand between; where it does not, all are one strand.
 */
import { Exceptions } from './exceptions.ts';
import { NO_THREAD } from './prefix.ts';
import { Quad, type QuadReceiver } from './quad.ts';

/** Threads beyond these are taken as those of lines that tell none. */
const MOST_STRANDS = 4096;

export class Strand {
  readonly quad: Quad;
  readonly exceptions = new Exceptions();

  constructor(to: QuadReceiver) {
    this.quad = new Quad(to);
  }

  close(): void {
    this.quad.close();
    this.exceptions.close();
  }
}

export class Strands {
  /** That of lines that tell no thread. */
  readonly common: Strand;
  readonly #to: QuadReceiver;
  readonly #strands = new Map<number, Strand>();

  constructor(common: Strand, to: QuadReceiver) {
    this.common = common;
    this.#to = to;
    this.#strands.set(NO_THREAD, common);
  }

  /** The strand of a thread; undefined: there are too many. */
  of(thread: number): Strand | undefined {
    let strand = this.#strands.get(thread);
    if (strand === undefined && this.#strands.size < MOST_STRANDS) {
      strand = new Strand(this.#to);
      this.#strands.set(thread, strand);
    }
    return strand;
  }

  closeQuads(): void {
    for (const { quad } of this.#strands.values()) quad.close();
  }

  /** No group has more lines. */
  close(): void {
    for (const strand of this.#strands.values()) strand.close();
  }
}
