/**
 * What carries the contract between a front end and its host (client.ts): a WebSocket of a browser or of the package
 * `ws`, or the bridge of the desktop shell's preload script. Nothing here knows the DOM.
 */
import { type Outcome, type ServerMessage, type Transport, type TransportEvents } from './client.ts';
import { failureOf } from './failure.ts';
import { ANSWER_LIMITS, REQUEST_LIMITS, WireError, decodeFrame, encodeFrame } from './wire.ts';

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
