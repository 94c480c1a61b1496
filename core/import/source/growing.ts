/**
 * Bytes of a file that somebody still writes to, or of a pipe by name: to the end that it has, then on as more comes,
 * until `stop`. The file is opened without blocking and looked at a few times a second, so that nothing is ever stuck
 * in a read: a FIFO and `trace_pipe` answer "not now" like the end of a log does.
 *
 * A log that is cut or replaced (rotation) ends there with a message: what is written after that would be another
 * recording. One that is cut and grows beyond its old size between two looks is not noticed.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ImportError, systemCode } from '../errors.ts';
import { type ByteSource, directoryError, refused } from './file.ts';

const PIECE = 256 * 1024;
/** Milliseconds between two looks at a source that has nothing new. */
const LOOK_EVERY_MS = 100;
const NOT_NOW = -1;

/** @throws ImportError when it cannot be opened */
export async function openGrowing(path: string, stop: AbortSignal): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    throw refused(path, cause);
  }
  try {
    const found = await handle.stat();
    if (found.isDirectory()) throw await directoryError(path);
    return new GrowingBytes(path, handle, found.isFile() ? found.size : undefined, stop);
  } catch (thrown) {
    await handle.close();
    throw thrown instanceof ImportError ? thrown : refused(path, thrown);
  }
}

class GrowingBytes implements ByteSource {
  readonly given: string;
  readonly name: string;
  readonly total = undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
  bytesRead = 0;
  readonly #handle: FileHandle;
  readonly #stop: AbortSignal;
  /** The largest size that the file had, 0 throughout for files of the kernel; undefined: a pipe or device. */
  #size: number | undefined;

  constructor(path: string, handle: FileHandle, size: number | undefined, stop: AbortSignal) {
    this.given = path;
    this.name = basename(path);
    this.#handle = handle;
    this.#size = size;
    this.#stop = stop;
    this.chunks = this.#read();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    while (!this.#stop.aborted) {
      const buffer = Buffer.allocUnsafeSlow(PIECE);
      const count = await this.#next(buffer);
      if (count > 0) {
        this.bytesRead += count;
        yield buffer.subarray(0, count);
        continue;
      }
      if (this.#size !== undefined) this.#size = await this.#checkedSize(this.#size);
      // Whoever wrote to the pipe has closed it. Before the first byte nobody may have opened it yet.
      else if (count === 0 && this.bytesRead > 0) return;
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.#stop }).catch(() => undefined);
    }
  }

  async #next(buffer: Buffer): Promise<number> {
    try {
      return (await this.#handle.read(buffer, 0, PIECE, null)).bytesRead;
    } catch (cause) {
      if (systemCode(cause) === 'EAGAIN') return NOT_NOW;
      throw refused(this.given, cause, this.bytesRead);
    }
  }

  /** The size now, of the same file, which had `size` before. @throws ImportError */
  async #checkedSize(size: number): Promise<number> {
    const own = await this.#handle.stat();
    if (own.size < size)
      throw this.#changed(`the file became shorter while it was followed: from ${size} bytes to ${own.size}`);
    const now = await stat(this.given).catch((cause: unknown) => {
      throw systemCode(cause) === 'ENOENT'
        ? this.#changed('the file was deleted while it was followed')
        : refused(this.given, cause, this.bytesRead);
    });
    if (now.ino !== own.ino || now.dev !== own.dev)
      throw this.#changed('another file took its place while it was followed');
    return own.size;
  }

  #changed(what: string): ImportError {
    return new ImportError({
      code: 'changed',
      file: this.given,
      problem: `${what} (${this.bytesRead} bytes were read).`,
      hint: 'Follow the new one into another trace.',
      at: { byte: this.bytesRead },
    });
  }
}
