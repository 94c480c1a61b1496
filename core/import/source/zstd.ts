/** zstd through node:zlib, one decompressor per frame (zstd-frames.ts says why). */
import { createZstdDecompress } from 'node:zlib';
import { through } from './through.ts';
import { ZstdFrames } from './zstd-frames.ts';

export class ZstdError extends Error {
  readonly code: 'truncated' | 'corrupt';

  constructor(code: 'truncated' | 'corrupt', message: string) {
    super(message);
    this.code = code;
  }
}

/** A piece of the present frame, or its end. */
type Part = Uint8Array | 'end';

export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const parts: Part[] = [];
  const frames = new ZstdFrames({ onBytes: (bytes) => parts.push(bytes), onEnd: () => parts.push('end') });
  const iterator = chunks[Symbol.asyncIterator]();
  let isOver = false;
  async function more(): Promise<void> {
    const next = await iterator.next();
    if (next.done === true) isOver = true;
    else frames.push(next.value);
  }
  async function* oneFrame(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const part = parts.shift();
      if (part === 'end') return;
      if (part !== undefined) yield part;
      else if (isOver) return;
      else await more();
    }
  }
  try {
    while (!isOver || parts.length > 0)
      if (parts.length === 0) await more();
      else yield* through(oneFrame(), createZstdDecompress());
  } finally {
    await iterator.return?.();
  }
  if (frames.foreignAt !== undefined)
    throw new ZstdError('corrupt', `goes on with something else at byte ${frames.foreignAt}`);
  if (!frames.isComplete) throw new ZstdError('truncated', 'ends too early');
}
