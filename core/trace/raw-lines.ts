/**
 * The untouched lines of a text source, compressed in pieces of about 256 kB: what the Event tab shows as the record.
 * A blob: number of lines; per line the difference to the previous line number; per line its length in UTF-16 units;
 * the texts, each with a line feed behind it, UTF-8. Lines come in ascending order, gaps are allowed.
 *
 * Lines that stand behind each other in the same bytes, as those of a source do, are given and copied together: a copy
 * of each by itself costs as much as all else about a line here, and leaves an object to be collected.
 */
import type Database from 'better-sqlite3';
import { unwrap } from './blob.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { blob, integer } from './row-values.ts';
import { type Writes, type WriteStatement, content } from './writes.ts';

const PIECE_CHARACTERS = 256 * 1024;
/** A longer line is cut; what a person can read of it is there. */
const LINE_LIMIT = 65_536;
const PIECE_LIMIT = 4 * (PIECE_CHARACTERS + LINE_LIMIT) + 16 * PIECE_CHARACTERS;
// Level 3 made logs 6 % larger than level 1, and took a quarter longer.
const LEVEL = 1;

const LF = 10;

export class RawLineWriter {
  readonly #write: WriteStatement;
  /** The texts of the piece, and per line its number and its characters. */
  readonly #texts = new ByteWriter(2 * PIECE_CHARACTERS);
  readonly #numbers = new ByteWriter();
  readonly #lengths = new ByteWriter();
  readonly #piece = new ByteWriter(PIECE_CHARACTERS);
  #count = 0;
  #characters = 0;
  #first = 0;
  #last = 0;
  #id = 0;

  constructor(writes: Writes) {
    this.#write = writes.prepare('INSERT INTO raw(id, first_line, last_line, data) VALUES (?, ?, ?, ?)');
  }

  /** @throws RangeError when the line number does not rise */
  add(line: number, text: string): void {
    const kept = text.length > LINE_LIMIT ? text.slice(0, LINE_LIMIT) : text;
    this.#place(line, kept.length);
    this.#texts.text(kept);
    this.#texts.u8(LF);
    if (this.#characters >= PIECE_CHARACTERS) this.flush();
  }

  /**
   * As `add`, for lines in ASCII that stand behind each other; see `PackedSink.rawLines`.
   * @throws RangeError when the line number does not rise
   */
  addLines(first: number, bytes: Uint8Array, start: number, ends: Int32Array, count: number): void {
    let at = start;
    /** From here on nothing is copied yet. */
    let from = start;
    for (let i = 0; i < count; i++) {
      const end = ends[i] ?? at;
      this.#place(first + i, Math.min(end - at, LINE_LIMIT));
      if (end - at > LINE_LIMIT) {
        this.#texts.raw(bytes.subarray(from, at + LINE_LIMIT));
        this.#texts.u8(LF);
        from = end + 1;
      }
      at = end + 1;
      if (this.#characters < PIECE_CHARACTERS) continue;
      this.#texts.raw(bytes.subarray(from, at));
      from = at;
      this.flush();
    }
    this.#texts.raw(bytes.subarray(from, at));
  }

  flush(): void {
    if (this.#count === 0) return;
    // Put together here: in the memory that both threads see, what is not aligned is copied byte by byte.
    const piece = this.#piece.clear();
    piece.varint(this.#count);
    for (const part of [this.#numbers, this.#lengths, this.#texts]) {
      piece.raw(part.view());
      part.clear();
    }
    this.#write.run(this.#id++, this.#first, this.#last, content(piece.view(), LEVEL));
    this.#count = 0;
    this.#characters = 0;
  }

  #place(line: number, characters: number): void {
    if (!Number.isSafeInteger(line) || line <= this.#last)
      throw new RangeError(`raw line ${line} after line ${this.#last}: line numbers must rise`);
    if (this.#count === 0) this.#first = line;
    this.#numbers.varint(this.#count === 0 ? 0 : line - this.#last);
    this.#lengths.varint(characters);
    this.#last = line;
    this.#count++;
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
    at += length + 1;
  }
  if (at !== text.length) throw input.fail(`${text.length} characters, the lengths say ${at}`);
  return out;
}
