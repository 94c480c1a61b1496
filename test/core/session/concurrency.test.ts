/** Searches beside everything else that happens: recordings and imports that grow, other searches, storms of cancels. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readerTrace } from '../../../core/debug/reader-trace.ts';
import { findAll, findNext, hitOfRank, Query } from '../../../core/debug/search.ts';
import { createBackend } from '../../../core/session/backend.ts';
import { type Args, type Method, type Result, type TaskProgress } from '../../../core/session/contract.ts';
import { nanoseconds } from '../../../core/state/brand.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';

const RECORDING = join(import.meta.dirname, '../../data/import/gicv5-smp1-events.log.xz');

let folder: string;
let stored: string;
const backend = createBackend({ version: '0', samples: '', imports: '' });
const call = <M extends Method>(method: M, args: Args<M>, signal?: AbortSignal): Promise<Result<M>> =>
  backend.handle(method, args, signal ?? new AbortController().signal);

function startImport(output: string): Promise<{ readonly ended: Promise<TaskProgress> }> {
  let off: () => void = () => undefined;
  let task = 0;
  const ended = new Promise<TaskProgress>((resolve) => {
    off = backend.on('task', (progress) => {
      if (progress.task === task && progress.state !== 'running') resolve(progress);
    });
  }).finally(() => off());
  const args = { files: [RECORDING], output, overwrite: false };
  return call('import.start', args).then((started) => {
    ({ task } = started);
    return { ended };
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-beside-'));
  stored = join(folder, 'stored.gscope');
  const { ended } = await startImport(stored);
  expect((await ended).state).toBe('done');
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the check of a whole trace', () => {
  it('lets others be answered, and ends when it is cancelled or the trace is closed', async () => {
    const { id } = await call('trace.open', { path: stored });
    const ended: string[] = [];
    const note = (what: string) => (): unknown => ended.push(what);
    const whole = call('trace.verify', { id }).then(note('verified'));
    await turn();
    await call('state.digest', { id, seq: 0 }).then(note('answered'));
    await whole;
    expect(ended).toEqual(['answered', 'verified']);
    const { id: closed } = await call('trace.open', { path: stored });
    const cancel = new AbortController();
    const checks = [call('trace.verify', { id }, cancel.signal), call('trace.verify', { id: closed })];
    cancel.abort();
    await call('trace.close', { id: closed });
    expect(await Promise.allSettled(checks)).toMatchObject([
      { status: 'rejected', reason: { message: 'cancelled' } },
      { status: 'rejected', reason: { message: `trace ${closed} is not open. Open it again.` } },
    ]);
  });
});

describe('a call that looks at much of a trace', () => {
  const path = 'vcpu0.ppi27.pending';
  const calls: readonly [Method, Record<string, unknown>][] = [
    ['nav.step', { from: 0, steps: 400, vcpu: 0, filter: 'kind == irq.acknowledge' }],
    ['history.changes', { path, from: 0, limit: 1000 }],
    ['history.values', { path, columns: 64 }],
    ['timeline.lanes', { from: 0, to: 1e9, columns: 64, lanes: ['vcpu0', 'vcpu0.ppi27'], marks: true }],
    ['analysis.injections', {}],
    ['analysis.latency', { by: 'intid' }],
    ['report.export', { format: 'md', output: '', at: 0, overwrite: false }],
  ];
  // Every look at the clock finds a slice over: on a large trace that is so after every few milliseconds of work.
  let now = 0;
  beforeAll(() => {
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 100));
  });
  afterAll(() => {
    vi.restoreAllMocks();
  });

  it.each(calls)(
    '%s lets others be answered, and ends when it is cancelled or the trace is closed',
    async (method, args) => {
      const { id } = await call('trace.open', { path: stored });
      const begin = (signal = new AbortController().signal): Promise<unknown> =>
        // The lists above have what the contract wants beside the trace.
        backend.handle(method, { ...args, id } as Args<Method>, signal);
      const ended: string[] = [];
      const whole = begin().then(() => ended.push('it'));
      await turn();
      await call('state.digest', { id, seq: 0 }).then(() => ended.push('another'));
      await whole;
      expect(ended).toEqual(['another', 'it']);
      const cancel = new AbortController();
      const cancelled = begin(cancel.signal).catch((error: unknown) => error);
      await turn();
      cancel.abort();
      expect(await cancelled).toMatchObject({ code: 'cancelled' });
      const orphan = begin().catch((error: unknown) => error);
      await turn();
      await call('trace.close', { id });
      expect(await orphan).toMatchObject({ code: 'not-found', message: `trace ${id} is not open. Open it again.` });
    },
  );
});

describe('a search', () => {
  it('is right at every moment of a recording that grows under it', async () => {
    const EVENTS = 2_000 + 80 * 1_500;
    const path = join(folder, 'growing.gscope');
    const writer = new TraceWriter(path, { source: { kind: 'scenario', files: [], facts: {} } });
    const slot = writer.journal.layout.claim({ path: 'counter', width: 32, initial: 0n });
    /** Event n writes n mod 97, and every third changes the counter. */
    const holds = (n: number): boolean => n % 97 === 5 || n % 97 === 6;
    const expected = Array.from({ length: EVENTS }, (_, n) => n).filter(holds);
    let written = 0;
    const isRecording = (): boolean => written < EVENTS;
    const append = (count: number): void => {
      for (let i = 0; i < count; i++, written++) {
        if (written % 3 === 0) writer.journal.write(slot, BigInt(written));
        writer.append({
          kind: 'register.access',
          time: nanoseconds(written * 10),
          origin: 'guest',
          register: 'ICC_PCR_EL1',
          op: 'write',
          value: BigInt(written % 97),
        });
      }
      writer.flush();
    };
    append(2_000);
    const reader = new TraceReader(path);
    const query = new Query(readerTrace(reader), 'value in 5..6');
    let searches = 0;
    let grewUnder = 0;
    const search = async (): Promise<void> => {
      while (isRecording()) {
        const before = reader.count;
        const forward = await findAll(query, -1, 'forward', EVENTS);
        const after = reader.count;
        if (after > before) grewUnder++;
        const { length } = forward.seqs;
        expect([...forward.seqs]).toEqual(expected.slice(0, length));
        // Everything that was there when it began, nothing that was not there when it ended.
        expect(expected[length] ?? EVENTS).toBeGreaterThanOrEqual(before);
        expect(expected[length - 1] ?? -1).toBeLessThan(after);
        const backward = await findAll(query, before, 'backward', EVENTS);
        expect([...backward.seqs]).toEqual(expected.filter((seq) => seq < before).toReversed());
        expect((await hitOfRank(query, 11))?.seq).toBe(expected[11]);
        searches++;
        await turn();
      }
    };
    const record = async (): Promise<void> => {
      while (isRecording()) {
        append(1_500);
        reader.refresh();
        await turn();
      }
    };
    await Promise.all([record(), search(), search(), search()]);
    writer.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic: 'v5', vcpus: 1 });
    reader.refresh();
    expect([...(await findAll(query, -1, 'forward', EVENTS)).seqs]).toEqual(expected.filter((seq) => seq < written));
    expect((await findNext(query, 0, 'forward'))?.seq).toBe(5);
    reader.close();
    expect(searches).toBeGreaterThan(5);
    expect(grewUnder).toBeGreaterThan(0);
  });

  it('goes on beside an import, of another trace and of the one that is being made', async () => {
    const { id } = await call('trace.open', { path: stored });
    const conditions = ['ppi(27).pending rises', 'kind == irq.acknowledge', 'value & 0x10 and not vcpu == 1'];
    const count = (trace: number, condition: string): Promise<Result<'nav.count'>> =>
      call('nav.count', { id: trace, condition, buckets: 16, at: 5_000 });
    const alone = await Promise.all(conditions.map((condition) => count(id, condition)));

    const output = join(folder, 'beside.gscope');
    const { ended } = await startImport(output);
    let over = false;
    void ended.then(() => (over = true));
    const isImporting = (): boolean => !over;
    let rounds = 0;
    let seen = 0;
    let growing: number | undefined;
    while (isImporting()) {
      expect(await Promise.all(conditions.map((condition) => count(id, condition)))).toEqual(alone);
      try {
        growing ??= (await call('trace.open', { path: output })).id;
        const { events } = await call('trace.info', { id: growing });
        const part = await count(growing, conditions[1] ?? '');
        expect(part.count).toBeGreaterThanOrEqual(seen);
        expect(part.count).toBeLessThanOrEqual(Math.min(events, alone[1]?.count ?? 0));
        seen = part.count;
      } catch (error) {
        // Not there yet.
        expect(growing).toBeUndefined();
        expect(String(error)).toMatch(/beside\.gscope/);
      }
      rounds++;
      await sleep(5);
    }
    expect((await ended).state).toBe('done');
    expect(rounds).toBeGreaterThan(1);
    const whole = growing ?? (await call('trace.open', { path: output })).id;
    await call('trace.info', { id: whole });
    expect(await Promise.all(conditions.map((condition) => count(whole, condition)))).toEqual(alone);
    await call('trace.close', { id: whole });
    await call('trace.close', { id });
  });

  it('survives storms of cancels: right answers, no wrong one, nothing left behind', { timeout: 120_000 }, async () => {
    const { id } = await call('trace.open', { path: stored });
    const breakpoint = { id: 0, enabled: true, action: 'break', note: '', ignoreCount: 3 } as const;
    await call('breakpoint.save', { id, breakpoint: { ...breakpoint, condition: 'ppi(27).active falls' } });
    let asked = 0;
    /** The same hits under another text: nothing is remembered of it. */
    const anew = (condition: string): string => `(${condition}) and seq < #${1_000_000 + ++asked}`;
    const asks: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) =>
        call('nav.count', { id, condition: anew('value & 0x18 or name ~ timer'), buckets: 32, at: 9 }, signal),
      (signal) =>
        call('nav.find', { id, condition: anew('value == 0x123456789'), from: -1, direction: 'forward' }, signal),
      (signal) => call('nav.continue', { id, from: 20_000, direction: 'backward' }, signal),
      (signal) => call('nav.hits', { id, condition: 'text ~ "cdia"', from: 0, limit: 50 }, signal),
      (signal) =>
        call(
          'breakpoint.preview',
          { id, breakpoint: { ...breakpoint, condition: 'pc > 0' }, at: 0, buckets: 8 },
          signal,
        ),
      (signal) => call('history.touches', { id, path: 'vcpu0.ppi27.pending', seq: 12_000 }, signal),
    ];
    const calm = new AbortController().signal;
    const right = await Promise.all(asks.map((ask) => ask(calm)));
    let answered = 0;
    let cancelled = 0;
    const storm = async (): Promise<void> => {
      await Promise.all(
        Array.from({ length: 240 }, async (_, n) => {
          const control = new AbortController();
          await sleep(n % 17);
          // Every third before it begins, every other third while it runs, the rest never.
          const fate = Math.floor(n / asks.length) % 3;
          if (fate === 0) control.abort();
          const which = n % asks.length;
          const answer = asks[which]?.(control.signal);
          if (fate === 1) setTimeout(() => control.abort(), n % 23);
          try {
            expect(await answer).toEqual(right[which]);
            answered++;
          } catch (error) {
            expect(error).toMatchObject({ code: 'cancelled' });
            cancelled++;
          }
        }),
      );
    };
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    const held = (): number => {
      if (typeof collect === 'function') collect();
      return process.memoryUsage().heapUsed;
    };
    await storm();
    await storm();
    const before = held();
    const resources = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length;
    for (let n = 0; n < 4; n++) await storm();
    expect(held() - before).toBeLessThan(4_000_000);
    await sleep(30);
    expect(process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length).toBeLessThanOrEqual(resources);
    expect(answered).toBeGreaterThan(300);
    expect(cancelled).toBeGreaterThan(300);
    await call('trace.close', { id });
  });
});
