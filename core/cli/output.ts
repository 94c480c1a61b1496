/**
 * Standard output with the pace of its reader: each write waits until the text is handed on, so a slow pipe costs no
 * memory. A closed pipe ends the command quietly, Ctrl-C ends it between two writes.
 */
import { type Writable } from 'node:stream';
import { PipeClosed } from './failure.ts';

const HEAR_EVERY_MS = 20;

export class Output {
  readonly #stream: Writable;
  readonly #signal: AbortSignal;
  readonly #name: string;
  #error: Error | undefined;
  #heard = performance.now();

  /** `name`: what a failure calls it. */
  constructor(stream: Writable, signal: AbortSignal, name: string) {
    this.#stream = stream;
    this.#signal = signal;
    this.#name = name;
    // Without a listener Node ends the process with a stack trace.
    stream.on('error', (error: Error) => {
      this.#error ??= error;
    });
  }

  /** @throws PipeClosed when nobody reads any more; an AbortError after Ctrl-C. */
  async write(text: string): Promise<void> {
    this.#signal.throwIfAborted();
    if (text === '') return;
    if (this.#error !== undefined) throw this.#failure(this.#error);
    await this.#hear();
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(this.#failure(error));
      });
    });
  }

  /** A file takes what is written at once: then nothing else happens in this process, a Ctrl-C neither. */
  async #hear(): Promise<void> {
    if (performance.now() - this.#heard < HEAR_EVERY_MS) return;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#heard = performance.now();
    this.#signal.throwIfAborted();
  }

  /** Waits until all that was written to the stream, by whomever, is handed on. @throws as `write` does */
  async settle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#stream.write('', () => resolve());
    });
    if (this.#error !== undefined) throw this.#failure(this.#error);
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** One JSON document and nothing else. */
  json(document: unknown): Promise<void> {
    return this.write(`${JSON.stringify(document, undefined, 2)}\n`);
  }

  #failure(error: Error): Error {
    const code: unknown = 'code' in error ? error.code : undefined;
    if (code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END')
      return new PipeClosed('the reader is gone');
    // A failed write names no file.
    return 'path' in error ? error : Object.assign(error, { path: this.#name });
  }
}
