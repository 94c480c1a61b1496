/**
 * Lines of several files of one emulator, in the order of their time stamps: the set that `-d tid` writes, one file per
 * thread. A line without a time stamp stays behind the one before it in its file.
 */
import { type LineTime } from '../format.ts';
import { LineSplitter } from '../source/lines.ts';

const LF = Buffer.from('\n');
/** A piece of output. */
const PIECE = 256 * 1024;

interface Stamped {
  readonly time: bigint;
  readonly line: Buffer;
}

/** The lines of one file, as far as they are read. */
class File {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #splitter: LineSplitter;
  readonly #ready: Stamped[] = [];
  #next = 0;
  #isOver = false;

  constructor(chunks: AsyncIterable<Uint8Array>, timeOf: LineTime) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    let time = -1n;
    this.#splitter = new LineSplitter({
      onLine: (_line, { bytes }, start, end) => {
        time = timeOf(bytes, start, end) ?? time;
        this.#ready.push({ time, line: Buffer.from(bytes.subarray(start, end)) });
      },
      // What is too long stays too long, so that it is skipped and counted as such.
      onLong: (beginning) => this.#ready.push({ time, line: Buffer.alloc(1024 * 1024 + 1, beginning) }),
    });
  }

  /** The next line, read if need be; undefined: there is none. */
  async peek(): Promise<Stamped | undefined> {
    while (this.#next === this.#ready.length && !this.#isOver) {
      this.#ready.length = 0;
      this.#next = 0;
      const chunk = await this.#chunks.next();
      if (chunk.done === true) {
        this.#isOver = true;
        this.#splitter.end();
      } else this.#splitter.push(chunk.value);
    }
    return this.#ready[this.#next];
  }

  take(): void {
    this.#next++;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

export async function* mergeLines(
  files: readonly AsyncIterable<Uint8Array>[],
  timeOf: () => LineTime,
): AsyncGenerator<Uint8Array> {
  const sources = files.map((chunks) => new File(chunks, timeOf()));
  let out: Buffer[] = [];
  let length = 0;
  try {
    for (;;) {
      let first: File | undefined;
      let earliest: Stamped | undefined;
      for (const source of sources) {
        const next = await source.peek();
        if (next === undefined || (earliest !== undefined && earliest.time <= next.time)) continue;
        earliest = next;
        first = source;
      }
      if (first === undefined || earliest === undefined) break;
      first.take();
      out.push(earliest.line, LF);
      length += earliest.line.length + 1;
      if (length < PIECE) continue;
      yield Buffer.concat(out);
      out = [];
      length = 0;
    }
    if (length > 0) yield Buffer.concat(out);
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}
