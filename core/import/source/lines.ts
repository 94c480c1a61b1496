/**
 * Pieces of bytes to lines, numbered from 1.
 *
 * A line is given as a place in a page (page.ts): bytes are what parsers compare, and its text is made when somebody
 * asks. A line that is spread over pieces is joined, as a page of its own. A line longer than 1 MiB is given to `onLong`
 * with its first 4096 characters; the rest is passed over, so memory stays bounded whatever comes.
 */
import { Page } from './page.ts';

export const LONGEST_LINE = 1024 * 1024;
const KEPT_OF_LONG = 4096;
const LF = 10;
const CR = 13;

export interface LineReceiver {
  /**
   * The `count` lines from number `first` on are those in `page.bytes` from `start` on, each up to its line feed, whose
   * place is in `ends`; they are given to `onLine` after this. Not told of lines that end in CR and LF, or that are spread
   * over pieces, or of pieces that a long line fits in. `ends` changes afterwards.
   */
  onLines?(first: number, page: Page, start: number, ends: Int32Array, count: number): void;
  /** The line is `page.bytes[start … end)`, without its line end. */
  onLine(line: number, page: Page, start: number, end: number): void;
  onLong(beginning: string, line: number): void;
}

export class LineSplitter {
  readonly #to: LineReceiver;
  /** The beginning of a line whose end has not come yet. */
  #rest: Uint8Array[] = [];
  #restLength = 0;
  #isLong = false;
  /** Line ends of the piece at hand. */
  #ends = new Int32Array(8192);
  /** Lines given out so far. */
  count = 0;

  constructor(to: LineReceiver) {
    this.#to = to;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.#restLength > 0) {
      const end = chunk.indexOf(LF);
      if (end < 0) {
        this.#keep(chunk);
        return;
      }
      this.#keep(chunk.subarray(0, end));
      this.#finishRest();
      start = end + 1;
    }
    const page = new Page(chunk);
    const count = this.#findEnds(chunk, start);
    const ends = this.#ends;
    if (count > 0 && chunk.length <= LONGEST_LINE && !chunk.includes(CR))
      this.#to.onLines?.(this.count + 1, page, start, ends, count);
    for (let i = 0; i < count; i++) {
      const end = ends[i] ?? start;
      this.#give(page, start, end);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The last line may lack its line end. */
  end(): void {
    if (this.#restLength > 0) this.#finishRest();
  }

  /** Puts the places of all line feeds from `from` on into `#ends`, and gives their number. */
  #findEnds(chunk: Uint8Array, from: number): number {
    let count = 0;
    for (let end = chunk.indexOf(LF, from); end >= 0; end = chunk.indexOf(LF, end + 1)) {
      if (count === this.#ends.length) this.#growEnds();
      this.#ends[count++] = end;
    }
    return count;
  }

  #growEnds(): void {
    const ends = new Int32Array(2 * this.#ends.length);
    ends.set(this.#ends);
    this.#ends = ends;
  }

  #give(page: Page, start: number, end: number): void {
    const { bytes } = page;
    const stop = end > start && bytes[end - 1] === CR ? end - 1 : end;
    const line = ++this.count;
    if (stop - start > LONGEST_LINE) this.#to.onLong(latin1(bytes, start, start + KEPT_OF_LONG), line);
    else this.#to.onLine(line, page, start, stop);
  }

  #finishRest(): void {
    const rest = this.#rest;
    const length = this.#restLength;
    const isLong = this.#isLong;
    this.#rest = [];
    this.#restLength = 0;
    this.#isLong = false;
    if (isLong) this.#to.onLong(latin1(Buffer.concat(rest), 0, KEPT_OF_LONG), ++this.count);
    else this.#give(new Page(Buffer.concat(rest, length)), 0, length);
  }

  #keep(piece: Uint8Array): void {
    if (this.#isLong) return;
    this.#restLength += piece.length;
    // A copy: the reader of the file may use its buffer again.
    this.#rest.push(Uint8Array.from(piece.length > LONGEST_LINE ? piece.subarray(0, LONGEST_LINE) : piece));
    if (this.#restLength <= LONGEST_LINE + 1) return;
    this.#isLong = true;
    this.#rest = [Buffer.concat(this.#rest).subarray(0, KEPT_OF_LONG)];
  }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1', start, end);
}
