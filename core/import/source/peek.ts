/** The first bytes of a stream of pieces, without taking them from who reads the stream afterwards. */

export interface Peeked {
  /** The first bytes: `wanted`, or fewer where the stream is shorter. */
  readonly head: Uint8Array;
  /** The whole stream, head included. Can be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends the stream where nobody reads it (any more). */
  close(): Promise<void>;
}

/** @throws what the stream throws, if it fails before `wanted` bytes and gave nothing at all; later failures come while reading. */
export async function peek(chunks: AsyncIterable<Uint8Array>, wanted: number): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let length = 0;
  let failure: { readonly thrown: unknown } | undefined;
  while (length < wanted && failure === undefined) {
    try {
      const next = await iterator.next();
      if (next.done === true) break;
      taken.push(next.value);
      length += next.value.length;
    } catch (thrown) {
      failure = { thrown };
    }
  }
  if (failure !== undefined && length === 0) throw failure.thrown;
  const close = async (): Promise<void> => {
    await iterator.return?.();
  };
  return { head: join(taken, Math.min(length, wanted)), chunks: replay(taken, failure, iterator), close };
}

async function* replay(
  taken: Uint8Array[],
  failure: { readonly thrown: unknown } | undefined,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let chunk = taken.shift(); chunk !== undefined; chunk = taken.shift()) yield chunk;
    if (failure !== undefined) throw failure.thrown;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    if (at === length) break;
    const piece = part.subarray(0, length - at);
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
