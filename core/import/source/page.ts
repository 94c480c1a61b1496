/**
 * A piece of a text source, as bytes, and the texts of its lines, which are made when somebody asks: most lines are read
 * as bytes alone. In a piece of ASCII lines are slices of one text, made once; elsewhere each is decoded as UTF-8.
 */
import { isAscii } from 'node:buffer';

export class Page {
  /** Nobody may write to them while the page is in use. */
  readonly bytes: Uint8Array;
  /** Places of bytes and of characters are the same. */
  readonly isAscii: boolean;
  #text: string | undefined;
  #words: DataView | undefined;

  constructor(bytes: Uint8Array) {
    // Always of the same class, so that the loops over bytes are compiled once.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.isAscii = isAscii(bytes);
  }

  /** The bytes, several at a time. */
  get words(): DataView {
    // Asked for at every line; asking an array for its memory is a call out of compiled code.
    return this.#words ?? this.#view();
  }

  #view(): DataView {
    const { buffer: shared, byteOffset, length } = this.bytes;
    return (this.#words = new DataView(shared, byteOffset, length));
  }

  /** The text of `bytes[start … end)`, which begins and ends between characters. */
  text(start: number, end: number): string {
    if (!this.isAscii) return buffer(this.bytes).toString('utf8', start, end);
    return (this.#text ??= buffer(this.bytes).toString('latin1')).slice(start, end);
  }
}

/** The bytes as a Buffer, without a copy. */
function buffer({ buffer: shared, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(shared, byteOffset, length);
}

export const NO_PAGE = new Page(new Uint8Array());
