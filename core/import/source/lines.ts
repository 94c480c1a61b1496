/**
 * Pieces of bytes to lines, numbered from 1.
 *
 * Each piece becomes one Latin-1 string that its lines are slices of, because that is the fastest way that JavaScript
 * has to look at bytes as text; a line with bytes above 0x7F is read again as UTF-8. A line longer than 1 MiB is given
 * to `onLong` with its first 4096 characters; the rest is passed over, so memory stays bounded whatever comes.
 */
import { isAscii } from 'node:buffer';

export const LONGEST_LINE = 1024 * 1024;
const KEPT_OF_LONG = 4096;

export interface LineReceiver {
  /** Without its line end. */
  onLine(text: string, line: number): void;
  onLong(beginning: string, line: number): void;
}

export class LineSplitter {
  readonly #to: LineReceiver;
  #rest = '';
  #restIsAscii = true;
  #isLong = false;
  /** Lines given out so far. */
  count = 0;

  constructor(to: LineReceiver) {
    this.#to = to;
  }

  push(chunk: Uint8Array): void {
    const ascii = isAscii(chunk);
    const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
    let start = 0;
    for (;;) {
      const end = text.indexOf('\n', start);
      if (end < 0) break;
      if (this.#rest === '' && !this.#isLong) this.#give(text, start, end, ascii);
      else this.#finishRest(text, start, end, ascii);
      start = end + 1;
    }
    if (start < text.length) this.#keep(text, start, ascii);
  }

  /** The last line may lack its line end. */
  end(): void {
    if (this.#rest !== '' || this.#isLong) this.#finishRest('', 0, 0, true);
  }

  #give(text: string, start: number, end: number, ascii: boolean): void {
    const stop = end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
    if (stop - start > LONGEST_LINE) {
      this.#to.onLong(text.slice(start, start + KEPT_OF_LONG), ++this.count);
      return;
    }
    const line = text.slice(start, stop);
    this.#to.onLine(ascii ? line : utf8(line), ++this.count);
  }

  #finishRest(text: string, start: number, end: number, ascii: boolean): void {
    const rest = this.#rest;
    const isLong = this.#isLong;
    const bothAscii = this.#restIsAscii && ascii;
    this.#rest = '';
    this.#restIsAscii = true;
    this.#isLong = false;
    if (isLong) {
      this.#to.onLong(rest, ++this.count);
      return;
    }
    const joined = rest + text.slice(start, end);
    this.#give(joined, 0, joined.length, bothAscii);
  }

  #keep(text: string, start: number, ascii: boolean): void {
    if (this.#isLong) return;
    this.#rest += text.slice(start);
    if (!ascii) this.#restIsAscii = false;
    if (this.#rest.length <= LONGEST_LINE) return;
    this.#isLong = true;
    this.#rest = Buffer.from(this.#rest.slice(0, KEPT_OF_LONG), 'latin1').toString('latin1');
  }
}

function utf8(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}
