/** A source that grows, imported by one backend and watched by another, as two processes would. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackend } from '../../../core/session/backend.ts';
import {
  type Args,
  type Method,
  type PushEvents,
  type Result,
  type TaskProgress,
} from '../../../core/session/contract.ts';
import { type SessionBackend } from '../../../core/session/session.ts';

/** As the kernel's `trace_pipe` prints them. */
const event = (at: number): string =>
  `          <idle>-0       [001] d.h1. ${(78 + at / 1000).toFixed(6)}: irq_handler_entry: irq=14 name=arch_timer\n`;
const events = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => event(from + i)).join('');
const reset = (cpu: number): string => `2026-11-20T21:55:32.99210${cpu}Z arm_cpu_reset cpu ${cpu}\n`;

let folder = '';
let log = '';
let output = '';
let stdin: PassThrough;
let writer: SessionBackend;
let viewer: SessionBackend;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-follow-'));
  log = join(folder, 'a.log');
  output = join(folder, 't.gscope');
  stdin = new PassThrough();
  writer = createBackend({ version: 'test', samples: '', imports: folder, stdin });
  viewer = createBackend({ version: 'test', samples: '', imports: folder });
});
afterEach(async () => {
  await viewer.close();
  await writer.close();
  rmSync(folder, { recursive: true });
});

const never = new AbortController().signal;
const ask = <M extends Method>(to: SessionBackend, method: M, args: Args<M>): Promise<Result<M>> =>
  to.handle(method, args, never);

interface Following {
  readonly task: number;
  readonly end: Promise<TaskProgress>;
}
async function follow(file: string, more: Partial<Args<'import.start'>> = {}): Promise<Following> {
  const ends = new Map<number, TaskProgress>();
  writer.on('task', (progress) => {
    if (progress.state !== 'running') ends.set(progress.task, progress);
  });
  const { task } = await ask(writer, 'import.start', {
    files: [file],
    output,
    overwrite: false,
    follow: true,
    ...more,
  });
  const ended = async (): Promise<TaskProgress> => {
    for (;;) {
      const progress = ends.get(task);
      if (progress !== undefined) return progress;
      await sleep(5);
    }
  };
  return { task, end: ended() };
}
const stop = (task: number): Promise<unknown> => ask(writer, 'task.cancel', { task, keep: true });

/** Opens the trace elsewhere as soon as it is there and has so many events. */
async function opened(atLeast: number): Promise<Result<'trace.open'>> {
  while (!existsSync(output)) await sleep(10);
  const info = await ask(viewer, 'trace.open', { path: output });
  if (info.events < atLeast) await told(({ id, events: now }) => id === info.id && now >= atLeast);
  return info;
}
const told = (is: (grown: PushEvents['grown']) => boolean): Promise<PushEvents['grown']> =>
  new Promise((resolve) => {
    const off = viewer.on('grown', (grown) => {
      if (!is(grown)) return;
      off();
      resolve(grown);
    });
  });

