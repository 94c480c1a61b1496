import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type ConnectedClient, createClient } from '../../../core/session/client.ts';
import { webSocketTransport } from '../../../core/session/transports.ts';
import type { BackendHost } from '../../../electron/backend-host.ts';
import { plainName } from '../../../electron/web/upload.ts';
import { type WebHost, startWebHost } from '../../../electron/web/server.ts';
import { startDouble } from '../../support/double/host.ts';
import { rawRequest, upgradeStatus } from '../../support/raw-http.ts';

let folder: string;
let backend: BackendHost;
let host: WebHost;
let cookie: string;
let own: { Cookie: string; Host: string; Origin: string };

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  rawRequest({ port: host.port, path, headers, method });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-host-'));
  const renderer = join(folder, 'renderer');
  mkdirSync(join(renderer, 'assets'), { recursive: true });
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><title>window</title>');
  writeFileSync(join(renderer, 'assets', 'main-abc.js'), 'export {};');
  writeFileSync(join(renderer, '.hidden.js'), 'secret');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  symlinkSync(join(folder, 'secret.txt'), join(renderer, 'link.txt'));
  backend = startDouble();
  host = await startWebHost({
    backend,
    renderer,
    imports: join(folder, 'imports'),
    port: 0,
    trace: '/traces/a b&c.gscope',
  });
  const url = new URL(host.url);
  const answer = await get(`${url.pathname}${url.search}`);
  cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  own = { Cookie: cookie, Host: `127.0.0.1:${host.port}`, Origin: `http://127.0.0.1:${host.port}` };
});

afterAll(async () => {
  await host.close();
  await backend.close(100);
  rmSync(folder, { recursive: true });
});

describe('access to the browser host', () => {
  it('exchanges the token of the printed URL for a cookie and takes it out of the address', async () => {
    const url = new URL(host.url);
    expect(url.origin).toBe(`http://127.0.0.1:${host.port}`);
    expect(Buffer.from(url.searchParams.get('token') ?? '', 'base64url')).toHaveLength(24);
    const answer = await get(`${url.pathname}${url.search}`);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/?open=%2Ftraces%2Fa+b%26c.gscope');
    const [set] = answer.headers['set-cookie'] ?? [];
    expect(set).toMatch(new RegExp(`^gicscope-${host.port}=[\\w-]{32}; Path=/; HttpOnly; SameSite=Strict$`));
    expect(set).not.toContain(url.searchParams.get('token'));
    expect((await get('/?open=x', { Cookie: cookie })).text).toContain('<title>window</title>');
  });

  it('lets an invitation be used once, whatever became of it', async () => {
    const first = new URL(host.invitation());
    const second = new URL(host.invitation());
    expect(first.search).not.toBe(second.search);
    const use = async (url: URL) => (await get(`${url.pathname}${url.search}`)).status;
    expect(await use(first)).toBe(303);
    expect(await use(first)).toBe(403);
    expect(await use(second)).toBe(303);
    expect(await use(new URL(host.url))).toBe(303);
  });

  it('gives nothing without the cookie, with a wrong one, or with a wrong token', async () => {
    const token = new URL(host.url).searchParams.get('token') ?? '';
    const wrong = token.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    const attempts: [string, Record<string, string>][] = [
      ['/', {}],
      ['/', { Cookie: `gicscope-${host.port}=` }],
      ['/', { Cookie: `gicscope-${host.port}=${token}` }],
      ['/', { Cookie: `gicscope-${host.port + 1}=${cookie.split('=')[1]}` }],
      ['/assets/main-abc.js', {}],
      ['/?token=', {}],
      ['/?token=', { Cookie: cookie }],
      [`/?token=${wrong}`, {}],
      [`/?token=${token}x`, {}],
      [`/?token=${token.slice(0, 31)}`, {}],
    ];
    for (const [path, headers] of attempts) {
      const answer = await get(path, headers);
      expect(answer.status, path).toBe(403);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.text).toContain('open the URL that gicscope printed');
      expect(answer.text).not.toContain('window');
    }
  });

  it('answers only to its own Host, whatever else is right', async () => {
    for (const name of [
      'gicscope.example',
      `gicscope.example:${host.port}`,
      '127.0.0.1',
      `127.0.0.1:${host.port + 1}`,
    ]) {
      expect((await get('/', { Cookie: cookie, Host: name })).status, name).toBe(421);
      const url = new URL(host.url);
      const answer = await get(`${url.pathname}${url.search}`, { Host: name });
      expect(answer.status, name).toBe(421);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
    expect((await get('/', { Cookie: cookie, Host: `localhost:${host.port}` })).status).toBe(200);
  });

  it('grants the WebSocket only with Host, Origin and cookie together, and only at its place', async () => {
    const { Cookie, Host, Origin } = own;
    expect(await upgradeStatus(host.port, '/session', own)).toBe(101);
    expect(await upgradeStatus(host.port, '/session', { Host, Origin })).toBe(403);
    expect(await upgradeStatus(host.port, '/session', { Cookie, Host })).toBe(403);
    expect(await upgradeStatus(host.port, '/session', { Cookie, Host, Origin: 'http://evil.example' })).toBe(403);
    expect(await upgradeStatus(host.port, '/session', { Cookie, Host, Origin: 'null' })).toBe(403);
    expect(await upgradeStatus(host.port, '/session', { Cookie, Host, Origin: `http://localhost:${host.port}` })).toBe(
      403,
    );
    expect(await upgradeStatus(host.port, '/session', { Cookie, Host, Origin: Origin.replace('http', 'https') })).toBe(
      403,
    );
    const evil = { Cookie, Host: `evil.example:${host.port}`, Origin: `http://evil.example:${host.port}` };
    expect(await upgradeStatus(host.port, '/session', evil)).toBe(421);
    expect(await upgradeStatus(host.port, '/other', own)).toBe(404);
  });

  it('listens on the loopback address only', () => {
    expect(new URL(host.url).hostname).toBe('127.0.0.1');
    return new Promise<void>((resolve, reject) => {
      // 127.0.0.2 is this machine too, but not where the host listens.
      const probe = connect(host.port, '127.0.0.2');
      probe.on('connect', () => reject(new Error('the host listens on 127.0.0.2')));
      probe.on('error', () => resolve());
    });
  });
});

