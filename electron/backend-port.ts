/**
 * The worker's half: answers calls that come through a port with a SessionBackend.
 *
 * Large typed arrays of a result are transferred, not copied: a backend that keeps an array it answered with must
 * answer with a copy. Arrays that show only a part of their buffer, and small ones, are copied (transferring costs
 * more than copying a few kilobytes).
 */
import type { MessagePort } from 'node:worker_threads';
import type { Outcome } from '../core/session/client.ts';
import type { Method, PushEvent } from '../core/session/contract.ts';
import { failureOf } from '../core/session/failure.ts';
import type { SessionBackend } from '../core/session/session.ts';
import type { FromBackend, ToBackend } from './messages.ts';

/** Smallest buffer worth a transfer, in bytes. */
const WORTH_A_TRANSFER = 16_384;
const PUSHES: Record<PushEvent, true> = { task: true, search: true, grown: true, live: true, command: true };

export function serveBackend(port: MessagePort, backend: SessionBackend): void {
  const calls = new Map<number, AbortController>();
  const tell = (message: FromBackend, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

  // The keys of a record over PushEvent are PushEvents.
  for (const event of Object.keys(PUSHES) as PushEvent[]) {
    backend.on(event, (payload) => tell({ type: 'push', event, payload }));
  }

  async function answer(id: number, method: string, args: unknown): Promise<void> {
    const abort = new AbortController();
    calls.set(id, abort);
    let outcome: Outcome;
    try {
      // The dispatcher on the other side has checked method and arguments against the contract (dispatch.ts).
      outcome = { ok: true, result: await backend.handle(method as Method, args as never, abort.signal) };
    } catch (error) {
      outcome = { ok: false, failure: failureOf(error) };
    }
    calls.delete(id);
    try {
      tell({ type: 'outcome', id, outcome }, transferable(outcome));
    } catch (error) {
      const { message } = failureOf(error);
      const failure = { code: 'internal', message: `${method}: the result cannot be sent: ${message}` } as const;
      tell({ type: 'outcome', id, outcome: { ok: false, failure } });
    }
  }

  async function close(): Promise<void> {
    for (const call of calls.values()) call.abort();
    await backend.close();
    tell({ type: 'closed' });
    port.close();
  }

  port.on('message', (message: ToBackend) => {
    if (message.type === 'call') void answer(message.id, message.method, message.args);
    else if (message.type === 'cancel') calls.get(message.id)?.abort();
    // A failure to close is thrown out of the thread on purpose: the main thread tells it.
    else void close();
  });
}

/** Buffers that can be given away: large, shown whole, each once. */
export function transferable(value: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const shown = new Set<ArrayBufferLike>();
  const walk = (item: unknown): void => {
    if (typeof item !== 'object' || item === null) return;
    if (ArrayBuffer.isView(item)) {
      const { buffer } = item;
      // Two views of one buffer stay together by being copied.
      if (shown.has(buffer)) buffers.delete(buffer as ArrayBuffer);
      else if (isWorthIt(item) && buffer instanceof ArrayBuffer) buffers.add(buffer);
      shown.add(buffer);
    } else if (Array.isArray(item)) {
      for (const child of item) walk(child);
    } else {
      for (const child of Object.values(item)) walk(child);
    }
  };
  walk(value);
  return [...buffers];
}

const isWorthIt = (view: ArrayBufferView): boolean =>
  view.byteLength >= WORTH_A_TRANSFER && view.byteLength === view.buffer.byteLength;
