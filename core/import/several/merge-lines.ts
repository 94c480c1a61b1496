/**
 * Lines of several files of one emulator, in the order of their time stamps: the set that `-d tid` writes, one file per
 * thread. A line without a time stamp stays behind the one before it in its file. Of lines of one time the file goes on
 * that had the line before, since a thread prints several lines for one thing.
 *
 * Memory: a piece of each file. Cost: linear in lines and files.
 */
import { type LineTime, type Parts } from '../format.ts';
import { LineSplitter, LONGEST_LINE } from '../source/lines.ts';

const LF = Buffer.from('\n');
/** A piece of output. */
const PIECE = 256 * 1024;

interface Stamped {
  readonly time: bigint;
  readonly line: Buffer;
}

/** The lines of one file, as far as they are read. */
class File {
  readonly index: number;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #splitter: LineSplitter;
  readonly #ready: Stamped[] = [];
  #next = 0;
  #isOver = false;

  constructor(index: number, chunks: AsyncIterable<Uint8Array>, timeOf: LineTime) {
    this.index = index;
    this.#chunks = chunks[Symbol.asyncIterator]();
    let time = -1n;
    this.#splitter = new LineSplitter({
      onLine: (_line, { bytes }, start, end) => {
        time = timeOf(bytes, start, end) ?? time;
        this.#ready.push({ time, line: Buffer.from(bytes.subarray(start, end)) });
      },
      // What is too long stays too long, so that it is skipped and counted as such.
      onLong: (beginning) => this.#ready.push({ time, line: Buffer.alloc(LONGEST_LINE + 1, beginning) }),
    });
  }

  /** The next line, if it is read. */
  get head(): Stamped | undefined {
    return this.#ready[this.#next];
  }

  take(): void {
    this.#next++;
  }

  /** Reads on until there is a next line; without one the file has ended. */
  async fill(): Promise<void> {
    while (this.#next === this.#ready.length && !this.#isOver) {
      this.#ready.length = 0;
      this.#next = 0;
      const chunk = await this.#chunks.next();
      if (chunk.done === true) {
        this.#isOver = true;
        this.#splitter.end();
      } else this.#splitter.push(chunk.value);
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** To be read once; `fileOf` knows the lines of the last piece. */
export class MergedLines implements Parts {
  readonly names: readonly string[];
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Lines before the last piece, and the files of its lines. */
  #before = 0;
  #files: number[] = [];

  constructor(names: readonly string[], files: readonly AsyncIterable<Uint8Array>[], timeOf: () => LineTime) {
    this.names = names;
    this.chunks = this.#merge(files.map((chunks, index) => new File(index, chunks, timeOf())));
  }

  fileOf(line: number): number {
    return this.#files[line - this.#before - 1] ?? 0;
  }

  async *#merge(files: readonly File[]): AsyncGenerator<Uint8Array> {
    let out: Buffer[] = [];
    let length = 0;
    let from: number[] = [];
    const piece = (): Buffer => {
      this.#before += this.#files.length;
      this.#files = from;
      const joined = Buffer.concat(out);
      [out, from, length] = [[], [], 0];
      return joined;
    };
    try {
      for (const file of files) await file.fill();
      let last: File | undefined;
      for (;;) {
        const next = earliest(files, last);
        if (next?.head === undefined) break;
        const { line } = next.head;
        out.push(line, LF);
        from.push(next.index);
        length += line.length + 1;
        next.take();
        last = next;
        if (next.head === undefined) await next.fill();
        if (length >= PIECE) yield piece();
      }
      if (length > 0) yield piece();
    } finally {
      await Promise.all(files.map((file) => file.close()));
    }
  }
}

/** The file whose next line is the earliest; of several that of the line before. */
function earliest(files: readonly File[], last: File | undefined): File | undefined {
  let first = last?.head === undefined ? undefined : last;
  for (const file of files)
    if (file.head !== undefined && (first?.head === undefined || file.head.time < first.head.time)) first = file;
  return first;
}
