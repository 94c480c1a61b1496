import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  type ClientMessage,
  type Connection,
  type ServerMessage,
  SessionError,
  type Transport,
  type TransportEvents,
  createClient,
} from '../../../core/session/client.ts';
import {
  type SessionBridge,
  type WebSocketLike,
  bridgeTransport,
  webSocketTransport,
} from '../../../core/session/transports.ts';
import { decodeFrame, encodeFrame } from '../../../core/session/wire.ts';

const running: ServerMessage = { type: 'backend', backend: { epoch: 1, running: true, reason: '' } };

/** A transport in the test's hand. */
function manualTransport() {
  const sent: ClientMessage[] = [];
  let events: TransportEvents | undefined;
  const transport: Transport = {
    start(handlers) {
      events = handlers;
    },
    send: (message) => void sent.push(message),
    close: () => undefined,
  };
  const host = (): TransportEvents => {
    if (events === undefined) throw new Error('not started');
    return events;
  };
  return { transport, sent, host };
}

function openClient() {
  const manual = manualTransport();
  const client = createClient(manual.transport);
  manual.host().opened();
  manual.host().message(running);
  return { client, ...manual };
}

describe('the session client', () => {
  it('matches answers to calls in any order', async () => {
    const { client, sent, host } = openClient();
    const first = client.call('state.digest', { id: 1, seq: 4 });
    const second = client.call('state.digest', { id: 1, seq: 5 });
    expect(sent.map((message) => message.type === 'call' && message.args)).toEqual([
      { id: 1, seq: 4 },
      { id: 1, seq: 5 },
    ]);
    host().message({ type: 'outcome', id: 2, outcome: { ok: true, result: { digest: '0x5' } } });
    host().message({ type: 'outcome', id: 1, outcome: { ok: true, result: { digest: '0x4' } } });
    expect(await first).toEqual({ digest: '0x4' });
    expect(await second).toEqual({ digest: '0x5' });
  });

  it('rejects with the code and message of the failure', async () => {
    const { client, host } = openClient();
    const call = client.call('trace.open', { path: '/nowhere' });
    host().message({
      type: 'outcome',
      id: 1,
      outcome: { ok: false, failure: { code: 'not-found', message: '/nowhere: no such file' } },
    });
    await expect(call).rejects.toBeInstanceOf(SessionError);
    await expect(call).rejects.toMatchObject({ code: 'not-found', message: '/nowhere: no such file' });
  });

  it('cancels on the backend when the signal aborts, and drops the late answer', async () => {
    const { client, sent, host } = openClient();
    const stop = new AbortController();
    const call = client.call('state.digest', { id: 1, seq: 1 }, stop.signal);
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    expect(sent.at(-1)).toEqual({ type: 'cancel', id: 1 });
    host().message({ type: 'outcome', id: 1, outcome: { ok: true, result: { digest: '0x1' } } });
    await expect(client.call('app.info', {}, stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(sent).toHaveLength(2);
  });

  it('holds calls back until there is a backend, and sends none that was cancelled meanwhile', async () => {
    const { transport, sent, host } = manualTransport();
    const client = createClient(transport);
    const stop = new AbortController();
    const kept = client.call('app.info', {});
    const dropped = client.call('trace.info', { id: 1 }, stop.signal);
    stop.abort();
    await expect(dropped).rejects.toMatchObject({ code: 'cancelled' });
    host().opened();
    expect(sent).toEqual([]);
    host().message(running);
    expect(sent).toEqual([{ type: 'call', id: 1, method: 'app.info', args: {} }]);
    host().message({ type: 'outcome', id: 1, outcome: { ok: true, result: {} } });
    await kept;
  });

  it('fails what was on its way when the connection breaks, and says how it is connected', async () => {
    const { client, host } = openClient();
    const seen: Connection[] = [];
    const stop = client.onConnection((connection) => seen.push(connection));
    const call = client.call('app.info', {});
    host().lost('the host ended', 250);
    await expect(call).rejects.toMatchObject({ code: 'internal', message: expect.stringContaining('the host ended') });
    host().connecting();
    host().opened();
    host().message({ type: 'backend', backend: { epoch: 2, running: true, reason: '' } });
    stop();
    host().lost('again', 500);
    expect(seen).toEqual([
      { state: 'open', epoch: 1 },
      { state: 'lost', reason: 'the host ended', retryMs: 250 },
      { state: 'connecting' },
      { state: 'open', epoch: 2 },
    ]);
  });

  it('tells that the backend died, refuses calls, and asks for a restart', async () => {
    const { client, sent, host } = openClient();
    host().message({ type: 'backend', backend: { epoch: 1, running: false, reason: 'out of memory' } });
    expect(client.connection).toEqual({ state: 'backend-died', reason: 'out of memory', epoch: 1 });
    await expect(client.call('app.info', {})).rejects.toThrow(/out of memory/);
    client.restart();
    expect(sent).toEqual([{ type: 'restart' }]);
    host().message({ type: 'backend', backend: { epoch: 2, running: true, reason: '' } });
    expect(client.connection).toEqual({ state: 'open', epoch: 2 });
  });

  it('gives pushes to those who asked, until they stop', () => {
    const { client, host } = openClient();
    const handler = vi.fn();
    const stop = client.on('command', handler);
    const payload = { command: 'open', argument: '/a.gscope' };
    host().message({ type: 'push', event: 'command', payload });
    host().message({ type: 'push', event: 'grown', payload: {} });
    stop();
    host().message({ type: 'push', event: 'command', payload });
    expect(handler.mock.calls).toEqual([[payload]]);
  });

  it('settles everything when it is closed', async () => {
    const { client } = openClient();
    const call = client.call('app.info', {});
    client.close();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    await expect(client.call('app.info', {})).rejects.toThrow(/closed/);
  });
});

describe('the WebSocket transport', () => {
  class FakeSocket implements WebSocketLike {
    binaryType = '';
    readonly sent: unknown[] = [];
    closed = false;
    onopen: ((event: never) => void) | null = null;
    onmessage: ((event: never) => void) | null = null;
    onerror: ((event: never) => void) | null = null;
    onclose: ((event: never) => void) | null = null;
    send(data: Uint8Array): void {
      this.sent.push(decodeFrame(data));
    }
    close(): void {
      this.closed = true;
    }
    receive(data: unknown): void {
      this.onmessage?.({ data } as never);
    }
  }
  function sockets() {
    const made: FakeSocket[] = [];
    const make = (): FakeSocket => {
      const socket = new FakeSocket();
      made.push(socket);
      return socket;
    };
    return { made, make };
  }

  it('accepts the sockets of `ws`', () => {
    const accept = (url: string) => webSocketTransport(() => new WebSocket(url));
    expect(accept).toBeTypeOf('function');
  });

  it('carries calls and answers as frames', async () => {
    const { made, make } = sockets();
    const client = createClient(webSocketTransport(make));
    const socket = made[0];
    if (socket === undefined) throw new Error('no socket was made');
    expect(socket.binaryType).toBe('arraybuffer');
    socket.onopen?.({} as never);
    socket.receive(encodeFrame(running).buffer);
    const call = client.call('timeline.density', { id: 1, columns: 2 });
    expect(socket.sent).toEqual([{ type: 'call', id: 1, method: 'timeline.density', args: { id: 1, columns: 2 } }]);
    const result = { rows: 1, columns: 2, cells: new Uint32Array([3, 4]) };
    socket.receive(encodeFrame({ type: 'outcome', id: 1, outcome: { ok: true, result } }).buffer);
    expect(await call).toStrictEqual(result);
  });

  it('refuses arguments that have no form on the wire, and keeps the connection', async () => {
    const { made, make } = sockets();
    const client = createClient(webSocketTransport(make));
    made[0]?.onopen?.({} as never);
    made[0]?.receive(encodeFrame(running).buffer);
    await expect(client.call('trace.info', { id: 1n as never })).rejects.toMatchObject({ code: 'usage' });
    expect(client.connection.state).toBe('open');
  });

  it('connects again with growing pauses, and after success from the start', () => {
    vi.useFakeTimers();
    try {
      const { made, make } = sockets();
      const client = createClient(webSocketTransport(make));
      const pauses: number[] = [];
      client.onConnection((connection) => {
        if (connection.state === 'lost') pauses.push(connection.retryMs);
      });
      for (let i = 0; i < 7; i++) {
        made.at(-1)?.onclose?.({ reason: '' } as never);
        vi.runOnlyPendingTimers();
      }
      made.at(-1)?.onopen?.({} as never);
      made.at(-1)?.onclose?.({ reason: 'gone' } as never);
      expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 250]);
      client.close();
      vi.runOnlyPendingTimers();
      expect(made).toHaveLength(8);
    } finally {
      vi.useRealTimers();
    }
  });

  it('closes on damage and says what it was', () => {
    for (const damage of ['text', new ArrayBuffer(3), encodeFrame({ type: 'new' }).buffer]) {
      const { made, make } = sockets();
      const client = createClient(webSocketTransport(make));
      made[0]?.onopen?.({} as never);
      made[0]?.receive(damage);
      expect(made[0]?.closed).toBe(true);
      made[0]?.onclose?.({ reason: '' } as never);
      expect(client.connection).toMatchObject({ state: 'lost', reason: expect.stringMatching(/text|frame|version/) });
      client.close();
    }
  });
});

describe('the bridge transport', () => {
  it('carries calls, cancels, restarts and pushes', async () => {
    let push: ((message: ServerMessage) => void) | undefined;
    const bridge: SessionBridge = {
      call: vi.fn(async (_id: number, method: string) =>
        method === 'app.info'
          ? { ok: true as const, result: { version: '1' } }
          : await Promise.reject(new Error('handler gone')),
      ),
      cancel: vi.fn(),
      restart: vi.fn(),
      on(handler) {
        push = handler;
        handler(running);
        return () => {
          push = undefined;
        };
      },
    };
    const client = createClient(bridgeTransport(bridge));
    expect(client.connection).toEqual({ state: 'open', epoch: 1 });
    expect(await client.call('app.info', {})).toEqual({ version: '1' });
    const stop = new AbortController();
    const call = client.call('trace.info', { id: 1 }, stop.signal);
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    expect(bridge.cancel).toHaveBeenCalledWith(2);
    await expect(client.call('trace.info', { id: 1 })).rejects.toThrow('handler gone');
    client.restart();
    expect(bridge.restart).toHaveBeenCalledOnce();
    client.close();
    expect(push).toBeUndefined();
  });
});
