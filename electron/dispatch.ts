/**
 * The one wrapper between anything that carries calls (Electron IPC, WebSocket) and the backend.
 *
 * Each front end gets a seat. A seat is told the backend's state at once and each push after it; its calls are checked
 * here, first who asks, then what is asked (against the contract's schemas), and only then passed on. A seat that leaves
 * takes its open calls with it. A front end can have at most MOST_CALLS calls open.
 */
import type { Outcome, ServerMessage } from '../core/session/client.ts';
import type { SessionFailure } from '../core/session/contract.ts';
import { failureOf } from '../core/session/failure.ts';
import { checkArgs, isMethod } from '../core/session/validate.ts';
import type { BackendHost } from './backend-host.ts';

/** Most calls of one front end that may be open at once. */
export const MOST_CALLS = 1024;

export interface Seat {
  /** Answers one call; never rejects. `sender` is what the carrier knows of who asks. */
  call(sender: unknown, id: unknown, method: unknown, args: unknown): Promise<Outcome>;
  cancel(sender: unknown, id: unknown): void;
  /** Starts the backend again after it died. */
  restart(sender: unknown): void;
  /** Ends the open calls; nothing more is told. */
  leave(): void;
}

export interface SeatOptions {
  /** Carries a push or the backend's state to the front end. */
  tell(message: ServerMessage): void;
  /** Whether this sender may use the seat. */
  allows(sender: unknown): boolean;
}

const refuse = (code: SessionFailure['code'], message: string): Outcome => ({ ok: false, failure: { code, message } });

export function takeSeat(backend: BackendHost, { tell, allows }: SeatOptions): Seat {
  const open = new Map<number, AbortController>();
  const stops = [
    backend.onState((state) => tell({ type: 'backend', backend: state })),
    backend.onPush((event, payload) => tell({ type: 'push', event, payload })),
  ];

  return {
    async call(sender, id, method, args) {
      if (!allows(sender)) return refuse('usage', 'this page may not use gicscope');
      if (typeof id !== 'number' || !Number.isSafeInteger(id)) return refuse('usage', 'a call needs a number');
      if (typeof method !== 'string' || !isMethod(method)) return refuse('usage', 'there is no such method');
      if (open.has(id)) return refuse('usage', `call ${id} is already open`);
      if (open.size >= MOST_CALLS) return refuse('usage', `more than ${MOST_CALLS} calls are open`);
      const abort = new AbortController();
      open.set(id, abort);
      try {
        return { ok: true, result: await backend.handle(method, checkArgs(method, args), abort.signal) };
      } catch (error) {
        return { ok: false, failure: failureOf(error) };
      } finally {
        open.delete(id);
      }
    },
    cancel(sender, id) {
      if (allows(sender) && typeof id === 'number') open.get(id)?.abort();
    },
    restart(sender) {
      if (allows(sender)) backend.restart();
    },
    leave() {
      for (const stop of stops) stop();
      for (const abort of open.values()) abort.abort();
    },
  };
}