describe('following a pipe', () => {
  it('shows a viewer elsewhere what came within a second, and finishes at the end of the pipe', async () => {
    const { end } = await follow('-');
    stdin.write(events(0, 3));
    const { id, finished } = await opened(3);
    expect(finished).toBe(false);
    const began = performance.now();
    const more = told(({ events: now }) => now === 5);
    // Half a line is no event yet.
    stdin.write(events(3, 5) + event(5).slice(0, 40));
    expect(await more).toMatchObject({ id, finished: false, durationNs: 4_000_000 });
    expect(performance.now() - began).toBeLessThan(2000);
    expect((await ask(viewer, 'trace.info', { id })).source).toMatchObject({
      kind: 'ftrace',
      files: ['standard input'],
    });
    const last = told((grown) => grown.finished);
    stdin.end(event(5).slice(40));
    expect(await end).toMatchObject({ state: 'done', output });
    expect(await last).toMatchObject({ events: 6 });
    const info = await ask(viewer, 'trace.info', { id });
    expect(info).toMatchObject({ complete: true, finished: true, lines: { read: 6, asEvents: 6, skipped: 0 } });
    expect(info.source.facts['ends early']).toBeUndefined();
  });

  it('says what is known of the machine while the trace grows', async () => {
    const { task, end } = await follow('-');
    stdin.write(reset(0) + reset(1));
    const { id } = await opened(2);
    expect(await ask(viewer, 'trace.info', { id })).toMatchObject({ vcpus: 2, finished: false, lines: { read: 2 } });
    await stop(task);
    expect(await end).toMatchObject({ state: 'cancelled', output });
  });

  it('is the same trace as an import of the whole', async () => {
    const { end } = await follow('-');
    const text = Buffer.from(`# tracer: nop\n#\n${events(0, 5000)}no event\n${events(5000, 6000)}`);
    for (let at = 0; at < text.length; at += 37_000) stdin.write(text.subarray(at, at + 37_000));
    stdin.end();
    await end;
    writeFileSync(log, text);
    const whole = join(folder, 'whole.gscope');
    const { task } = await ask(writer, 'import.start', { files: [log], output: whole, overwrite: false });
    await new Promise<void>((resolve) => {
      writer.on('task', (progress) => {
        if (progress.task === task && progress.state === 'done') resolve();
      });
    });
    const [a, b] = [
      await ask(viewer, 'trace.open', { path: output }),
      await ask(viewer, 'trace.open', { path: whole }),
    ];
    expect([a.events, a.lines, a.durationNs, a.kinds]).toEqual([6000, b.lines, b.durationNs, b.kinds]);
    expect(a.lines).toMatchObject({ read: 6003, asEvents: 6000, skipped: 3 });
    expect(await ask(viewer, 'trace.verify', { id: a.id })).toMatchObject({ ok: true });
  });

  it('keeps everything at a stop, also while nothing comes', async () => {
    const { task, end } = await follow('-');
    stdin.write(events(0, 4));
    await opened(4);
    await stop(task);
    expect(await end).toMatchObject({ state: 'cancelled', output });
    expect(stdin.destroyed).toBe(true);
    expect(await ask(writer, 'trace.open', { path: output })).toMatchObject({ events: 4, complete: true });
  });

  it('writes nothing when it is stopped before a line came, or when the pipe was empty', async () => {
    const { task, end } = await follow('-');
    await stop(task);
    expect(await end).toMatchObject({ state: 'cancelled', output: null });
    expect(existsSync(output)).toBe(false);
  });

  it('says that an empty pipe was empty', async () => {
    const { end } = await follow('-');
    stdin.end();
    expect((await end).error).toMatchObject({ code: 'bad-input', message: expect.stringContaining('empty') as string });
    expect(existsSync(output)).toBe(false);
  });
});

describe('following a file', () => {
  it('waits for its first lines, then reads on', async () => {
    writeFileSync(log, '');
    const { task, end } = await follow(log);
    await sleep(30);
    appendFileSync(log, events(0, 2));
    await opened(2);
    const more = told(({ events: now }) => now === 3);
    appendFileSync(log, event(2));
    await more;
    await stop(task);
    expect(await end).toMatchObject({ state: 'cancelled', output });
  });

  it('keeps what was read of one that is cut, and says where', async () => {
    writeFileSync(log, events(0, 10));
    const { end } = await follow(log);
    await opened(10);
    truncateSync(log, 50);
    expect(await end).toMatchObject({ state: 'done', output });
    const { events: kept, complete, source } = await ask(writer, 'trace.open', { path: output });
    expect([kept, complete]).toEqual([10, false]);
    expect(source.facts['ends early']).toMatch(
      /a\.log: the file became shorter while it was followed: from \d+ bytes to 50/,
    );
  });

  it.each([
    [
      'compressed data',
      () => gzipSync(events(0, 5)),
      /gzip data, which cannot be followed .* Decompress it into the pipe/,
    ],
    [
      'a trace.dat',
      () => Buffer.from('\x17\x08Dtracing6\0\0\x01\x08\0\0\0', 'latin1'),
      /trace\.dat.*cannot be followed/,
    ],
  ])('refuses %s as wrong usage, before a trace is written', async (_what, content, message) => {
    writeFileSync(log, content());
    const { end } = await follow(log);
    expect((await end).error).toMatchObject({ code: 'usage', message: expect.stringMatching(message) as string });
    expect(existsSync(output)).toBe(false);
  });

  it('refuses several sources, a trace that is being written, and standard input where there is none', async () => {
    await expect(
      ask(writer, 'import.start', { files: [log, log], output, overwrite: false, follow: true }),
    ).rejects.toThrow(/one source at a time/);
    await expect(ask(viewer, 'import.start', { files: ['-'], output, overwrite: false, follow: true })).rejects.toThrow(
      /no standard input here/,
    );
    writeFileSync(log, events(0, 3));
    const { task, end } = await follow(log);
    await opened(3);
    await expect(ask(viewer, 'import.start', { files: [log], output, overwrite: true, follow: true })).rejects.toThrow(
      /is in use/,
    );
    await stop(task);
    await end;
    expect(readFileSync(output).length).toBeGreaterThan(0);
  });
});
