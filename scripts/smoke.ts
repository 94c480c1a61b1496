/**
 * `npm start -- --smoke`: what a person's first minute needs, without a screen. Starts the real host as its own process,
 * takes the page and its scripts as a browser would, opens the bundled sample through the real client over the
 * WebSocket, and checks that the first lanes, rows and state arrive. One line, exit 0; else what was missing, exit 1.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { WebSocket } from 'ws';
import { type ConnectedClient, createClient } from '../core/session/client.ts';
import { webSocketTransport } from '../core/session/transports.ts';
import type { TraceInfo } from '../core/session/contract.ts';
import { lanesOf } from '../core/session/lane-columns.ts';
import { HOST, ensureBuilt } from './built.ts';

/** Longest time for all of it, in ms; the sample takes a few seconds. */
const LIMIT_MS = 120_000;

export async function smoke(trace: string | undefined, stop: AbortSignal): Promise<number> {
  const home = mkdtempSync(join(tmpdir(), 'gicscope-smoke-'));
  const signal = AbortSignal.any([stop, AbortSignal.timeout(LIMIT_MS)]);
  let host: ChildProcess | undefined;
  try {
    if (trace !== undefined && !existsSync(trace)) throw new Error(`${trace}: there is no such file or folder`);
    await ensureBuilt((line) => console.error(`gicscope: ${line}`));
    const began = performance.now();
    host = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', HOST, '--no-open'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Nothing of it stays, and nothing of the person's is seen.
      env: { ...process.env, GICSCOPE_HOME: home },
    });
    const url = await printedUrl(host, signal);
    const cookie = await takePage(url, signal);
    const client = createClient(
      webSocketTransport(
        () => new WebSocket(new URL('session', url), { headers: { Cookie: cookie, Origin: url.origin } }),
      ),
    );
    const seen = await openAndLook(client, trace, home, signal);
    client.close();
    console.log(`smoke: ${seen} in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return 0;
  } catch (error) {
    const timedOut = signal.aborted && !stop.aborted;
    const message = error instanceof Error ? error.message : String(error);
    console.error(`smoke failed: ${timedOut ? `not done after ${LIMIT_MS / 1000} s (${message})` : message}`);
    return stop.aborted ? 130 : 1;
  } finally {
    await end(host);
    rmSync(home, { recursive: true, force: true });
  }
}

function printedUrl(host: ChildProcess, signal: AbortSignal): Promise<URL> {
  return new Promise((resolve, reject) => {
    let output = '';
    host.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const url = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(output)?.[0];
      if (url !== undefined) resolve(new URL(url));
    });
    host.on('error', reject);
    host.on('exit', (code) => reject(new Error(`the host ended with code ${code} before it printed its URL`)));
    signal.addEventListener('abort', () => reject(new Error('waiting for the URL of the host')), { once: true });
  });
}

/** Gets the cookie, the page and its scripts. Returns the cookie. */
async function takePage(url: URL, signal: AbortSignal): Promise<string> {
  const first = await fetch(url, { redirect: 'manual', signal });
  const cookie = first.headers.get('set-cookie')?.split(';')[0];
  const location = first.headers.get('location');
  if (first.status !== 303 || cookie === undefined || location === null) {
    throw new Error(`the printed URL answered ${first.status} instead of a redirect with a cookie`);
  }
  const page = await take(new URL(location, url), cookie, signal);
  const scripts = [...page.matchAll(/<script[^>]*\ssrc="([^"]+)"/g)].map((match) => match[1] ?? '');
  if (scripts.length === 0) throw new Error('the page has no script');
  for (const script of scripts) await take(new URL(script, url), cookie, signal);
  return cookie;
}

async function take(url: URL, cookie: string, signal: AbortSignal): Promise<string> {
  const answer = await fetch(url, { headers: { Cookie: cookie }, signal });
  const text = await answer.text();
  if (!answer.ok || text === '') throw new Error(`${url.pathname} answered ${answer.status} with ${text.length} bytes`);
  return text;
}

async function openAndLook(
  client: ConnectedClient,
  trace: string | undefined,
  home: string,
  signal: AbortSignal,
): Promise<string> {
  const { samples } = await client.call('app.info', {}, signal);
  const path = trace ?? samples[0]?.path;
  if (path === undefined) throw new Error('no sample is bundled');
  const info = await open(client, path, home, signal);
  const { id, durationNs } = info;
  const lanes = await client.call(
    'timeline.lanes',
    {
      id,
      from: 0,
      to: durationNs,
      columns: 800,
      lanes: lanesOf(info)
        .slice(0, 40)
        .map((lane) => lane.id),
      marks: false,
    },
    signal,
  );
  const drawn = lanes.lanes.filter((lane) => lane.start.length > 0).length;
  if (drawn === 0) throw new Error(`none of ${lanes.lanes.length} lanes has anything to draw`);
  const { rows } = await client.call(
    'events.rows',
    { id, from: 0, count: 50, direction: 'forward', filter: '' },
    signal,
  );
  if (rows.length !== Math.min(50, info.events) || rows[0]?.seq !== 0)
    throw new Error(`${rows.length} first rows came`);
  const last = info.events - 1;
  const state = await client.call('state.inspect', { id, seq: last, vcpu: 0, baseline: null }, signal);
  const known = state.registers.filter((register) => register.value !== null).length;
  if (state.seq !== last || known === 0) throw new Error(`no register of vCPU 0 is known at #${last}`);
  return `${basename(path)}: ${info.events} events, ${drawn} lanes, ${rows.length} rows, ${known} registers of vCPU 0 at #${last}`;
}

async function open(client: ConnectedClient, path: string, home: string, signal: AbortSignal): Promise<TraceInfo> {
  const found = await client.call('files.detect', { path }, signal);
  if (found.kind === 'unsupported') throw new Error(`${path}: ${found.message}`);
  if (found.kind === 'gscope') return client.call('trace.open', { path }, signal);
  const ended = new Promise<string>((resolve, reject) => {
    client.on('task', ({ state, output, error }) => {
      if (state === 'running') return;
      if (output === null) reject(new Error(`${path}: ${error?.message ?? state}`));
      else resolve(output);
    });
  });
  const output = join(home, 'smoke.gscope');
  await client.call('import.start', { files: [path], output, overwrite: false }, signal);
  return client.call('trace.open', { path: await withSignal(ended, signal, 'waiting for the import') }, signal);
}

function withSignal<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(what)), { once: true });
    promise.then(resolve, reject);
  });
}

function end(host: ChildProcess | undefined): Promise<void> {
  if (host === undefined || host.exitCode !== null || host.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    host.on('exit', () => resolve());
    host.kill('SIGTERM');
  });
}
