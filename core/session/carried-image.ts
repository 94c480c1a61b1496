/**
 * The memory image of a guest inside its trace, so that its program can be read wherever the trace is. Small ones as
 * they are, larger ones compressed: images are mostly padding and repeat themselves. One that is too large even so is
 * left out, and the trace says so.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';

/** Bytes that are carried as they are. */
const PLAIN = 1024 * 1024;
/** Bytes that are carried compressed. */
const COMPRESSED = 8 * 1024 * 1024;
/** Nothing that was recorded is larger than a guest's memory (core/scenario/schema.ts). */
const LARGEST = 64 * 1024 * 1024;

/** Of a trace's configuration: one of them, in base64, or none. */
export const carriedImageSchema = z.object({ image: z.string().optional(), imageDeflated: z.string().optional() });
type Carried = z.infer<typeof carriedImageSchema>;

export function carryImage(bytes: Uint8Array): Carried {
  if (bytes.length <= PLAIN) return { image: Buffer.from(bytes).toString('base64') };
  const packed = deflateSync(bytes);
  return packed.length > COMPRESSED ? {} : { imageDeflated: packed.toString('base64') };
}

/** Undefined: it was left out. @throws Error when it is damaged */
export function carriedImage({ image, imageDeflated }: Carried): Uint8Array | undefined {
  if (image !== undefined) return Buffer.from(image, 'base64');
  if (imageDeflated === undefined) return undefined;
  return inflateSync(Buffer.from(imageDeflated, 'base64'), { maxOutputLength: LARGEST });
}
