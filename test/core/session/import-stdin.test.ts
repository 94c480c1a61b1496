/** Standard input imported as it comes: nothing is copied, and a stop keeps what was read. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackend } from '../../../core/session/backend.ts';
import { type Args, type Method, type Result, type TaskProgress } from '../../../core/session/contract.ts';
import { type SessionBackend } from '../../../core/session/session.ts';

const lines = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) =>
      `          <idle>-0       [001] d.h1. ${(78 + i / 1000).toFixed(6)}: irq_handler_entry: irq=14 name=eth0\n`,
  ).join('');

let folder = '';
let output = '';
let stdin: PassThrough;
let backend: SessionBackend;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-stdin-'));
  output = join(folder, 't.gscope');
  stdin = new PassThrough();
  backend = createBackend({ version: 'test', samples: '', imports: folder, stdin });
});
afterEach(async () => {
  await backend.close();
  rmSync(folder, { recursive: true });
});

const ask = <M extends Method>(method: M, args: Args<M>): Promise<Result<M>> =>
  backend.handle(method, args, new AbortController().signal);

async function start(): Promise<{ readonly task: number; readonly reports: TaskProgress[] }> {
  const reports: TaskProgress[] = [];
  backend.on('task', (progress) => reports.push(progress));
  const { task } = await ask('import.start', { files: ['-'], output, overwrite: false });
  return { task, reports };
}
async function reported(
  reports: readonly TaskProgress[],
  is: (progress: TaskProgress) => boolean,
): Promise<TaskProgress> {
  for (;;) {
    const found = reports.find(is);
    if (found !== undefined) return found;
    await sleep(5);
  }
}
/** Writes on until a report tells of events; reports are told a few times a second at most. */
async function writtenUntilRead(reports: readonly TaskProgress[], piece: () => string | Buffer): Promise<void> {
  while (!reports.some(({ events }) => events > 0)) {
    stdin.write(piece());
    await sleep(20);
  }
}
const hasEnded = ({ state }: TaskProgress): boolean => state !== 'running';
async function infoOf(path: string): Promise<Result<'trace.open'>> {
  const info = await ask('trace.open', { path });
  await ask('trace.close', { id: info.id });
  return info;
}

describe('import of standard input', () => {
  it('makes the trace of all that came, compressed or not, under the name of the pipe', async () => {
    const { reports } = await start();
    stdin.end(gzipSync(lines(300)));
    expect(await reported(reports, hasEnded)).toMatchObject({ state: 'done', output });
    expect(await infoOf(output)).toMatchObject({ events: 300, source: { files: ['standard input'] } });
  });

  it('reads while more is to come, and a stop in silence keeps what was read', async () => {
    const { task, reports } = await start();
    await writtenUntilRead(reports, () => lines(1000));
    await ask('task.cancel', { task, keep: true });
    await reported(reports, hasEnded);
    const info = await infoOf(output);
    expect(info.events).toBeGreaterThan(0);
    expect(info.source.facts['ends early']).toBe('the import was stopped');
  });

  it('keeps what was decompressed until the stop', async () => {
    const { task, reports } = await start();
    // Whole members, one behind the other, and then the beginning of one.
    await writtenUntilRead(reports, () => gzipSync(lines(1000)));
    stdin.write(gzipSync(lines(1000)).subarray(0, -100));
    await ask('task.cancel', { task, keep: true });
    await reported(reports, hasEnded);
    expect((await infoOf(output)).events).toBeGreaterThan(0);
  });

  it('leaves nothing when it is stopped before anything came', async () => {
    const { task, reports } = await start();
    await ask('task.cancel', { task, keep: true });
    expect(await reported(reports, hasEnded)).toMatchObject({ output: null });
    expect([existsSync(output), existsSync(`${output}.partial`)]).toEqual([false, false]);
  });

  it('is no file among several', async () => {
    const several = ask('import.start', { files: ['-', 'a.log'], output, overwrite: false });
    await expect(several).rejects.toThrow(/standard input is read alone/);
  });
});
