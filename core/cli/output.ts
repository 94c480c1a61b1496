/**
 * Standard output with the pace of its reader: each write waits until the text is handed on, so a slow pipe costs no
 * memory. A closed pipe ends the command quietly, Ctrl-C ends it between two writes.
 */
import { type Writable } from 'node:stream';
import { PipeClosed } from './failure.ts';

export class Output {
  readonly #stream: Writable;
  readonly #signal: AbortSignal;
  #error: Error | undefined;

  constructor(stream: Writable, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    // Without a listener Node ends the process with a stack trace.
    stream.on('error', (error: Error) => {
      this.#error ??= error;
    });
  }

  /** @throws PipeClosed when nobody reads any more; an AbortError after Ctrl-C. */
  async write(text: string): Promise<void> {
    this.#signal.throwIfAborted();
    if (text === '') return;
    if (this.#error !== undefined) throw asPipeClosed(this.#error);
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(asPipeClosed(error));
      });
    });
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** One JSON document and nothing else. */
  json(document: unknown): Promise<void> {
    return this.write(`${JSON.stringify(document, undefined, 2)}\n`);
  }
}

function asPipeClosed(error: Error): Error {
  const code: unknown = 'code' in error ? error.code : undefined;
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
    ? new PipeClosed('the reader is gone')
    : error;
}
