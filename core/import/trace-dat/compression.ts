/** Decompression of one block of a version 7 file: never more than the stated size, and exactly it. */
import { inflateSync, zstdDecompressSync } from 'node:zlib';
import { messageOf } from '../errors.ts';
import { DatFault } from './fault.ts';

export type Compression = 'none' | 'zstd' | 'zlib';

export function compressionNamed(name: string, byte: number): Compression {
  if (name === 'none' || name === 'zstd' || name === 'zlib') return name;
  throw new DatFault(
    'unsupported',
    byte,
    `the trace.dat is compressed with ${JSON.stringify(name.slice(0, 40))}; zstd, zlib and none can be read.`,
    'Convert it: trace-cmd convert --compression none -i FILE -o plain.dat',
  );
}

export function decompress(compression: Compression, data: Uint8Array, size: number, byte: number): Uint8Array {
  if (compression === 'none')
    throw new DatFault(
      'corrupt',
      byte,
      'a part says that it is compressed, in a file that says it has no compression.',
    );
  let out: Uint8Array;
  try {
    const options = { maxOutputLength: Math.max(size, 1) };
    out = compression === 'zstd' ? zstdDecompressSync(data, options) : inflateSync(data, options);
  } catch (cause) {
    throw new DatFault(
      'corrupt',
      byte,
      `a ${compression} block of ${data.length} bytes is damaged (${messageOf(cause)}).`,
    );
  }
  if (out.length !== size)
    throw new DatFault('corrupt', byte, `a ${compression} block holds ${out.length} bytes, but ${size} are stated.`);
  return out;
}
