/**
 * Bytes of a file or a stream, counted, in pieces of at most 256 KiB.
 *
 * A regular file must still be the same file, and not shorter than it was, when its end is reached: a log that is
 * rotated or truncated under the import must not become a trace that looks complete. A file that grows meanwhile is
 * read to the end that it has then.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ImportError, messageOf, systemCode } from '../errors.ts';
import { type ImportInput } from '../options.ts';

const PIECE = 256 * 1024;

export interface ByteSource {
  /** As the user gave it, for messages. */
  readonly given: string;
  /** Without folders. */
  readonly name: string;
  /** Absent for streams and pipes. */
  readonly total: number | undefined;
  /** So far. */
  readonly bytesRead: number;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** A piece whose reader is done with it: its memory may serve for a later one. */
  release?(piece: Uint8Array): void;
  close(): Promise<void>;
}

export async function openBytes(input: ImportInput): Promise<ByteSource> {
  return typeof input === 'string' ? openFile(input) : new StreamBytes(input.name, input.stream);
}

class StreamBytes implements ByteSource {
  readonly given: string;
  readonly name: string;
  readonly total = undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  bytesRead = 0;

  constructor(name: string, stream: AsyncIterable<unknown>) {
    this.given = name;
    this.name = basename(name);
    this.chunks = this.#read(stream);
  }

  async close(): Promise<void> {}

  async *#read(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        if (!(bytes instanceof Uint8Array)) throw new TypeError('the stream does not give bytes');
        this.bytesRead += bytes.length;
        yield bytes;
      }
    } catch (cause) {
      if (cause instanceof ImportError) throw cause;
      throw new ImportError({
        code: 'io',
        file: this.given,
        problem: `reading failed after ${this.bytesRead} bytes: ${messageOf(cause)}.`,
        at: { byte: this.bytesRead },
        cause,
      });
    }
  }
}

async function openFile(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (cause) {
    throw refused(path, cause);
  }
  try {
    const found = await handle.stat();
    if (found.isDirectory()) throw await directoryError(path);
    return new FileBytes(path, handle, found.isFile() ? found : undefined);
  } catch (thrown) {
    await handle.close();
    throw thrown instanceof ImportError ? thrown : refused(path, thrown);
  }
}

interface Identity {
  readonly size: number;
  readonly dev: number;
  readonly ino: number;
}

class FileBytes implements ByteSource {
  readonly given: string;
  readonly name: string;
  readonly total: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  bytesRead = 0;
  readonly #handle: FileHandle;
  readonly #start: Identity | undefined;
  /** Pieces that were given, and what serves again: memory of a piece each would have to be cleared, and collected. */
  readonly #given = new WeakSet<Uint8Array>();
  readonly #free: Buffer[] = [];

  constructor(path: string, handle: FileHandle, start: Identity | undefined) {
    this.given = path;
    this.name = basename(path);
    this.#handle = handle;
    this.#start = start;
    this.total = start?.size;
    this.chunks = this.#read();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  release(piece: Uint8Array): void {
    if (!this.#given.delete(piece)) return;
    this.#free.push(Buffer.from(piece.buffer));
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    let next = this.#piece();
    for (;;) {
      const piece = await next;
      if (piece.length === 0) break;
      this.bytesRead += piece.length;
      if (this.#start === undefined) {
        // A pipe may have nothing for long, and whoever closes it would wait for a read under way.
        yield piece;
        next = this.#piece();
      } else {
        // While the caller works on this one.
        next = this.#piece();
        next.catch(() => undefined);
        yield piece;
      }
    }
    await this.#isStillThere();
  }

  async #piece(): Promise<Uint8Array> {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(PIECE);
    try {
      const piece = buffer.subarray(0, (await this.#handle.read(buffer, 0, PIECE, null)).bytesRead);
      this.#given.add(piece);
      return piece;
    } catch (cause) {
      throw refused(this.given, cause, this.bytesRead);
    }
  }

  async #isStillThere(): Promise<void> {
    const start = this.#start;
    if (start === undefined) return;
    const changed = (problem: string): ImportError =>
      new ImportError({
        code: 'changed',
        file: this.given,
        problem,
        hint: 'Import it again when nothing else writes to it, or with --keep-partial to keep what was read.',
        at: { byte: this.bytesRead },
      });
    if (this.bytesRead < start.size)
      throw changed(
        `the file became shorter while it was read: it had ${start.size} bytes and ended after ${this.bytesRead}.`,
      );
    const now = await stat(this.given).catch((cause: unknown) => {
      throw systemCode(cause) === 'ENOENT'
        ? changed(`the file was deleted while it was read (${this.bytesRead} bytes were read).`)
        : refused(this.given, cause, this.bytesRead);
    });
    if (now.ino !== start.ino || now.dev !== start.dev)
      throw changed(`another file took its place while it was read (${this.bytesRead} bytes were read).`);
  }
}

/** A folder may be a trace of another tool; then say so. */
export async function directoryError(path: string): Promise<ImportError> {
  const isCtf = await stat(`${path}/metadata`).then(
    (found) => found.isFile(),
    () => false,
  );
  return new ImportError({
    code: 'is-directory',
    file: path,
    problem: isCtf
      ? 'this is a directory, apparently a CTF trace (LTTng), which cannot be imported.'
      : 'this is a directory.',
    hint: isCtf ? 'Convert it to text first (babeltrace2).' : 'Name a file in it.',
  });
}

/** What the system's refusal to open or read means for a person. */
export function refused(path: string, cause: unknown, byte?: number): ImportError {
  const where = byte === undefined ? {} : { at: { byte } };
  const after = byte ? ` after ${byte} bytes` : '';
  switch (systemCode(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new ImportError({ code: 'not-found', file: path, problem: 'there is no such file.', cause });
    case 'EACCES':
    case 'EPERM':
      return new ImportError({
        code: 'no-permission',
        file: path,
        problem: 'you may not read this file.',
        hint: 'Give yourself read permission, or copy it as its owner.',
        cause,
      });
    case 'EISDIR':
      return new ImportError({
        code: 'is-directory',
        file: path,
        problem: 'this is a directory.',
        hint: 'Name a file in it.',
        cause,
      });
    case 'ESTALE':
      return new ImportError({
        code: 'changed',
        file: path,
        problem: `the file vanished from its server${after}.`,
        cause,
        ...where,
      });
    default:
      return new ImportError({
        code: 'io',
        file: path,
        problem: `reading failed${after}: ${messageOf(cause)}.`,
        cause,
        ...where,
      });
  }
}
