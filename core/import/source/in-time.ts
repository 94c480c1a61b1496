/**
 * Pieces of a source that may be silent for hours: `tick` is called about every `everyMs`, between pieces, and
 * `stop` ends the wait for the next piece. What `tick` throws ends the reading.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export async function* inTime(
  chunks: AsyncIterable<Uint8Array>,
  stop: AbortSignal,
  everyMs: number,
  tick: () => void,
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  let ticked = performance.now();
  const tickWhenDue = (): void => {
    if (performance.now() - ticked < everyMs) return;
    tick();
    ticked = performance.now();
  };
  while (!stop.aborted) {
    const arrived = new AbortController();
    const next = iterator.next().finally(() => arrived.abort());
    // Nobody waits for it any more once the reading was stopped.
    next.catch(() => undefined);
    const awake = AbortSignal.any([stop, arrived.signal]);
    while (!awake.aborted) {
      await sleep(everyMs, undefined, { signal: awake }).catch(() => undefined);
      tickWhenDue();
    }
    if (!arrived.signal.aborted) return;
    const came = await next;
    if (came.done === true) return;
    yield came.value;
  }
}
