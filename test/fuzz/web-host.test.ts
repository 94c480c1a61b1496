import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { BackendHost } from '../../electron/backend-host.ts';
import { type WebHost, startWebHost } from '../../electron/web/server.ts';
import { encodeFrame } from '../../core/session/wire.ts';
import { startDouble } from '../support/double/host.ts';
import { rawRequest } from '../support/raw-http.ts';
import { fuzzBudgetMs, fuzzRandom } from './budget.ts';

let folder: string;
let backend: BackendHost;
let host: WebHost;
let own: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-fuzz-'));
  mkdirSync(join(folder, 'renderer'));
  writeFileSync(join(folder, 'renderer', 'index.html'), '<!doctype html><title>window</title>');
  backend = startDouble();
  host = await startWebHost({ backend, renderer: join(folder, 'renderer'), imports: join(folder, 'imports'), port: 0 });
  const url = new URL(host.url);
  const { headers } = await rawRequest({ port: host.port, path: `${url.pathname}${url.search}` });
  const [cookie = ''] = headers['set-cookie'] ?? [];
  own = { Cookie: cookie.split(';')[0] ?? '', Host: `127.0.0.1:${host.port}`, Origin: url.origin };
});
afterAll(async () => {
  await host.close();
  await backend.close(100);
  rmSync(folder, { recursive: true, force: true });
});

/** Sends bytes, returns what comes back within a moment. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(host.port, '127.0.0.1', () => socket.end(Buffer.from(bytes, 'latin1')));
    socket.setTimeout(500, () => socket.destroy());
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('the browser host among people with bad manners', () => {
  it('shows nothing to requests without the cookie, and lives on', async () => {
    const random = fuzzRandom('web-host');
    const end = performance.now() + fuzzBudgetMs();
    const pick = (choices: readonly string[]): string => choices[random(choices.length)] ?? '';
    let answers = 0;
    while (performance.now() < end) {
      const noise = Array.from({ length: random(20) }, () => String.fromCharCode(random(256))).join('');
      const line = `${pick(['GET', 'HEAD', 'PUT', 'POST', 'CONNECT', noise])} ${pick(['/', '/session', '/upload/x', '/?token=', '/../x', '*', 'http://x/', `/${noise}`])} ${pick(['HTTP/1.1', 'HTTP/1.0', 'HTTP/9', ''])}`;
      const headers = [
        `Host: ${pick([own['Host'] ?? '', 'evil.example', noise])}`,
        pick([
          'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
          'Content-Length: 5',
          'Transfer-Encoding: chunked',
          'X: y',
        ]),
        pick([
          `Origin: ${own['Origin'] ?? ''}`,
          'Origin: null',
          `Cookie: gicscope-${host.port}=${noise.replace(/[\r\n]/g, '')}`,
          noise,
        ]),
      ];
      const answer = await exchange(`${line}\r\n${headers.join('\r\n')}\r\n\r\n${noise}`);
      if (answer !== '') answers++;
      expect(answer).not.toMatch(/^HTTP\/1\.1 (101|20\d|30\d)/);
      expect(answer).not.toContain('<title>window');
    }
    expect(answers).toBeGreaterThan(10);
    expect((await rawRequest({ port: host.port, path: '/', headers: own })).status).toBe(200);
  });

  it('answers or ends a connection that sends anything, and lives on', async () => {
    const random = fuzzRandom('session-socket');
    const end = performance.now() + fuzzBudgetMs();
    const good = encodeFrame({ type: 'call', id: 1, method: 'timeline.density', args: { id: 1, columns: 2 } });
    let ended = 0;
    while (performance.now() < end) {
      await new Promise<void>((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${host.port}/session`, { headers: own });
        socket.on('open', () => {
          for (let n = 0; n < 8; n++) {
            const frame = good.slice();
            for (let flips = random(4); flips > 0; flips--) frame[random(frame.length)] = random(256);
            socket.send(frame);
          }
          socket.close();
        });
        socket.on('error', () => undefined);
        socket.on('close', (code) => {
          if (code === 1007) ended++;
          resolve();
        });
      });
    }
    expect(ended).toBeGreaterThan(0);
    const info = await backend.handle('app.info', {}, new AbortController().signal);
    expect(info.platform).toBe('double');
  });
});
