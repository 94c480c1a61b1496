/**
 * The front end's half of the contract, whatever carries it: request ids, cancelling, pushes, and how the connection is.
 *
 * A transport moves messages and reports its state; the client matches answers to calls. Calls made while a connection
 * is being made wait for it; calls that were on their way when it broke fail at once, because nobody knows whether they
 * were carried out. Trace ids belong to one life of the backend: after `epoch` changed, traces must be opened again.
 * The transports are in transports.ts. Nothing here knows the DOM.
 */
import type { Args, Method, PushEvent, PushEvents, Result, SessionClient, SessionFailure } from './contract.ts';
import { SessionError, failureOf } from './failure.ts';
import { WireError } from './wire.ts';

export { SessionError } from './failure.ts';

/** From a front end to the backend. */
export type ClientMessage =
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly args: unknown }
  | { readonly type: 'cancel'; readonly id: number }
  /** Starts the backend again after it died. */
  | { readonly type: 'restart' };

/** How one call ended. */
export type Outcome =
  { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly failure: SessionFailure };

/** Whether there is a backend behind the shell. `epoch` counts its lives. */
export interface BackendState {
  readonly epoch: number;
  readonly running: boolean;
  /** Why it is not running; empty while it is. */
  readonly reason: string;
}

/** From the backend to a front end. */
export type ServerMessage =
  | { readonly type: 'outcome'; readonly id: number; readonly outcome: Outcome }
  | { readonly type: 'push'; readonly event: string; readonly payload: unknown }
  | { readonly type: 'backend'; readonly backend: BackendState };

/** How the front end is connected. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'open'; readonly epoch: number }
  /** The host does not answer; it is tried again after `retryMs`. */
  | { readonly state: 'lost'; readonly reason: string; readonly retryMs: number }
  /** The host is there, its backend is not: `client.restart()` starts it again. */
  | { readonly state: 'backend-died'; readonly reason: string; readonly epoch: number }
  | { readonly state: 'closed' };

export interface TransportEvents {
  message(message: ServerMessage): void;
  connecting(): void;
  /** Messages can be sent. The host tells its `backend` state next. */
  opened(): void;
  lost(reason: string, retryMs: number): void;
}

export interface Transport {
  start(events: TransportEvents): void;
  /** Only called between `opened` and `lost`. @throws WireError when the message has no form on the wire. */
  send(message: ClientMessage): void;
  close(): void;
}

export interface ConnectedClient extends SessionClient {
  readonly connection: Connection;
  /** Calls the handler now and at each change. */
  onConnection(handler: (connection: Connection) => void): () => void;
  /** Starts the backend again after it died. */
  restart(): void;
  close(): void;
}

interface PendingCall {
  readonly message: ClientMessage;
  readonly settle: (outcome: Outcome) => void;
  sent: boolean;
}

/** Most calls that may wait for a connection or an answer. */
const MOST_PENDING = 4096;

export function createClient(transport: Transport): ConnectedClient {
  const pending = new Map<number, PendingCall>();
  const pushHandlers = new Map<string, Set<(payload: never) => void>>();
  const connectionHandlers = new Set<(connection: Connection) => void>();
  let connection: Connection = { state: 'connecting' };
  let canSend = false;
  let lastId = 0;

  function become(next: Connection): void {
    connection = next;
    for (const handler of [...connectionHandlers]) handler(next);
  }
  function settle(id: number, outcome: Outcome): void {
    const call = pending.get(id);
    pending.delete(id);
    call?.settle(outcome);
  }
  function send(id: number, call: PendingCall): void {
    call.sent = true;
    try {
      transport.send(call.message);
    } catch (error) {
      const failure: SessionFailure =
        error instanceof WireError ? { code: 'usage', message: error.message } : failureOf(error);
      settle(id, { ok: false, failure });
    }
  }
  function fail(which: 'sent' | 'all', message: string): void {
    for (const [id, call] of [...pending]) {
      if (call.sent || which === 'all') settle(id, { ok: false, failure: { code: 'internal', message } });
    }
  }
  function backendIs(backend: BackendState): void {
    if (!backend.running) {
      become({ state: 'backend-died', reason: backend.reason, epoch: backend.epoch });
      fail('all', `the backend is not running: ${backend.reason}`);
      return;
    }
    become({ state: 'open', epoch: backend.epoch });
    for (const [id, call] of [...pending]) if (!call.sent) send(id, call);
  }

  transport.start({
    message(message) {
      if (message.type === 'outcome') settle(message.id, message.outcome);
      else if (message.type === 'backend') backendIs(message.backend);
      else {
        // The host sends what the contract declares for this event; handlers were registered under the same name.
        for (const handler of [...(pushHandlers.get(message.event) ?? [])]) handler(message.payload as never);
      }
    },
    connecting() {
      become({ state: 'connecting' });
    },
    opened() {
      canSend = true;
    },
    lost(reason, retryMs) {
      canSend = false;
      fail('sent', `the connection to gicscope was lost: ${reason}`);
      become({ state: 'lost', reason, retryMs });
    },
  });

  return {
    get connection() {
      return connection;
    },
    onConnection(handler) {
      connectionHandlers.add(handler);
      handler(connection);
      return () => connectionHandlers.delete(handler);
    },
    call<M extends Method>(method: M, args: Args<M>, signal?: AbortSignal): Promise<Result<M>> {
      if (signal?.aborted === true) return Promise.reject(cancelled());
      const refusal = refuse(connection, pending.size);
      if (refusal !== undefined) return Promise.reject(refusal);
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          const call = pending.get(id);
          pending.delete(id);
          if (call?.sent === true && canSend) transport.send({ type: 'cancel', id });
          reject(cancelled());
        };
        const call: PendingCall = {
          message: { type: 'call', id, method, args },
          sent: false,
          settle(outcome) {
            signal?.removeEventListener('abort', abort);
            // The backend answers what the contract declares for this method; its tests check that.
            if (outcome.ok) resolve(outcome.result as Result<M>);
            else reject(new SessionError(outcome.failure));
          },
        };
        signal?.addEventListener('abort', abort, { once: true });
        pending.set(id, call);
        if (connection.state === 'open') send(id, call);
      });
    },
    on<E extends PushEvent>(event: E, handler: (payload: PushEvents[E]) => void) {
      const handlers = pushHandlers.get(event) ?? new Set();
      pushHandlers.set(event, handlers);
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    restart() {
      if (canSend) transport.send({ type: 'restart' });
    },
    close() {
      canSend = false;
      transport.close();
      become({ state: 'closed' });
      for (const id of [...pending.keys()]) {
        settle(id, { ok: false, failure: { code: 'cancelled', message: 'the connection was closed' } });
      }
    },
  };
}

const cancelled = (): SessionError => new SessionError({ code: 'cancelled', message: 'cancelled' });

function refuse(connection: Connection, waiting: number): SessionError | undefined {
  if (connection.state === 'closed') {
    return new SessionError({ code: 'cancelled', message: 'the connection was closed' });
  }
  if (connection.state === 'backend-died') {
    return new SessionError({ code: 'internal', message: `the backend is not running: ${connection.reason}` });
  }
  if (waiting >= MOST_PENDING) {
    return new SessionError({ code: 'usage', message: `more than ${MOST_PENDING} calls are waiting` });
  }
  return undefined;
}
