/**
 * The front end's half of the contract, whatever carries it: request ids, cancelling, pushes, and how the connection is.
 *
 * A transport moves messages and reports its state; the client matches answers to calls. Calls made while a connection
 * is being made wait for it; calls that were on their way when it broke fail at once, because nobody knows whether they
 * were carried out. Trace ids belong to one life of the backend: after `epoch` changed, traces must be opened again.
 * Nothing here knows the DOM: a browser's WebSocket, the package `ws` and the preload bridge all fit.
 */
import type { Args, Method, PushEvent, PushEvents, Result, SessionClient, SessionFailure } from './contract.ts';
import { SessionError, failureOf } from './failure.ts';
import { ANSWER_LIMITS, REQUEST_LIMITS, WireError, decodeFrame, encodeFrame } from './wire.ts';

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

/** The part of a WebSocket that is used here; a browser's and that of the package `ws` both have it. */
export interface WebSocketLike {
  binaryType: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
}

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 8000;

/** Binary frames over a WebSocket, made anew with growing pauses whenever it is lost. */
export function webSocketTransport(connect: () => WebSocketLike): Transport {
  let socket: WebSocketLike | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  function open(events: TransportEvents): void {
    events.connecting();
    const mine = connect();
    socket = mine;
    mine.binaryType = 'arraybuffer';
    let damage = '';
    mine.onopen = () => {
      failures = 0;
      events.opened();
    };
    mine.onmessage = (event: { readonly data: unknown }) => {
      try {
        if (!(event.data instanceof ArrayBuffer)) throw new WireError('the host sent text instead of a frame');
        events.message(serverMessage(decodeFrame(new Uint8Array(event.data), ANSWER_LIMITS)));
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        damage = error.message;
        mine.close();
      }
    };
    mine.onerror = () => {
      // `close` follows and is handled there; without a handler `ws` would throw.
    };
    mine.onclose = (event: { readonly reason?: unknown }) => {
      if (closed) return;
      const told = typeof event.reason === 'string' ? event.reason : '';
      const retryMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++);
      events.lost(damage || told || 'the host does not answer', retryMs);
      timer = setTimeout(() => open(events), retryMs);
    };
  }

  return {
    start: open,
    send(message) {
      socket?.send(encodeFrame(message, REQUEST_LIMITS));
    },
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}

/** What the desktop shell's preload offers of the session (see shell.ts for the rest of it). */
export interface SessionBridge {
  call(id: number, method: string, args: unknown): Promise<Outcome>;
  cancel(id: number): void;
  restart(): void;
  /** Pushes and the backend's state; the latter is told at once. */
  on(handler: (message: ServerMessage) => void): () => void;
}

/** The desktop shell's bridge; it cannot be lost while the window lives. */
export function bridgeTransport(bridge: SessionBridge): Transport {
  let events: TransportEvents | undefined;
  let stop: (() => void) | undefined;
  return {
    start(handlers) {
      events = handlers;
      handlers.opened();
      stop = bridge.on((message) => handlers.message(message));
    },
    send(message) {
      if (message.type === 'cancel') bridge.cancel(message.id);
      else if (message.type === 'restart') bridge.restart();
      else {
        const answer = (outcome: Outcome): void => events?.message({ type: 'outcome', id: message.id, outcome });
        bridge.call(message.id, message.method, message.args).then(answer, (error: unknown) => {
          answer({ ok: false, failure: failureOf(error) });
        });
      }
    },
    close() {
      stop?.();
      events = undefined;
    },
  };
}

/** Checks the outside of a message; the inside of results is the backend's word. @throws WireError */
function serverMessage(value: unknown): ServerMessage {
  if (typeof value === 'object' && value !== null && 'type' in value) {
    const has = (key: string, type: string): boolean => typeof Reflect.get(value, key) === type;
    const known =
      (value.type === 'outcome' && has('id', 'number') && has('outcome', 'object')) ||
      (value.type === 'push' && has('event', 'string')) ||
      (value.type === 'backend' && has('backend', 'object'));
    if (known) return value as ServerMessage;
  }
  throw new WireError('the host sent a message that this version does not know');
}