describe('the files of the window', () => {
  it('are served with a policy that lets them run nothing else', async () => {
    const answer = await get('/', own);
    expect(answer.headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(answer.headers['content-security-policy']).toContain(`ws://127.0.0.1:${host.port}`);
    expect(answer.headers['content-security-policy']).not.toMatch(/unsafe|\*/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    expect(answer.headers['cache-control']).toBe('no-store');
    const script = await get('/assets/main-abc.js', own);
    expect(script).toMatchObject({ status: 200, text: 'export {};' });
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect((await get('/assets/main-abc.js', own, 'HEAD')).text).toBe('');
  });

  it('cannot be left, however the path is written', async () => {
    const paths = [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/assets/..%2f..%2fsecret.txt',
      '/assets/%2e%2e%2f%2e%2e%2fsecret.txt',
      '/..%5csecret.txt',
      '/..\\secret.txt',
      '//secret.txt',
      '/link.txt',
      '/.hidden.js',
      '/%00index.html',
      '/index.html%00.js',
      '/%',
      `/${encodeURIComponent(join(folder, 'secret.txt'))}`,
      '/assets',
      '/assets/',
      '/c:/secret.txt',
    ];
    for (const path of paths) {
      const answer = await get(path, own);
      expect(answer.status, path).toBe(404);
      expect(answer.text, path).not.toContain('secret');
    }
  });

  it('are read, not written', async () => {
    for (const method of ['POST', 'DELETE', 'OPTIONS', 'PUT']) {
      expect((await get('/index.html', own, method)).status, method).toBe(405);
    }
  });
});

describe('the session over the WebSocket', () => {
  function open(): ConnectedClient {
    return createClient(
      webSocketTransport(() => new WebSocket(`ws://127.0.0.1:${host.port}/session`, { headers: own })),
    );
  }

  it('carries calls, failures, cancels and pushes to each connection', async () => {
    const [a, b] = [open(), open()];
    expect(await a.call('state.digest', { id: 1, seq: 16 })).toEqual({ digest: '0x10' });
    const { cells } = await b.call('timeline.density', { id: 1, columns: 4 });
    expect(cells).toStrictEqual(Uint32Array.from([0, 1, 2, 3, 4, 5, 6, 7]));
    await expect(a.call('trace.open', { path: '/nowhere' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(a.call('state.digest', { id: -1, seq: 0 })).rejects.toMatchObject({ code: 'usage' });
    const pushed = new Promise((resolve) => b.on('task', resolve));
    await a.call('import.start', { files: ['/a'], output: '', overwrite: false });
    expect(await pushed).toMatchObject({ state: 'running', title: 'double.log' });
    await a.call('task.cancel', { task: 1 });
    const stop = new AbortController();
    const waiting = a.call('state.digest', { id: 1, seq: 7 }, stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect((await b.call('app.info', {})).version).toContain('aborted 1');
    a.close();
    b.close();
  });

  it('stops the calls of a connection that went away', async () => {
    const a = open();
    const b = open();
    a.call('state.digest', { id: 1, seq: 7 }).catch(() => undefined);
    const before = Number(/aborted (\d+)/.exec((await b.call('app.info', {})).version)?.[1]);
    await a.call('state.digest', { id: 1, seq: 1 });
    a.close();
    await expect
      .poll(async () => Number(/aborted (\d+)/.exec((await b.call('app.info', {})).version)?.[1]))
      .toBe(before + 1);
    b.close();
  });

  it('ends a connection that sends what is not a message, and says why', async () => {
    for (const bad of ['text', Buffer.from([1, 2, 3]), Buffer.alloc((1 << 20) + 1)]) {
      const socket = new WebSocket(`ws://127.0.0.1:${host.port}/session`, { headers: own });
      const code = await new Promise((resolve) => {
        socket.on('open', () => socket.send(bad));
        socket.on('error', () => undefined);
        socket.on('close', resolve);
      });
      expect(code).toBe(typeof bad === 'string' || bad.length < 10 ? 1007 : 1009);
    }
  });
});

describe('a file dropped on the page', () => {
  const put = (name: string, body: Uint8Array, headers: Record<string, string> = {}) =>
    rawRequest({
      port: host.port,
      path: `/upload/${encodeURIComponent(name)}`,
      method: 'PUT',
      headers: { ...own, ...headers },
      body,
    });
  const imports = (): string => join(folder, 'imports');

  it('is stored under its own name, and beside one that is there already', async () => {
    const body = Buffer.from('gicv5_iri_ack …\n');
    const first = await put('boot.log', body);
    const second = await put('boot.log', body);
    expect(first.status).toBe(201);
    expect(JSON.parse(first.text)).toEqual({ path: join(imports(), 'boot.log'), bytes: body.length });
    expect(JSON.parse(second.text)).toMatchObject({ path: join(imports(), 'boot-2.log') });
    expect(readFileSync(join(imports(), 'boot-2.log'))).toEqual(body);
  });

  it('is refused without cookie, from another page, and when it is empty or of unknown length', async () => {
    const body = Buffer.from('x');
    expect((await put('a.log', body, { Cookie: '' })).status).toBe(403);
    expect((await put('a.log', body, { Origin: 'http://evil.example' })).status).toBe(403);
    expect((await put('a.log', Buffer.alloc(0), { 'Content-Length': '0' })).status).toBe(400);
    expect((await put('a.log', body, { 'Transfer-Encoding': 'chunked' })).status).toBe(411);
    expect(existsSync(join(imports(), 'a.log'))).toBe(false);
  });

  it('is refused when the disk has no room for it, before it is read', async () => {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(host.port, '127.0.0.1', () => {
        const lines = Object.entries({ ...own, 'Content-Length': '9000000000000000' }).map(([k, v]) => `${k}: ${v}`);
        socket.write(`PUT /upload/huge.log HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\nabc`);
      });
      socket.on('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 507 /);
    expect(answer).toMatch(/has room for \d+ bytes/);
  });

  it('leaves nothing behind when it does not arrive whole', async () => {
    await new Promise<void>((resolve) => {
      const socket = connect(host.port, '127.0.0.1', () => {
        const lines = Object.entries({ ...own, 'Content-Length': '1000' }).map(([k, v]) => `${k}: ${v}`);
        socket.write(`PUT /upload/cut.log HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\nabc`);
        setTimeout(() => socket.destroy(), 100);
      });
      socket.on('close', () => resolve());
    });
    await expect.poll(() => readdirSync(imports()).filter((name) => name.startsWith('cut'))).toEqual([]);
  });

  it('gets a name that stays in the folder', () => {
    const names: Record<string, string> = {
      'boot.log.xz': 'boot.log.xz',
      '../../etc/passwd': 'passwd',
      '..\\..\\x.log': 'x.log',
      '.bashrc': 'bashrc',
      '': 'dropped',
      '..': 'dropped',
      'a\0b\n.log': 'a_b_.log',
      'Größe 1.gscope': 'Größe_1.gscope',
      'con:aux.log': 'con_aux.log',
    };
    for (const [given, expected] of Object.entries(names)) expect(plainName(given), given).toBe(expected);
    expect(plainName('x'.repeat(1000) + '.log')).toHaveLength(124);
  });
});
