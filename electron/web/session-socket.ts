/** One WebSocket as one seat at the backend: frames in, calls checked, outcomes and pushes out. */
import type { WebSocket } from 'ws';
import type { ClientMessage, ServerMessage } from '../../core/session/client.ts';
import { REQUEST_LIMITS, WireError, decodeFrame, encodeFrame } from '../../core/session/wire.ts';
import type { BackendHost } from '../backend-host.ts';
import { takeSeat } from '../dispatch.ts';

/** A reader that lets this much pile up is cut off, in bytes. */
const MOST_BUFFERED = 1 << 29;

export function serveSocket(socket: WebSocket, backend: BackendHost): void {
  const send = (message: ServerMessage): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MOST_BUFFERED) socket.terminate();
    else socket.send(encodeFrame(message));
  };
  const tell = (message: ServerMessage): void => {
    try {
      send(message);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const failure = { code: 'internal', message: error.message } as const;
      if (message.type === 'outcome') send({ type: 'outcome', id: message.id, outcome: { ok: false, failure } });
      else console.error(`gicscope: a push could not be sent: ${error.message}`);
    }
  };
  // Who may connect was decided at the upgrade (server.ts); a socket cannot change hands after it.
  const seat = takeSeat(backend, { tell, allows: () => true });

  async function answer(message: Extract<ClientMessage, { type: 'call' }>): Promise<void> {
    const { id, method, args } = message;
    tell({ type: 'outcome', id, outcome: await seat.call(socket, id, method, args) });
  }

  socket.on('message', (data, isBinary) => {
    try {
      if (!isBinary || !(data instanceof Uint8Array)) throw new WireError('expected a binary frame');
      const message = clientMessage(decodeFrame(data, REQUEST_LIMITS));
      if (message.type === 'call') void answer(message);
      else if (message.type === 'cancel') seat.cancel(socket, message.id);
      else seat.restart(socket);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // 1007: data that is not what it should be. The reason may have 123 bytes.
      socket.close(
        1007,
        Buffer.from(error.message)
          .subarray(0, 123)
          .toString()
          .replace(/\ufffd$/, ''),
      );
    }
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => seat.leave());
}

/** Checks the outside of a message; the seat checks the rest. @throws WireError */
function clientMessage(value: unknown): ClientMessage {
  if (typeof value === 'object' && value !== null && 'type' in value) {
    const { type } = value;
    if (type === 'restart') return { type };
    if ('id' in value && typeof value.id === 'number') {
      if (type === 'cancel') return { type, id: value.id };
      if (type === 'call' && 'method' in value && typeof value.method === 'string' && 'args' in value) {
        return { type, id: value.id, method: value.method, args: value.args };
      }
    }
  }
  throw new WireError('unknown message');
}
