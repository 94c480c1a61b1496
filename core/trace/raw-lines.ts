/**
 * The untouched lines of a text source, compressed in pieces of about 256 kB: what the Event tab shows as the record.
 * A blob: number of lines; per line the difference to the previous line number and the length in UTF-16 units; the
 * texts without separators, UTF-8. Lines come in ascending order, gaps are allowed.
 */
import type Database from 'better-sqlite3';
import { unwrap } from './blob.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { blob, integer } from './row-values.ts';
import { type WriteQueue, type WriteStatement, content } from './write-queue.ts';

const PIECE_CHARACTERS = 256 * 1024;
/** A longer line is cut; what a person can read of it is there. */
const LINE_LIMIT = 65_536;
const PIECE_LIMIT = 4 * (PIECE_CHARACTERS + LINE_LIMIT) + 16 * PIECE_CHARACTERS;
// Level 3 made logs 6 % larger than level 1, and took a quarter longer.
const LEVEL = 1;

const head = new ByteWriter(PIECE_CHARACTERS);

export class RawLineWriter {
  readonly #write: WriteStatement;
  /** The texts of the piece, and per line its number and its characters. */
  readonly #texts = new ByteWriter(2 * PIECE_CHARACTERS);
  readonly #lines: number[] = [];
  readonly #lengths: number[] = [];
  #characters = 0;
  #last = 0;
  #id = 0;

  constructor(queue: WriteQueue) {
    this.#write = queue.prepare('INSERT INTO raw(id, first_line, last_line, data) VALUES (?, ?, ?, ?)');
  }

  /** @throws RangeError when the line number does not rise */
  add(line: number, text: string): void {
    const kept = text.length > LINE_LIMIT ? text.slice(0, LINE_LIMIT) : text;
    this.#place(line, kept.length);
    this.#texts.text(kept);
    if (this.#characters >= PIECE_CHARACTERS) this.flush();
  }

  /**
   * As `add`, for a line in ASCII; true: it is time to flush.
   * @throws RangeError when the line number does not rise
   */
  addAscii(line: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = Math.min(end - start, LINE_LIMIT);
    this.#place(line, length);
    const texts = this.#texts;
    texts.reserve(length);
    texts.bytes.set(bytes.subarray(start, start + length), texts.length);
    texts.length += length;
    return this.#characters >= PIECE_CHARACTERS;
  }

  flush(): void {
    const first = this.#lines[0];
    if (first === undefined) return;
    const out = head.clear();
    out.varint(this.#lines.length);
    let last = first;
    for (const line of this.#lines) {
      out.varint(line - last);
      last = line;
    }
    for (const length of this.#lengths) out.varint(length);
    out.raw(this.#texts.view());
    this.#write.run(this.#id++, first, last, content(out.view(), LEVEL));
    this.#lines.length = 0;
    this.#lengths.length = 0;
    this.#texts.clear();
    this.#characters = 0;
  }

  #place(line: number, characters: number): void {
    if (!Number.isSafeInteger(line) || line <= this.#last)
      throw new RangeError(`raw line ${line} after line ${this.#last}: line numbers must rise`);
    this.#last = line;
    this.#lines.push(line);
    this.#lengths.push(characters);
    this.#characters += characters + 1;
  }
}

interface Piece {
  readonly first: number;
  readonly last: number;
  readonly texts: ReadonlyMap<number, string>;
}

export class RawLineReader {
  readonly #find: Database.Statement;
  #piece: Piece | undefined;

  constructor(db: Database.Database) {
    this.#find = db
      .prepare('SELECT first_line, last_line, data FROM raw WHERE first_line <= ? ORDER BY first_line DESC LIMIT 1')
      .raw();
  }

  /** The text of a source line, or undefined when the trace does not have it. */
  line(line: number): string | undefined {
    if (this.#piece === undefined || line < this.#piece.first || line > this.#piece.last) {
      const row: unknown = this.#find.get(line);
      if (row === undefined) return undefined;
      const first = integer(row, 0, 'raw lines');
      this.#piece = { first, last: integer(row, 1, 'raw lines'), texts: decode(blob(row, 2, 'raw lines'), first) };
    }
    return this.#piece.texts.get(line);
  }
}

function decode(data: Uint8Array, first: number): Map<number, string> {
  const what = `raw lines from ${first} on`;
  const input = new ByteReader(unwrap(data, what, PIECE_LIMIT), what);
  const count = input.count(PIECE_CHARACTERS + 1, 'lines');
  const lines: number[] = [];
  let line = first;
  for (let i = 0; i < count; i++) {
    line += input.varint();
    lines.push(line);
  }
  const lengths: number[] = [];
  for (let i = 0; i < count; i++) lengths.push(input.count(LINE_LIMIT, 'characters'));
  const text = Buffer.from(input.raw(input.left)).toString('utf8');
  const out = new Map<number, string>();
  let at = 0;
  for (const [i, length] of lengths.entries()) {
    out.set(lines[i] ?? 0, text.slice(at, at + length));
    at += length;
  }
  if (at !== text.length) throw input.fail(`${text.length} characters, the lengths say ${at}`);
  return out;
}
