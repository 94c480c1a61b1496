import { afterEach, describe, expect, it } from 'vitest';
import type { BackendState } from '../../core/session/client.ts';
import { transferable } from '../../electron/backend-port.ts';
import type { BackendHost } from '../../electron/backend-host.ts';
import type { DoubleOptions } from '../support/double/backend.ts';
import { startDouble } from '../support/double/host.ts';

const never = new AbortController().signal;
const open: BackendHost[] = [];
function start(options: DoubleOptions = {}): BackendHost {
  const host = startDouble(options);
  open.push(host);
  return host;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close(100)));
});

function nextState(host: BackendHost, wanted: (state: BackendState) => boolean): Promise<BackendState> {
  return new Promise((resolve) => {
    host.onState((state) => {
      if (wanted(state)) resolve(state);
    });
  });
}

describe('the backend in a worker thread', () => {
  it('answers calls, each with its own result', async () => {
    const host = start();
    const digests = await Promise.all(
      [1, 2, 3].map((seq) => host.handle('state.digest', { id: 1, seq }, never).then(({ digest }) => digest)),
    );
    expect(digests).toEqual(['0x1', '0x2', '0x3']);
  });

  it('carries typed arrays, small and large', async () => {
    const host = start();
    for (const columns of [3, 8192]) {
      const { cells } = await host.handle('timeline.density', { id: 1, columns }, never);
      expect(cells).toStrictEqual(Uint32Array.from({ length: columns * 2 }, (_, i) => i));
    }
  });

  it('keeps the code and message of a failure', async () => {
    const call = start().handle('trace.open', { path: '/nowhere' }, never);
    await expect(call).rejects.toMatchObject({ code: 'not-found', message: '/nowhere: no such file' });
  });

  it('fails a call whose result cannot be sent, and goes on', async () => {
    const host = start();
    await expect(host.handle('sql.query', { id: 1, sql: '', limit: 1 }, never)).rejects.toThrow(
      /sql\.query: the result cannot be sent/,
    );
    expect(await host.handle('state.digest', { id: 1, seq: 1 }, never)).toEqual({ digest: '0x1' });
  });

  it('stops the work of an aborted call in the thread', async () => {
    const host = start();
    const abort = new AbortController();
    const call = host.handle('state.digest', { id: 1, seq: 7 }, abort.signal);
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled', message: 'stopped half-way' });
    expect(await host.handle('app.info', {}, never)).toMatchObject({ version: 'seen 2, aborted 1' });
  });

  it('passes pushes on and counts running tasks', async () => {
    const host = start();
    const phases: string[] = [];
    host.on('task', ({ state }) => phases.push(state));
    expect(host.running).toBe(0);
    await host.handle('import.start', { files: ['/a'], output: '', overwrite: false }, never);
    expect(host.running).toBe(1);
    await host.handle('task.cancel', { task: 1 }, never);
    expect(host.running).toBe(0);
    expect(phases).toEqual(['running', 'cancelled']);
  });

  it('fails open calls when the thread ends, says why, and starts the next epoch when asked', async () => {
    const host = start();
    const waiting = host.handle('state.digest', { id: 1, seq: 7 }, never);
    const fatal = host.handle('state.digest', { id: 1, seq: 8 }, never);
    await expect(waiting).rejects.toMatchObject({ code: 'internal', message: expect.stringMatching(/code 3/) });
    await expect(fatal).rejects.toThrow(/the backend ended/);
    expect(host.state).toEqual({ epoch: 1, running: false, reason: 'its thread ended with code 3' });
    await expect(host.handle('app.info', {}, never)).rejects.toThrow(/not running: its thread ended with code 3/);
    host.restart();
    expect(host.state).toEqual({ epoch: 2, running: true, reason: '' });
    expect(await host.handle('state.digest', { id: 1, seq: 1 }, never)).toEqual({ digest: '0x1' });
    host.restart();
    expect(host.state.epoch).toBe(2);
  });

  it('tells the exception that ended the thread', async () => {
    const host = start();
    const died = nextState(host, ({ running }) => !running);
    await expect(host.handle('state.digest', { id: 1, seq: 9 }, never)).rejects.toThrow('thrown outside of a call');
    expect(await died).toMatchObject({ reason: 'thrown outside of a call' });
  });

  it('lets the backend finish closing', async () => {
    const host = start({ closing: 'slow' });
    await host.handle('app.info', {}, never);
    const began = performance.now();
    await Promise.all([host.close(5000), host.close(5000)]);
    expect(performance.now() - began).toBeGreaterThan(280);
    await expect(host.handle('app.info', {}, never)).rejects.toThrow(/closing/);
    host.restart();
    expect(host.state.running).toBe(false);
  });

  it('does not wait for ever for a backend that does not close', async () => {
    const host = start({ closing: 'never' });
    await host.handle('app.info', {}, never);
    const waiting = host.handle('state.digest', { id: 1, seq: 7 }, never);
    // Awaited below; until then the rejection has a handler.
    const outcome = waiting.catch((error: unknown) => error);
    const began = performance.now();
    await host.close(150);
    expect(performance.now() - began).toBeLessThan(3000);
    expect(await outcome).toMatchObject({ code: 'cancelled' });
  });
});

describe('giving buffers away', () => {
  it('gives away large buffers that are shown whole, once each', () => {
    const large = new Float64Array(4096);
    const other = new Uint8Array(20_000);
    expect(transferable({ a: [large, { b: other }], c: 'text', d: null })).toEqual([large.buffer, other.buffer]);
  });

  it('keeps small ones, parts, shared ones, and buffers shown twice', () => {
    const large = new Float64Array(8192);
    const shared = new Uint8Array(new SharedArrayBuffer(20_000));
    const twice = new Uint8Array(20_000);
    const views = [new Uint8Array(10), large.subarray(1), shared, twice, new Uint32Array(twice.buffer)];
    expect(transferable(views)).toEqual([]);
    expect(transferable([...views, twice])).toEqual([]);
  });
});
