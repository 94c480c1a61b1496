/**
 * The wrapping of every blob in a trace file: one codec byte, then the content; whatever the codec, a checksum
 * guards the content, so a damaged blob is noticed when it is read.
 *
 * | codec | content |
 * |---|---|
 * | 0 stored | crc32 of the content, u32 little endian; the content |
 * | 1 zstd | raw length, u32; a zstd frame with its checksum |
 * | 2 gzip | raw length, u32; a gzip stream (for runtimes without zstd) |
 *
 * Small contents are stored: a (de)compression costs about 40 µs whatever its size.
 */
import * as zlib from 'node:zlib';
import { damaged } from './errors.ts';

/** No blob is larger when unpacked; what claims to be is damaged. */
export const BLOB_LIMIT = 256 * 1024 * 1024;

const STORED = 0;
const ZSTD = 1;
const GZIP = 2;
/** Below this, blobs are stored unless the caller sets another limit. */
const WORTH_COMPRESSING = 4096;

// Present from Node 22.15 on; the type declarations say always.
const hasZstd = typeof zlib.zstdCompressSync === 'function';

export function wrap(content: Uint8Array, level = 1, storeBelow = WORTH_COMPRESSING): Buffer {
  if (content.length < storeBelow) {
    const out = Buffer.allocUnsafe(5 + content.length);
    out[0] = STORED;
    out.writeUInt32LE(zlib.crc32(content), 1);
    out.set(content, 5);
    return out;
  }
  const packed = compressed(content, level);
  const out = Buffer.allocUnsafe(5 + packed.length);
  out[0] = hasZstd ? ZSTD : GZIP;
  out.writeUInt32LE(content.length, 1);
  out.set(packed, 5);
  giveBack(packed);
  return out;
}

function compressed(content: Uint8Array, level: number): Buffer {
  // Room for what half of it becomes; zlib takes more pieces if it needs them. Below the pool's size it would get a
  // slice of memory that others share, which could not be given back.
  const chunkSize = Math.max(Buffer.poolSize, 1024 + (content.length >> 1));
  if (!hasZstd) return zlib.gzipSync(content, { level, chunkSize });
  const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag } = zlib.constants;
  return zlib.zstdCompressSync(content, {
    chunkSize,
    params: { [ZSTD_c_compressionLevel]: level, [ZSTD_c_checksumFlag]: 1 },
  });
}

/**
 * Frees the memory of what zlib made. Its handles hold on to it until the next full collection, which comes after tens
 * of megabytes of it: 14 MB for a million events written.
 */
function giveBack({ buffer }: Buffer): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/**
 * The content of a wrapped blob.
 * @param limit bytes that the content can have at most; more is damage.
 * @throws TraceError `damaged`
 */
export function unwrap(blob: Uint8Array, what: string, limit = BLOB_LIMIT): Uint8Array {
  if (blob.length < 5) throw damaged(what, `${blob.length} bytes are too few for a blob`);
  const codec = blob[0] ?? 0;
  const number = new DataView(blob.buffer, blob.byteOffset, 5).getUint32(1, true);
  const body = blob.subarray(5);
  if (codec === STORED) {
    if (body.length > limit) throw damaged(what, `${body.length} bytes, at most ${limit} are possible`);
    if (zlib.crc32(body) !== number) throw damaged(what, 'its checksum is wrong');
    return body;
  }
  if (codec !== ZSTD && codec !== GZIP) throw damaged(what, `unknown compression ${codec}`);
  if (number > limit) throw damaged(what, `unpacks to ${number} bytes, at most ${limit} are possible`);
  if (codec === ZSTD && !hasZstd)
    throw damaged(what, 'it is compressed with zstd, which this runtime lacks; use Node.js 22.15 or newer');
  const options = { maxOutputLength: Math.max(1, number), chunkSize: Math.max(64, number) };
  let content: Uint8Array;
  try {
    content = codec === ZSTD ? zlib.zstdDecompressSync(body, options) : zlib.gunzipSync(body, options);
  } catch (error) {
    throw damaged(what, `it cannot be unpacked (${error instanceof Error ? error.message : String(error)})`, error);
  }
  if (content.length !== number) throw damaged(what, `unpacks to ${content.length} bytes, ${number} were stored`);
  return content;
}
