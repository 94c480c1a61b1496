/**
 * How the window reaches the backend: the desktop shell's bridge where there is one, else a WebSocket to the host that
 * served the page. Everything above sees one `ConnectedClient`. Only plain data may be sent: a Vue proxy is refused by
 * the wire, so stores pass literals or unwrapped values.
 */
import { type ConnectedClient, createClient, SessionError } from '../core/session/client.ts';
import { bridgeTransport, webSocketTransport } from '../core/session/transports.ts';

let connected: ConnectedClient | undefined;

/** Makes the connection. Called once, by main.ts; tests of stores bring a client of their own. */
export function connect(client: ConnectedClient = reachBackend()): ConnectedClient {
  connected = client;
  return client;
}

function reachBackend(): ConnectedClient {
  const bridge = window.gicscope;
  return createClient(bridge === undefined ? webSocketTransport(openSocket) : bridgeTransport(bridge));
}

/** The backend. @throws Error before `connect`. */
export function backend(): ConnectedClient {
  if (connected === undefined) throw new Error('the window is not connected to its backend yet');
  return connected;
}

function openSocket(): WebSocket {
  const url = new URL('session', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return new WebSocket(url);
}

/** Whether a failure only says that nobody waits for the answer any more. */
export function isCancelled(error: unknown): boolean {
  return error instanceof SessionError && error.code === 'cancelled';
}

/** The sentence to show for anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
