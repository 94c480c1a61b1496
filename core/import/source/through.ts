/**
 * Pieces through a node:zlib transform. Unlike a plain pipeline, everything that came out before a failure is
 * delivered first, so that the end of a damaged file can be named exactly and, if the user asks, the rest kept.
 * At most about 4 MiB wait between the transform and the reader.
 */
import { type Transform } from 'node:stream';

const WAITING = 4 * 1024 * 1024;

export async function* through(upstream: AsyncIterable<Uint8Array>, transform: Transform): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  let waiting = 0;
  let ended = false;
  let failure: { readonly thrown: unknown } | undefined;
  let wake = (): void => {};
  const fail = (thrown: unknown): void => {
    failure ??= { thrown };
    wake();
  };
  transform.on('data', (chunk: Uint8Array) => {
    ready.push(chunk);
    waiting += chunk.length;
    if (waiting > WAITING) transform.pause();
    wake();
  });
  transform.on('end', () => {
    ended = true;
    wake();
  });
  transform.on('error', fail);
  const iterator = upstream[Symbol.asyncIterator]();
  const feeding = feed(iterator, transform).catch(fail);
  try {
    for (;;) {
      const chunk = ready.shift();
      if (chunk !== undefined) {
        waiting -= chunk.length;
        if (waiting <= WAITING && transform.isPaused()) transform.resume();
        yield chunk;
      } else if (failure !== undefined) throw failure.thrown;
      else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    transform.destroy();
    await feeding;
    await iterator.return?.();
  }
}

async function feed(iterator: AsyncIterator<Uint8Array>, transform: Transform): Promise<void> {
  for (;;) {
    const next = await iterator.next();
    if (transform.destroyed || transform.errored !== null) return;
    if (next.done === true) break;
    if (!transform.write(next.value)) await drained(transform);
    if (transform.destroyed || transform.errored !== null) return;
  }
  transform.end();
}

function drained(transform: Transform): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      transform.off('drain', done).off('error', done).off('close', done);
      resolve();
    };
    transform.on('drain', done).on('error', done).on('close', done);
  });
}
