/**
 * Files compressed with xz, unpacked into a temporary one: only one decompression of xz runs at a time
 * (source/xz.ts), and here several files are read side by side and some of them twice.
 */
import { ImportError } from '../errors.ts';
import { type ImportInput, type ImportOptions } from '../options.ts';
import { openSource, type Source } from '../source/source.ts';
import { spool } from '../source/spool.ts';

export interface Unpacked {
  readonly source: Source;
  /** What to open to read it again. */
  readonly input: ImportInput;
  /** Name without folders, and compression, of the file that was given. */
  readonly name: string;
  readonly wrappers: readonly string[];
  /** Why there is not all of it, where that is to be kept. */
  readonly cut?: string;
  /** Closes it, and removes the temporary file. */
  close(): Promise<void>;
}

/** @throws ImportError, or the signal's reason */
export async function openUnpacked(
  input: ImportInput,
  { signal, keepPartial = false }: ImportOptions,
): Promise<Unpacked> {
  const packed = await openSource(input);
  const { wrappers } = packed;
  const { name } = packed.bytes;
  if (!wrappers.includes('xz')) return { source: packed, input, name, wrappers, close: () => packed.close() };
  let cut: string | undefined;
  const whole = keepPartial ? untilDamage(packed.chunks, (why) => (cut = why)) : packed.chunks;
  const copy = await spool(packed.bytes.given, whole, {
    what: 'the decompressed file',
    as: 'content',
    turn: () => signal?.throwIfAborted(),
  }).finally(() => packed.close());
  try {
    const source = await openSource(copy.path);
    const close = async (): Promise<void> => {
      await source.close();
      copy.close();
    };
    return { source, input: copy.path, name, wrappers, close, ...(cut === undefined ? {} : { cut }) };
  } catch (thrown) {
    copy.close();
    throw thrown;
  }
}

/** What comes before the place where it is damaged; `ended` is told why it ends there. */
async function* untilDamage(
  chunks: AsyncIterable<Uint8Array>,
  ended: (why: string) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (thrown) {
    if (!(thrown instanceof ImportError)) throw thrown;
    ended(thrown.message);
  }
}
