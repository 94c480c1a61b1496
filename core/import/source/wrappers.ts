/**
 * Compression, found by content and never by name: a `.gz` that holds xz, or a compressed file inside another, opens
 * all the same. Each wrapper is a row: how it begins, how to open it, and what its failures mean.
 *
 * Checked against real files: xz-decompress reports truncation and verifies CRC32 and CRC64; node:zlib reports a
 * truncated or wrong gzip, and of zstd only some (zstd-frames.ts).
 */
import { createGunzip } from 'node:zlib';
import { ImportError, messageOf, systemCode } from '../errors.ts';
import { type ByteSource } from './file.ts';
import { peek } from './peek.ts';
import { through } from './through.ts';
import { unxz, XZ_FAILURES } from './xz.ts';
import { unzstd, ZstdError } from './zstd.ts';

interface Wrapper {
  readonly name: string;
  readonly magic: readonly number[];
  readonly open: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
  /** What a thrown value of `open` means; undefined: not a failure of this wrapper. */
  readonly explain: (thrown: unknown) => Damage | undefined;
}

interface Damage {
  readonly code: 'truncated' | 'corrupt' | 'unsupported';
  readonly what: string;
  readonly hint?: string;
}

const TRUNCATED: Damage = { code: 'truncated', what: 'ends too early' };

const WRAPPERS: readonly Wrapper[] = [
  {
    name: 'xz',
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
    open: unxz,
    explain: (thrown) => XZ_FAILURES.get(messageOf(thrown)),
  },
  {
    name: 'gzip',
    magic: [0x1f, 0x8b],
    open: (chunks) => through(chunks, createGunzip()),
    explain: zlibDamage,
  },
  {
    name: 'zstd',
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    open: unzstd,
    explain: zlibDamage,
  },
];

/** How the content is compressed, by its first bytes. */
export const compressionOf = (head: Uint8Array): string | undefined =>
  WRAPPERS.find(({ magic }) => magic.every((byte, i) => head[i] === byte))?.name;

/** Wrappers inside wrappers are followed this far. */
const DEEPEST = 4;
export const LONGEST_MAGIC = 6;

export interface Unwrapped {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Outermost first; empty: it was not compressed. */
  readonly wrappers: readonly string[];
}

/** Opens every wrapper around the content. Failures while reading are `ImportError`s that say how far it went. */
export async function unwrap(source: ByteSource): Promise<Unwrapped> {
  const wrappers: string[] = [];
  let peeked = await peek(source.chunks, LONGEST_MAGIC);
  for (;;) {
    const wrapper = WRAPPERS.find(({ magic }) => magic.every((byte, i) => peeked.head[i] === byte));
    if (wrapper === undefined) return { chunks: peeked.chunks, wrappers };
    if (wrappers.length === DEEPEST)
      throw new ImportError({
        code: 'unsupported',
        file: source.given,
        problem: `compressed more than ${DEEPEST} times over (${wrappers.join(', ')}, ${wrapper.name} …).`,
        hint: 'Decompress it first.',
      });
    wrappers.push(wrapper.name);
    peeked = await peek(opened(wrapper, peeked.chunks, source), LONGEST_MAGIC);
  }
}

async function* opened(
  wrapper: Wrapper,
  chunks: AsyncIterable<Uint8Array>,
  source: ByteSource,
): AsyncGenerator<Uint8Array> {
  let out = 0;
  try {
    for await (const chunk of wrapper.open(chunks)) {
      out += chunk.length;
      yield chunk;
    }
  } catch (thrown) {
    if (thrown instanceof ImportError) throw thrown;
    const damage = wrapper.explain(thrown);
    if (damage === undefined) throw thrown;
    throw new ImportError({
      code: damage.code,
      file: source.given,
      problem:
        `the ${wrapper.name} data ${damage.what}: ` +
        `${source.bytesRead} bytes read, ${out} bytes of content decompressed before that.`,
      hint:
        damage.hint ??
        'Copy the file again from where it was made, or import with --keep-partial to keep what can be read.',
      at: { byte: source.bytesRead },
      cause: thrown,
    });
  }
}

function zlibDamage(thrown: unknown): Damage | undefined {
  if (thrown instanceof ZstdError) return { code: thrown.code, what: thrown.message };
  const code = systemCode(thrown);
  if (code === 'Z_BUF_ERROR') return TRUNCATED;
  if (code === 'ZSTD_error_frameParameter_windowTooLarge')
    return {
      code: 'unsupported',
      what: 'needs a larger window than 128 MiB',
      hint: 'Decompress it first (zstd -d --long=31).',
    };
  if (code?.startsWith('Z_') || code?.startsWith('ZSTD_'))
    return { code: 'corrupt', what: `is damaged (${messageOf(thrown)})` };
  return undefined;
}
