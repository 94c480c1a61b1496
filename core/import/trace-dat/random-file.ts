/**
 * A file read at any place. trace.dat needs that: its metadata points forwards and its CPU buffers are read side by
 * side. What comes compressed or through a pipe is written to a temporary file first, which is removed at the end (source/spool.ts).
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { spool } from '../source/spool.ts';
import { DatFault } from './fault.ts';

export class RandomFile {
  readonly size: number;
  readonly #fd: number;
  readonly #close: () => void;
  /** Bytes that were read, for progress. */
  bytesRead = 0;

  private constructor(fd: number, close: () => void) {
    this.#fd = fd;
    this.#close = close;
    this.size = fstatSync(fd).size;
  }

  /** @throws what the operating system says */
  static open(path: string): RandomFile {
    const fd = openSync(path, 'r');
    return new RandomFile(fd, () => closeSync(fd));
  }

  /** Everything of a stream in a temporary file. @throws ImportError when there is no room */
  static async spool(name: string, chunks: AsyncIterable<Uint8Array>, turn: () => void): Promise<RandomFile> {
    const { fd, close } = await spool(name, chunks, { what: 'the trace.dat', turn });
    return new RandomFile(fd, close);
  }

  /** Exactly these bytes. @throws DatFault when the file is shorter */
  read(offset: number, length: number, what: string): Uint8Array {
    if (!(offset >= 0) || !(length >= 0) || offset + length > this.size)
      throw new DatFault(
        'truncated',
        Math.min(Math.max(offset, 0), this.size),
        `${what} would take bytes ${offset} to ${offset + length}, but the file has ${this.size}.`,
      );
    return this.upTo(offset, length);
  }

  /** These bytes, or fewer at the file's end. */
  upTo(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const buffer = Buffer.allocUnsafeSlow(wanted);
    let at = 0;
    while (at < wanted) {
      let count: number;
      try {
        count = readSync(this.#fd, buffer, at, wanted - at, offset + at);
      } catch (cause) {
        throw new DatFault('io', offset + at, `reading failed: ${messageOf(cause)}.`);
      }
      if (count === 0)
        throw new DatFault(
          'changed',
          offset + at,
          `the file became shorter while it was read (it had ${this.size} bytes).`,
        );
      at += count;
    }
    this.bytesRead += wanted;
    return buffer;
  }

  close(): void {
    this.#close();
  }
}
