/**
 * xz through the package xz-decompress (xz-embedded as WebAssembly), which streams, follows concatenated streams and
 * verifies CRC32 and CRC64. It throws numbers; here they become sentences.
 *
 * The package runs one decompression at a time per thread, and one that is abandoned blocks the next: whoever opens
 * `unxz` reads it to the end or closes it (`for await` does either).
 */
import xz from 'xz-decompress';

export async function* unxz(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new xz.XzReadableStream(ReadableStream.from(chunks)).getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      if (next.value.length > 0) yield next.value;
  } finally {
    await reader.cancel();
  }
}

interface XzFailure {
  readonly code: 'truncated' | 'corrupt' | 'unsupported';
  readonly what: string;
  readonly hint?: string;
}

const DECOMPRESS = 'Decompress it first (xz -d).';

const BY_NUMBER: readonly (readonly [number: number, failure: XzFailure])[] = [
  [2, { code: 'unsupported', what: 'is protected by a checksum that cannot be verified here', hint: DECOMPRESS }],
  [3, { code: 'unsupported', what: 'needs more memory than there is', hint: DECOMPRESS }],
  [4, { code: 'unsupported', what: 'needs a larger dictionary than 64 MiB', hint: DECOMPRESS }],
  [5, { code: 'corrupt', what: 'goes on with something that is not xz' }],
  [6, { code: 'unsupported', what: 'uses a SHA-256 checksum or a filter that cannot be read here', hint: DECOMPRESS }],
  [7, { code: 'corrupt', what: 'is damaged (its content contradicts its checksum)' }],
  [8, { code: 'truncated', what: 'ends too early' }],
];

/** By the package's message. */
export const XZ_FAILURES: ReadonlyMap<string, XzFailure> = new Map(
  BY_NUMBER.map(([number, failure]) => [`get_next_output failed with error code ${number}`, failure]),
);
