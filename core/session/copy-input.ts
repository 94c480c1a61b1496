/** A stream that is to be read in places or twice, as a temporary file: standard input among several files. */
import { type Readable } from 'node:stream';
import { ImportError } from '../import/import.ts';
import { spool } from '../import/source/spool.ts';
import { SessionError } from './failure.ts';

export interface InputCopy {
  readonly path: string;
  /** It was ended by the signal; what came until then is there. */
  readonly stopped: boolean;
  /** Removes it. */
  readonly discard: () => void;
}

/** @throws SessionError where there is no room for it */
export async function copyInput(stream: Readable, signal: AbortSignal): Promise<InputCopy> {
  try {
    const { path, close } = await spool('standard input', untilAborted(stream, signal), {
      what: 'standard input',
      as: 'stdin',
    });
    return { path, stopped: signal.aborted, discard: close };
  } catch (thrown) {
    if (!(thrown instanceof ImportError)) throw thrown;
    throw new SessionError({ code: 'bad-input', message: thrown.message });
  }
}

async function* untilAborted(stream: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const end = (): void => void stream.destroy();
  signal.addEventListener('abort', end);
  try {
    if (!signal.aborted) for await (const piece of stream) yield Buffer.from(piece);
  } catch (thrown) {
    // Destroyed in the midst of a read.
    if (!signal.aborted) throw thrown;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
