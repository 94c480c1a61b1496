/**
 * The browser host's server: the built window, the session over a WebSocket, uploads. Only on 127.0.0.1; access.ts says
 * who may talk to it. The first URL's token is exchanged for a cookie, then the page is asked for again without it, so
 * that the token does not stay in the address bar and the history.
 */
import { createReadStream } from 'node:fs';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { REQUEST_LIMITS } from '../../core/session/wire.ts';
import type { BackendHost } from '../backend-host.ts';
import { pageHeaders } from '../page-policy.ts';
import { findStaticFile } from '../static-files.ts';
import { type Access, createAccess } from './access.ts';
import { serveSocket } from './session-socket.ts';
import { UploadError, receiveUpload } from './upload.ts';

export interface WebHostOptions {
  readonly backend: BackendHost;
  /** Folder of the built window. */
  readonly renderer: string;
  /** Folder for uploads. */
  readonly imports: string;
  /** 0: a free one. */
  readonly port: number;
  /** A trace that the page opens. */
  readonly trace?: string;
}

export interface WebHost {
  readonly port: number;
  /** The URL to open first, with its token. */
  readonly url: string;
  /** The same with a token that works once, to be given to another program. */
  invitation(): string;
  /** Ends connections and the server; the backend is not touched. */
  close(): Promise<void>;
}

const MOST_SOCKETS = 32;
const MOST_UPLOADS = 4;

/** @throws the server's error when the port cannot be had. */
export async function startWebHost(options: WebHostOptions): Promise<WebHost> {
  const server = createServer({ requestTimeout: 0, headersTimeout: 10_000 });
  const port = await listen(server, options.port);
  const access = createAccess(port);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: REQUEST_LIMITS.bytes,
    perMessageDeflate: false,
  });
  let uploads = 0;

  async function upload(request: IncomingMessage, response: ServerResponse, name: string): Promise<void> {
    if (uploads >= MOST_UPLOADS) return refuse(response, 429, `at most ${MOST_UPLOADS} files at once`);
    uploads++;
    try {
      const stored = await receiveUpload(request, options.imports, name);
      response.writeHead(201, { ...headers(port), 'Content-Type': 'application/json' }).end(JSON.stringify(stored));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      refuse(response, error instanceof UploadError ? error.status : 500, message);
    } finally {
      uploads--;
    }
  }

  server.on('request', (request, response) => {
    const url = parseUrl(request.url);
    if (!access.hasOurHost(request.headers)) return refuse(response, 421, HOST_MESSAGE);
    if (url === undefined) return refuse(response, 400, 'this is not a path');
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && url.searchParams.has('token')) return exchange(access, url, response, port);
    if (!access.hasCookie(request.headers)) return refuse(response, 403, COOKIE_MESSAGE);
    if (isRead) return void sendFile(options.renderer, url.pathname, request.method === 'HEAD', response, port);
    const name = request.method === 'PUT' ? uploadName(url.pathname) : undefined;
    if (name === undefined) return refuse(response, 405, 'only reading pages and uploading files');
    if (!access.hasOurOrigin(request.headers)) return refuse(response, 403, ORIGIN_MESSAGE);
    void upload(request, response, name);
  });

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const { headers } = request;
    if (!access.hasOurHost(headers)) return refuseUpgrade(socket, 421, HOST_MESSAGE);
    if (!access.hasOurOrigin(headers)) return refuseUpgrade(socket, 403, ORIGIN_MESSAGE);
    if (!access.hasCookie(headers)) return refuseUpgrade(socket, 403, COOKIE_MESSAGE);
    if (parseUrl(request.url)?.pathname !== '/session') return refuseUpgrade(socket, 404, 'there is nothing here');
    if (sockets.clients.size >= MOST_SOCKETS) return refuseUpgrade(socket, 503, `at most ${MOST_SOCKETS} connections`);
    sockets.handleUpgrade(request, socket, head, (client) => serveSocket(client, options.backend));
  });

  const firstUrl = (token: string): string => {
    const query = new URLSearchParams({ token });
    if (options.trace !== undefined) query.set('open', options.trace);
    return `http://127.0.0.1:${port}/?${query.toString()}`;
  };
  return {
    port,
    url: firstUrl(access.token),
    invitation: () => firstUrl(access.invite()),
    async close() {
      for (const client of sockets.clients) client.close(1001, 'gicscope was closed');
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      setTimeout(() => {
        for (const client of sockets.clients) client.terminate();
        server.closeAllConnections();
      }, 500).unref();
      server.closeIdleConnections();
      await ended;
    },
  };
}

const HOST_MESSAGE = 'gicscope answers only to 127.0.0.1 and localhost at its own port';
const ORIGIN_MESSAGE = 'only the page that gicscope itself serves may do this';
const COOKIE_MESSAGE = 'open the URL that gicscope printed when it was started (it ends in a token)';

const headers = (port: number): Record<string, string> =>
  // Not every browser takes 'self' to include WebSockets.
  pageHeaders([`ws://127.0.0.1:${port}`, `ws://localhost:${port}`]);

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      // A TCP server that listens has an AddressInfo.
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function parseUrl(path: string | undefined): URL | undefined {
  if (path === undefined || !path.startsWith('/') || path.length > 8192) return undefined;
  return URL.parse(`http://host${path}`) ?? undefined;
}

/** Trades the token for the cookie, and drops it from the URL. */
function exchange(access: Access, url: URL, response: ServerResponse, port: number): void {
  if (!access.accepts(url.searchParams.get('token'))) return refuse(response, 403, COOKIE_MESSAGE);
  url.searchParams.delete('token');
  const location = `/${url.search}`;
  response
    .writeHead(303, {
      ...headers(port),
      Location: location,
      'Set-Cookie': access.cookie(),
      'Cache-Control': 'no-store',
    })
    .end();
}

async function sendFile(
  folder: string,
  path: string,
  headOnly: boolean,
  response: ServerResponse,
  port: number,
): Promise<void> {
  const file = await findStaticFile(folder, path);
  if (file === undefined) return refuse(response, 404, 'there is nothing here');
  response.writeHead(200, {
    ...headers(port),
    'Content-Type': file.type,
    'Content-Length': file.bytes,
    'Cache-Control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
  });
  if (headOnly) response.end();
  else
    createReadStream(file.path)
      .on('error', () => response.destroy())
      .pipe(response);
}

function uploadName(path: string): string | undefined {
  const match = /^\/upload\/([^/]+)$/.exec(path);
  try {
    return match?.[1] === undefined ? undefined : decodeURIComponent(match[1]);
  } catch {
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response
    .writeHead(status, {
      ...pageHeaders(),
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
    })
    .end(`gicscope: ${message}\n`);
}

function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(message) + 1}\r\n\r\n${message}\n`,
  );
}
