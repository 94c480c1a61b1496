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
import { type ImportInput, type ImportOptions } from '../options.ts';
import { openSource, type Source } from '../source/source.ts';

export interface Unpacked {
  readonly source: Source;
  /** What to open to read it again. */
  readonly input: ImportInput;
  /** Name without folders, and compression, of the file that was given. */
  readonly name: string;
  readonly wrappers: readonly string[];
  /** Closes it, and removes the temporary file. */
  close(): Promise<void>;
}

/** @throws ImportError, or the signal's reason */
export async function openUnpacked(input: ImportInput, { signal }: ImportOptions): Promise<Unpacked> {
  const packed = await openSource(input);
  const { wrappers } = packed;
  const { name } = packed.bytes;
  if (!wrappers.includes('xz')) return { source: packed, input, name, wrappers, close: () => packed.close() };
  const folder = await mkdtemp(join(tmpdir(), 'gicscope-xz-'));
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'content');
    await pipeline(Readable.from(packed.chunks), createWriteStream(path), signal === undefined ? {} : { signal });
    await packed.close();
    const source = await openSource(path);
    const close = async (): Promise<void> => {
      await source.close();
      await discard();
    };
    return { source, input: path, name, wrappers, close };
  } catch (thrown) {
    await packed.close();
    await discard();
    throw thrown;
  }
}
