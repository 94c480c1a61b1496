import { afterEach, describe, expect, it } from 'vitest';
import type { ServerMessage } from '../../core/session/client.ts';
import type { BackendHost } from '../../electron/backend-host.ts';
import { MOST_CALLS, type Seat, takeSeat } from '../../electron/dispatch.ts';
import { startDouble } from '../support/double/host.ts';

const open: BackendHost[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close(100)));
});

function sit(): { host: BackendHost; seat: Seat; told: ServerMessage[] } {
  const host = startDouble();
  open.push(host);
  const told: ServerMessage[] = [];
  const seat = takeSeat(host, { tell: (message) => told.push(message), allows: (sender) => sender === 'ours' });
  return { host, seat, told };
}

describe('a seat at the backend', () => {
  it('answers a call that fits the contract', async () => {
    const { seat } = sit();
    expect(await seat.call('ours', 1, 'state.digest', { id: 1, seq: 3 })).toEqual({
      ok: true,
      result: { digest: '0x3' },
    });
  });

  it('refuses a sender that is not ours before it looks at the call', async () => {
    const { seat, host } = sit();
    const outcome = await seat.call('theirs', 1, 'app.info', {});
    expect(outcome).toMatchObject({ ok: false, failure: { code: 'usage', message: 'this page may not use gicscope' } });
    const waiting = seat.call('ours', 2, 'state.digest', { id: 1, seq: 7 });
    seat.cancel('theirs', 2);
    const info = await host.handle('app.info', {}, new AbortController().signal);
    expect(info.version).toBe('seen 2, aborted 0');
    seat.cancel('ours', 2);
    expect(await waiting).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
  });

  it('refuses what the contract does not have, naming it, and never reaches the backend', async () => {
    const { seat, host } = sit();
    const bad: [unknown, unknown, unknown][] = [
      [1, 'constructor', {}],
      [1, '__proto__', {}],
      [1, 5, {}],
      ['1', 'app.info', {}],
      [1.5, 'app.info', {}],
      [1, 'state.digest', { id: 'one', seq: 3 }],
      [1, 'state.digest', { id: 1 }],
      [1, 'state.digest', null],
      [1, 'events.rows', { id: 1, from: 0, count: 100_000, direction: 'forward', filter: '' }],
      [1, 'trace.open', { path: 'x'.repeat(5000) }],
    ];
    for (const [id, method, args] of bad) {
      expect(await seat.call('ours', id, method, args)).toMatchObject({ ok: false, failure: { code: 'usage' } });
    }
    const outcome = await seat.call('ours', 1, 'state.digest', { id: 1, seq: 'x' });
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining('state.digest: seq') } });
    const info = await host.handle('app.info', {}, new AbortController().signal);
    expect(info.version).toBe('seen 1, aborted 0');
  });

  it('bounds the number of open calls and refuses a number that is in use', async () => {
    const { seat } = sit();
    const calls = Array.from({ length: MOST_CALLS }, (_, id) =>
      seat.call('ours', id, 'state.digest', { id: 1, seq: 7 }),
    );
    expect(await seat.call('ours', 5, 'app.info', {})).toMatchObject({
      failure: { message: 'call 5 is already open' },
    });
    expect(await seat.call('ours', -1, 'app.info', {})).toMatchObject({ failure: { code: 'usage' } });
    seat.leave();
    for (const outcome of await Promise.all(calls)) expect(outcome).toMatchObject({ failure: { code: 'cancelled' } });
  });

  it('tells the state at once, then pushes, then the death and the restart, and nothing after leaving', async () => {
    const { seat, host, told } = sit();
    await seat.call('ours', 1, 'import.start', { files: ['/a'], output: '', overwrite: false });
    await seat.call('ours', 2, 'state.digest', { id: 1, seq: 8 });
    seat.restart('theirs');
    seat.restart('ours');
    seat.leave();
    await host.handle('import.start', { files: ['/a'], output: '', overwrite: false }, new AbortController().signal);
    expect(told.map((message) => (message.type === 'backend' ? message.backend : message))).toMatchObject([
      { epoch: 1, running: true },
      { type: 'push', event: 'task', payload: { state: 'running' } },
      { epoch: 1, running: false, reason: expect.stringContaining('code 3') },
      { epoch: 2, running: true },
    ]);
  });
});
