/**
 * A file read at any place. trace.dat needs that: its metadata points forwards and its CPU buffers are read side by
 * side. What comes compressed or through a pipe is written to a temporary file first, which is removed at the end.
 */
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImportError, messageOf, systemCode } from '../errors.ts';
import { DatFault } from './fault.ts';

/** Checked while spooling: so much must stay free. */
const SPARE = 64 * 1024 * 1024;
const CHECK_EVERY = 32 * 1024 * 1024;

export class RandomFile {
  readonly size: number;
  readonly #fd: number;
  readonly #folder: string | undefined;
  /** Bytes that were read, for progress. */
  bytesRead = 0;

  private constructor(fd: number, folder: string | undefined) {
    this.#fd = fd;
    this.#folder = folder;
    this.size = fstatSync(fd).size;
  }

  /** @throws what the operating system says */
  static open(path: string): RandomFile {
    return new RandomFile(openSync(path, 'r'), undefined);
  }

  /** Everything of a stream in a temporary file. @throws ImportError when there is no room */
  static async spool(name: string, chunks: AsyncIterable<Uint8Array>, turn: () => void): Promise<RandomFile> {
    const folder = mkdtempSync(join(tmpdir(), 'gicscope-trace-dat-'));
    let fd: number | undefined;
    try {
      fd = openSync(join(folder, 'content'), 'wx+', 0o600);
      let written = 0;
      let checked = -CHECK_EVERY;
      for await (const chunk of chunks) {
        turn();
        if (written - checked >= CHECK_EVERY) {
          checked = written;
          const { bavail, bsize } = statfsSync(folder);
          if (bavail * bsize < SPARE) throw noRoom(name, folder, written);
        }
        for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
        written += chunk.length;
      }
      return new RandomFile(fd, folder);
    } catch (thrown) {
      if (fd !== undefined) closeSync(fd);
      rmSync(folder, { recursive: true, force: true });
      if (systemCode(thrown) === 'ENOSPC') throw noRoom(name, folder, 0);
      throw thrown;
    }
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
    closeSync(this.#fd);
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

function noRoom(file: string, folder: string, written: number): ImportError {
  return new ImportError({
    code: 'io',
    file,
    problem: `there is no room in ${folder} for the decompressed trace.dat (${written} bytes were written).`,
    hint: 'Decompress it yourself and import the trace.dat, or set TMPDIR to a folder with more room.',
  });
}
