/** A source ready to be told apart and read: opened, unwrapped, with its first 64 KiB in view. */
import { ImportError } from '../errors.ts';
import { type ImportInput } from '../options.ts';
import { type ByteSource, openBytes } from './file.ts';
import { peek } from './peek.ts';
import { unwrap } from './wrappers.ts';

/** What formats are told apart by. */
export const HEAD_BYTES = 64 * 1024;

export interface Source {
  readonly bytes: ByteSource;
  /** Compression around the content, outermost first. */
  readonly wrappers: readonly string[];
  /** The first 64 KiB of the content. */
  readonly head: Uint8Array;
  /** The whole content. Can be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends decompression and closes the file. */
  close(): Promise<void>;
}

/** The caller closes it. @throws ImportError when there is nothing to read. */
export async function openSource(input: ImportInput): Promise<Source> {
  const bytes = await openBytes(input);
  try {
    const { chunks, wrappers } = await unwrap(bytes);
    const peeked = await peek(chunks, HEAD_BYTES);
    if (peeked.head.length === 0) throw empty(bytes, wrappers);
    const close = async (): Promise<void> => {
      await peeked.close();
      await bytes.close();
    };
    return { bytes, wrappers, head: peeked.head, chunks: peeked.chunks, close };
  } catch (thrown) {
    await bytes.close();
    throw thrown;
  }
}

export function empty(bytes: ByteSource, wrappers: readonly string[]): ImportError {
  const outermost = wrappers.length === 0 ? 'the file is empty.' : `the ${wrappers.join(' in ')} file is empty inside.`;
  return new ImportError({
    code: 'empty',
    file: bytes.given,
    problem: outermost,
    hint: 'Was the recording stopped before anything was written?',
    at: { byte: 0 },
  });
}
