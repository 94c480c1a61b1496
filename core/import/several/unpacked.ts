/**
 * Files compressed with xz, unpacked into a temporary one: only one decompression of xz runs at a time
 * (source/xz.ts), and here several files are read side by side and some of them twice.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ImportError } from '../errors.ts';
import { type ImportInput, type ImportOptions } from '../options.ts';
import { openSource, type Source } from '../source/source.ts';

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
  const folder = await mkdtemp(join(tmpdir(), 'gicscope-xz-'));
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'content');
    let cut: string | undefined;
    const whole = keepPartial ? untilDamage(packed.chunks, (why) => (cut = why)) : packed.chunks;
    await pipeline(Readable.from(whole), createWriteStream(path), signal === undefined ? {} : { signal });
    await packed.close();
    const source = await openSource(path);
    const close = async (): Promise<void> => {
      await source.close();
      await discard();
    };
    return { source, input: path, name, wrappers, close, ...(cut === undefined ? {} : { cut }) };
  } catch (thrown) {
    await packed.close();
    await discard();
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
