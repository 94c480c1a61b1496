/** SQL of the user: beside everything else, within its limits, and gone as soon as nobody waits for it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackend } from '../../../../core/session/backend.ts';
import { type Args, type Method, type Result } from '../../../../core/session/contract.ts';
import { runQuery } from '../../../../core/session/sql/query-process.ts';
import { nanoseconds } from '../../../../core/state/brand.ts';
import { TraceWriter } from '../../../../core/trace/writer.ts';

const EVENTS = 3000;
/** Counts 27 · 10⁹ rows: hours. */
const ENDLESS = 'SELECT count(*) FROM event a, event b, event c';
const MODULE = join(import.meta.dirname, '../../../../core/session/sql/query-process.ts');

let folder: string;
let path: string;
let id: number;
const backend = createBackend({ version: '0', samples: '', imports: '' });
const never = new AbortController().signal;
const call = <M extends Method>(method: M, args: Args<M>, signal = never): Promise<Result<M>> =>
  backend.handle(method, args, signal);
const processes = (): number => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;

/** Numbers of a process's children, as Linux tells them. */
const childrenOf = (pid: number): string => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-sql-'));
  path = join(folder, 'trace.gscope');
  const writer = new TraceWriter(path, { source: { kind: 'scenario', files: [], facts: {} } });
  for (let n = 0; n < EVENTS; n++)
    writer.append({
      kind: 'register.access',
      time: nanoseconds(n * 10),
      origin: 'guest',
      register: 'ICC_PCR_EL1',
      op: 'write',
      value: 1n,
    });
  writer.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic: 'v5', vcpus: 1 });
  ({ id } = await call('trace.open', { path }));
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a query that takes long', () => {
  it('holds up no other call, and ends with its process as soon as it is cancelled', async () => {
    const before = processes();
    const cancel = new AbortController();
    const query = call('sql.query', { id, sql: ENDLESS, limit: 1 }, cancel.signal).catch((error: unknown) => error);
    await sleep(400);
    const began = performance.now();
    const { rows } = await call('events.rows', { id, from: 0, count: 10, direction: 'forward', filter: '' });
    expect(rows).toHaveLength(10);
    expect(performance.now() - began).toBeLessThan(200);
    expect(processes()).toBe(before + 1);
    cancel.abort();
    expect(await query).toMatchObject({ code: 'cancelled' });
    await expect.poll(processes).toBe(before);
  });

  it('is not begun when it was cancelled before', async () => {
    const before = processes();
    await expect(call('sql.query', { id, sql: 'SELECT 1', limit: 1 }, AbortSignal.abort())).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(processes()).toBe(before);
  });

  it('is ended when its time is over', async () => {
    await expect(runQuery({ path, sql: ENDLESS, rows: 1 }, never, { bytes: 1000, ms: 500 })).rejects.toMatchObject({
      code: 'usage',
      message:
        'SQL: the query was ended after 0.5 seconds. Select less, or ask the file with sqlite3: it is an SQLite database.',
    });
  });

  it('does not outlive the process that asked', async () => {
    const ask = `import { runQuery } from ${JSON.stringify(MODULE)};
      await runQuery(${JSON.stringify({ path, sql: ENDLESS, rows: 1 })}, new AbortController().signal);`;
    const asking = spawn(process.execPath, ['--input-type=module', '-e', ask], { stdio: ['ignore', 'ignore', 'pipe'] });
    await expect.poll(() => childrenOf(asking.pid ?? 0), { timeout: 10_000 }).not.toBe('');
    // It has begun to watch, and to count.
    await sleep(500);
    asking.kill('SIGKILL');
    // Both write their complaints to the same pipe, which ends with the last of them.
    await once(asking, 'close');
    expect(asking.signalCode).toBe('SIGKILL');
  }, 15_000);
});

describe('the answer of a query', () => {
  it('has every row in order, however many messages they take', async () => {
    const { columns, rows, truncated } = await call('sql.query', {
      id,
      sql: "SELECT seq, printf('%.*c', 400, 'x') AS x, NULL AS none, x'00ff' AS bytes FROM event ORDER BY seq",
      limit: EVENTS,
    });
    expect({ columns, truncated }).toEqual({ columns: ['seq', 'x', 'none', 'bytes'], truncated: false });
    expect(rows).toEqual(Array.from({ length: EVENTS }, (_, n) => [n, 'x'.repeat(400), null, '00ff']));
  });

  it('ends at the limit of rows, and at that of bytes, and says so', async () => {
    const sql = 'SELECT seq FROM event ORDER BY seq';
    expect(await call('sql.query', { id, sql, limit: 2 })).toEqual({
      columns: ['seq'],
      rows: [[0], [1]],
      truncated: true,
    });
    const few = await runQuery({ path, sql, rows: EVENTS }, never, { bytes: 25, ms: 60_000 });
    expect(few).toEqual({ columns: ['seq'], rows: [[0], [1], [2]], truncated: true });
  });

  it('is a message that says what is wrong', async () => {
    const refused = (sql: string) => call('sql.query', { id, sql, limit: 1 });
    await expect(refused('SELEC')).rejects.toMatchObject({ code: 'usage', message: 'SQL: near "SELEC": syntax error' });
    await expect(refused('BEGIN')).rejects.toMatchObject({
      code: 'usage',
      message: 'SQL: Only queries that read are allowed: a SELECT.',
    });
    await expect(refused('DELETE FROM event')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/^SQL: cannot modify event/),
    });
    await expect(refused("SELECT json('[')")).rejects.toMatchObject({ code: 'usage', message: 'SQL: malformed JSON' });
    const gone = join(folder, 'gone.gscope');
    await expect(runQuery({ path: gone, sql: 'SELECT 1', rows: 1 }, never)).rejects.toMatchObject({
      code: 'bad-input',
      message: `${gone} does not exist.`,
    });
  });
});
