/**
 * The backend over the bundled sample: every method is called, and every answer is held to its schema, so that what
 * the contract promises to front ends is what they get.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackend } from '../../../core/session/backend.ts';
import { type Args, CONTRACT, type Method, type Result, type TaskProgress } from '../../../core/session/contract.ts';
import { lanesOf } from '../../../core/session/lane-columns.ts';
import { type SessionBackend } from '../../../core/session/session.ts';

const SAMPLE = join(import.meta.dirname, '../../../traces/gicv5-linux-boot-2cpu.log.zst');
const PPI_27 = 0x2000001b;

let folder: string;
let backend: SessionBackend;
let id: number;
let trace: string;
let events: number;
const called = new Set<Method>();

/** Calls a method and checks the answer. */
async function call<M extends Method>(method: M, args: Args<M>): Promise<Result<M>> {
  called.add(method);
  const result = await backend.handle(method, args, new AbortController().signal);
  const parsed = CONTRACT[method].result.safeParse(result);
  if (!parsed.success) throw new Error(`${method}: ${JSON.stringify(parsed.error.issues[0])}`);
  return result;
}

/** The last report of the task that `start` begins. */
async function finished(start: () => Promise<{ task: number }>): Promise<TaskProgress> {
  const reports: TaskProgress[] = [];
  let wake: () => void = () => undefined;
  const off = backend.on('task', (progress) => {
    reports.push(progress);
    wake();
  });
  const { task } = await start();
  for (;;) {
    const end = reports.find((report) => report.task === task && report.state !== 'running');
    if (end !== undefined) {
      off();
      return end;
    }
    await new Promise<void>((resolve) => (wake = resolve));
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-contract-'));
  backend = createBackend({
    version: '0.0.0-test',
    samples: join(import.meta.dirname, '../../../traces'),
    stateFile: join(folder, 'state.json'),
    imports: join(folder, 'imports'),
  });
  const end = await finished(() => call('import.start', { files: [SAMPLE], output: '', overwrite: false }));
  if (end.state !== 'done') throw new Error(`the sample was not imported: ${end.error?.message}`);
  const info = await call('trace.open', { path: end.output ?? '' });
  ({ id, events, path: trace } = info);
}, 120_000);

afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true });
});

describe('what there is to open', () => {
  it('offers the sample and remembers what was opened, with a picture', async () => {
    const info = await call('app.info', {});
    expect(info.samples.map((sample) => sample.path)).toContain(SAMPLE);
    expect(info.recent).toHaveLength(1);
    expect(info.recent[0]).toMatchObject({ found: true, gic: 'v5', source: 'qemu-log', vcpus: 2, events });
    expect(info.recent[0]?.preview?.cells.some((cell) => cell > 0)).toBe(true);
    await call('app.forget', { path: info.recent[0]?.path ?? '' });
    expect((await call('app.info', {})).recent).toEqual([]);
  });

  it('says what an import would do, and does not do it', async () => {
    const plan = await call('import.plan', { files: [SAMPLE], offsets: [null] });
    expect(plan).toMatchObject({
      files: [{ path: SAMPLE, format: 'qemu-log', follows: false, insideGuests: false }],
      recordings: [{ files: [0], placed: 'the reference' }],
      output: join(folder, 'imports', 'gicv5-linux-boot-2cpu-2.gscope'),
      problem: '',
    });
    expect(plan.room.needed).toBeGreaterThan(plan.files[0]?.bytes ?? NaN);
    expect(existsSync(plan.output)).toBe(false);
  });

  it('lists folders and says what files are', async () => {
    const { entries } = await call('files.list', { folder: join(SAMPLE, '..') });
    expect(entries.map((entry) => entry.name)).toContain('gicv5-linux-boot-2cpu.log.zst');
    expect(await call('files.detect', { path: SAMPLE })).toMatchObject({ kind: 'importable', format: 'qemu-log' });
    const readme = join(import.meta.dirname, '../../../README.md');
    expect(await call('files.detect', { path: readme })).toMatchObject({ kind: 'unsupported' });
  });
});

describe('a trace', () => {
  it('says what it is', async () => {
    const info = await call('trace.info', { id });
    expect(info).toMatchObject({ gic: 'v5', vcpus: 2, complete: true });
    expect(info.lines?.read).toBe((info.lines?.asEvents ?? 0) + (info.lines?.merged ?? 0) + (info.lines?.skipped ?? 0));
    expect(lanesOf(info).map((lane) => lane.id)).toEqual(
      expect.arrayContaining(['vcpu0', 'vcpu0.ppi27', 'vcpu0.mask', 'vcpu1', 'vcpu1.ppi27', 'lpi1']),
    );
    const { interrupts } = await call('trace.interrupts', { id });
    const most = Math.max(...interrupts.map(({ acknowledged }) => acknowledged));
    expect(interrupts.find(({ intid }) => intid === info.busiest)).toMatchObject({
      label: 'PPI 27',
      acknowledged: most,
    });
  });

  it('bears itself out, block by block', async () => {
    const { ok, blocks, problem } = await call('trace.verify', { id });
    expect({ ok, problem }).toEqual({ ok: true, problem: '' });
    expect(blocks).toBeGreaterThan(1);
  });

  it('gives rows forwards, backwards and filtered, in ascending order', async () => {
    const plain = await call('events.rows', { id, from: 500, count: 20, direction: 'forward', filter: '' });
    expect(plain.rows.map((row) => row.seq)).toEqual(Array.from({ length: 20 }, (_, i) => 500 + i));
    const filter = 'kind == irq.acknowledge';
    const ahead = await call('events.rows', { id, from: 500, count: 10, direction: 'forward', filter });
    const last = ahead.rows.at(-1)?.seq ?? -1;
    const back = await call('events.rows', { id, from: last, count: 10, direction: 'backward', filter });
    expect(back.rows).toEqual(ahead.rows);
    const { rank, total } = await call('events.rank', { id, filter, seq: last });
    expect(total).toBeGreaterThan(1000);
    expect(await call('events.atRank', { id, filter, rank })).toEqual({ seq: last });
  });

  it('shows an event in full, with its raw line and the life it belongs to', async () => {
    const { seq } = await call('nav.find', {
      id,
      condition: 'kind == irq.acknowledge and intid == ppi 27',
      from: 5000,
      direction: 'forward',
    });
    const detail = await call('events.detail', { id, seq: seq ?? 0 });
    expect(detail.raw).toContain('gicv5_gicr_cdia');
    expect(detail.row).toMatchObject({ name: 'Acknowledge', operand: 'PPI 27', intid: PPI_27 });
    expect(detail.changes.map((change) => change.path)).toContain(`vcpu${detail.row.vcpu}.irq.ppi27.active`);
    expect(detail.lives.some((life) => life.moments.acknowledged?.seq === seq)).toBe(true);
  });

  it('shows a vCPU at a position and marks what changed since another', async () => {
    const before = await call('state.inspect', { id, seq: 400, vcpu: 0, baseline: null });
    expect(before.ppis.map((ppi) => ppi.label)).toContain('PPI 27');
    const { seq } = await call('nav.change', { id, from: 400, direction: 'forward', path: 'vcpu0.ppi27' });
    const after = await call('state.inspect', { id, seq: seq ?? 0, vcpu: 0, baseline: 400 });
    const ppi = after.ppis.find((state) => state.label === 'PPI 27');
    expect(ppi?.code).not.toBe(ppi?.baselineCode);
  });

  it('shows of a vCPU only what lanes need, and of the shared interrupts those that are asked for', async () => {
    const at = { id, seq: events - 1, vcpu: 1, baseline: null };
    const full = await call('state.inspect', at);
    const brief = await call('state.inspect', { ...at, lanesOnly: true });
    expect(brief).toEqual({
      ...full,
      shared: [],
      registers: full.registers.filter(({ path }) => path === 'vcpu1.ICC_PCR_EL1'),
    });
    expect(brief.registers).toHaveLength(1);
    const chosen = full.shared.slice(2, 4);
    const { shared, candidates } = await call('state.inspect', { ...at, shared: chosen.map(({ intid }) => intid) });
    expect(shared).toEqual(chosen);
    const busy = ({ verdict }: { verdict: string }): boolean => verdict !== 'not pending';
    expect(candidates.filter(busy)).toEqual(full.candidates.filter(busy));
  });

  it('lists the LPIs that the recording shows, in pages', async () => {
    const asked = { id, seq: events - 1, type: 'lpi', busy: false, from: 0, limit: 5, baseline: null } as const;
    const { rows, total, list } = await call('state.tables', asked);
    expect([rows.length, total > 5, list]).toEqual([5, true, null]);
    expect(rows.every(({ label }) => label.startsWith('LPI '))).toBe(true);
  });

  it('has no list registers for a GICv5', async () => {
    const lists = await call('state.lists', { id, seq: 100, vcpu: 0, baseline: null });
    expect(lists).toMatchObject({ place: 'none', registers: [], apList: null });
  });

  it('lists slots by glob, and only the differing ones between two positions', async () => {
    const all = await call('state.slots', { id, seq: 5000, glob: 'vcpu0.irq.ppi27.*', diff: null, limit: 100 });
    expect(all.slots.map((slot) => slot.path)).toContain('vcpu0.irq.ppi27.pending');
    const same = await call('state.slots', { id, seq: 5000, glob: '**', diff: 5000, limit: 100 });
    expect(same.slots).toEqual([]);
    const none = await call('state.slots', { id, seq: -1, glob: 'vcpu0.irq.ppi27.*', diff: null, limit: 100 });
    expect(none.slots.every((slot) => slot.value === null)).toBe(true);
  });

  it('steps by events, on one vCPU, and within a filter', async () => {
    expect(await call('nav.step', { id, from: 10, steps: 5, vcpu: null, filter: '' })).toEqual({ seq: 15 });
    expect(await call('nav.step', { id, from: events - 1, steps: 1, vcpu: null, filter: '' })).toEqual({ seq: null });
    const onOne = await call('nav.step', { id, from: 20_000, steps: 3, vcpu: 1, filter: '' });
    const { rows } = await call('events.rows', {
      id,
      from: onOne.seq ?? 0,
      count: 1,
      direction: 'forward',
      filter: '',
    });
    expect(rows[0]?.vcpu).toBe(1);
  });

  it('shows what a breakpoint would do before there is one: vCPU, ignored hits, one shot, message', async () => {
    const condition = 'ppi(27).active rises';
    const hits = (await call('nav.hits', { id, condition: `${condition} on vcpu 1`, from: 0, limit: 1_000_000 })).seqs;
    const breakpoint = {
      id: 0,
      condition,
      enabled: true,
      action: 'message',
      message: '{seq} vCPU {vcpu}: {vcpu1.ICC_PCR_EL1} {nothing}',
      note: '',
      vcpu: 1,
      ignoreCount: 3,
    } as const;
    const counted = hits.slice(3);
    const preview = await call('breakpoint.preview', { id, breakpoint, at: counted[5] ?? 0, buckets: 40 });
    expect(preview).toMatchObject({ count: counted.length, before: 5, all: hits.length });
    expect(preview.histogram.reduce((sum, n) => sum + n, 0)).toBe(counted.length);
    expect(preview.message).toMatch(new RegExp(`^#${counted[0]} vCPU 1: 0x[0-9a-f]+ \\{nothing\\?\\}$`));
    const listed = await call('breakpoint.hits', { id, breakpoint, from: counted[2] ?? 0, limit: 4 });
    expect([...listed.seqs]).toEqual([...counted.slice(2, 6)]);
    expect(listed.truncated).toBe(true);
    const from = counted[7] ?? 0;
    expect((await call('breakpoint.step', { id, breakpoint, from, direction: 'backward' })).seq).toBe(counted[6]);
    const single = { ...breakpoint, oneShot: true };
    expect((await call('breakpoint.preview', { id, breakpoint: single, at: 0, buckets: 0 })).count).toBe(1);
    expect((await call('breakpoint.step', { id, breakpoint: single, from, direction: 'forward' })).seq).toBe(null);
    await expect(call('breakpoint.save', { id, breakpoint: { ...breakpoint, message: 'at {' } })).rejects.toThrow(
      'Character 4 of the message',
    );

    const { breakpoint: saved } = await call('breakpoint.save', { id, breakpoint });
    const written = await call('breakpoint.messages', { id, from: counted[1] ?? 0, limit: 2 });
    expect(written.truncated).toBe(true);
    expect(written.lines.map(({ seq, breakpoint: by }) => [seq, by])).toEqual([
      [counted[1], saved.id],
      [counted[2], saved.id],
    ]);
    expect(written.lines[0]?.text).toMatch(new RegExp(`^#${counted[1]} vCPU 1: `));
    // A message does not stop.
    expect((await call('nav.continue', { id, from: -1, direction: 'forward' })).seq).toBe(null);
    await call('breakpoint.remove', { id, breakpoint: saved.id });
    expect((await call('breakpoint.messages', { id, from: 0, limit: 2 })).lines).toEqual([]);
  });

  it('goes along a way that is typed, and completes it', async () => {
    const path = 'vcpu1.ppi27.active';
    const { changes } = await call('history.changes', { id, path, from: 0, limit: 5 });
    const from = changes[1]?.seq ?? 0;
    const go = (text: string) => call('nav.resolve', { id, text, from });
    expect(await go(`next change of ${path}`)).toEqual({ seq: changes[2]?.seq, error: '' });
    expect(await go(`previous change of ${path}`)).toEqual({ seq: changes[0]?.seq, error: '' });
    const writes = await call('nav.find', { id, condition: 'write ICC_CR0_EL1 on vcpu 1', from, direction: 'forward' });
    expect((await go('next write of ICC_CR0_EL1 on vcpu 1')).seq).toBe(writes.seq);
    expect((await go('next write of ICC_NOTHING_EL1')).error).toMatch(/^no write of ICC_NOTHING_EL1 after/);
    expect((await go('next change of vcpu1.ICC_PCR_EL7')).error).toContain('did you mean');
    const { candidates, from: word } = await call('nav.complete', {
      id,
      text: 'next change of vcpu1.ICC_PC',
      cursor: 27,
    });
    expect(word).toBe(15);
    expect(candidates.map(({ text }) => text)).toContain('vcpu1.ICC_PCR_EL1');
  });

  it('knows who last touched a register, a field and a fact of an interrupt, and who does next', async () => {
    const at = Math.floor(events / 2);
    const find = async (condition: string, from: number, direction: 'forward' | 'backward'): Promise<number | null> =>
      (await call('nav.find', { id, condition, from, direction })).seq;
    const path = 'vcpu1.ICC_PCR_EL1.PRIORITY';
    const { last, next, condition } = await call('history.touches', { id, path, seq: at });
    expect(condition).toBe(`changed(${path})`);
    expect(last.change?.seq ?? null).toBe(await find(`changed(${path})`, at + 1, 'backward'));
    expect(last.write?.seq ?? null).toBe(await find('write ICC_PCR_EL1 on vcpu 1', at + 1, 'backward'));
    expect(next.read?.seq ?? null).toBe(await find('read ICC_PCR_EL1 on vcpu 1', at, 'forward'));
    const drawn = await call('history.values', { id, path: 'vcpu1.ppi27.pending', columns: 50 });
    expect([drawn.low.length, Math.max(...drawn.high.filter((value) => !Number.isNaN(value)))]).toEqual([50, 1]);
    const pending = await call('history.touches', { id, path: 'vcpu1.ppi27.pending', seq: at });
    expect(pending.last.change?.seq).toBe(await find('ppi(27).pending changes on vcpu 1', at + 1, 'backward'));
    expect(pending.last.write).toBe(null);
    // A change stands at its own event, and values follow one another in the history.
    const own = await call('history.touches', { id, path, seq: last.change?.seq ?? 0 });
    expect(own.last.change).toEqual(last.change);
    const fact = { id, path: 'vcpu1.ppi27.pending', from: at, limit: 20, direction: 'backward' } as const;
    const { changes } = await call('history.changes', fact);
    expect(changes).toHaveLength(20);
    expect(changes.at(-1)?.seq).toBe(pending.last.change?.seq);
    for (const [index, { before }] of changes.entries()) if (index > 0) expect(before).toBe(changes[index - 1]?.after);
  });

  it('finds the same hits in both directions, counts them, and ranks a position among them', async () => {
    const condition = 'ppi(27).pending rises on vcpu 1';
    const { seqs } = await call('nav.hits', { id, condition, from: 0, limit: 1_000_000 });
    const { count, before, histogram } = await call('nav.count', { id, condition, buckets: 50, at: seqs[7] ?? 0 });
    expect(count).toBe(seqs.length);
    expect(before).toBe(7);
    expect(histogram.reduce((sum, n) => sum + n, 0)).toBe(count);
    const forward = await call('nav.find', { id, condition, from: seqs[7] ?? 0, direction: 'forward' });
    expect(forward.seq).toBe(seqs[8]);
    const backward = await call('nav.find', { id, condition, from: seqs[8] ?? 0, direction: 'backward' });
    expect(backward.seq).toBe(seqs[7]);
  });

  it('continues to the nearest of the enabled breakpoints, and keeps breakpoints and bookmarks in the file', async () => {
    const breakpoint = {
      id: 0,
      condition: 'ppi(27).active rises on vcpu 0',
      enabled: true,
      action: 'break',
      note: '',
    } as const;
    const { breakpoint: saved } = await call('breakpoint.save', { id, breakpoint });
    const stop = await call('nav.continue', { id, from: 10_000, direction: 'forward' });
    expect(stop.breakpoint).toBe(saved.id);
    const hit = await call('nav.find', { id, condition: breakpoint.condition, from: 10_000, direction: 'forward' });
    expect(stop.seq).toBe(hit.seq);
    expect((await call('breakpoint.list', { id })).breakpoints).toEqual([saved]);
    const { counts } = await call('breakpoint.counts', { id, at: hit.seq ?? 0, buckets: 20 });
    expect(counts[0]?.histogram.reduce((sum, n) => sum + n, 0)).toBe(counts[0]?.count);
    const skipping = { ...saved, ignoreCount: counts[0]?.before ?? 0, oneShot: true };
    await call('breakpoint.save', { id, breakpoint: skipping });
    expect((await call('nav.continue', { id, from: -1, direction: 'forward' })).seq).toBe(hit.seq);
    expect((await call('nav.continue', { id, from: hit.seq ?? 0, direction: 'forward' })).seq).toBe(null);
    await call('breakpoint.save', { id, breakpoint: saved });
    const { text } = await call('breakpoint.export', { id });
    const { breakpoints: added } = await call('breakpoint.import', { id, text });
    expect(added).toHaveLength(1);
    await call('breakpoint.remove', { id, breakpoint: added[0]?.id ?? 0 });
    await call('breakpoint.remove', { id, breakpoint: saved.id });
    expect((await call('breakpoint.list', { id })).breakpoints).toEqual([]);
    const { bookmark } = await call('bookmark.save', { id, bookmark: { id: 0, seq: 77, note: 'here' } });
    expect((await call('bookmark.list', { id })).bookmarks).toEqual([bookmark]);
    await call('bookmark.remove', { id, bookmark: bookmark.id });
  });

  it('reads typed positions and says what is wrong with others', async () => {
    expect(await call('nav.resolve', { id, text: '#120', from: 0 })).toEqual({ seq: 120, error: '' });
    expect((await call('nav.resolve', { id, text: 'nowhere', from: 0 })).error).toMatch(/Expected/);
    expect(await call('nav.seqAtTime', { id, time: 0 })).toEqual({ seq: 0 });
  });

  it('checks and completes conditions against the names of the trace', async () => {
    expect(await call('condition.check', { id, condition: 'ppi(27).pending rises' })).toMatchObject({ ok: true });
    const wrong = await call('condition.check', { id, condition: 'ppi(27).pendin rises' });
    expect(wrong).toMatchObject({ ok: false, at: 8, length: 6 });
    const text = 'write ICC_PC';
    const { candidates } = await call('condition.complete', { id, text, cursor: text.length });
    expect(candidates.map((candidate) => candidate.text)).toContain('ICC_PCR_EL1');
  });

  it('draws lanes and the density of the whole trace', async () => {
    const { durationNs } = await call('trace.info', { id });
    const wanted = ['vcpu0', 'vcpu1.ppi27', 'vcpu0.mask', 'spi5'];
    const whole = await call('timeline.lanes', {
      id,
      from: 0,
      to: durationNs,
      columns: 800,
      lanes: wanted,
      marks: true,
    });
    expect(whole.lanes.map((lane) => lane.lane)).toEqual(wanted);
    const close = await call('timeline.lanes', {
      id,
      from: durationNs / 2,
      to: durationNs / 2 + 20_000_000,
      columns: 800,
      lanes: ['vcpu1.ppi27'],
      marks: true,
    });
    expect(close.lanes[0]).toMatchObject({ exact: true });
    expect(close.lanes[0]?.markTime.length).toBeGreaterThan(0);
    const { rows, cells } = await call('timeline.density', { id, columns: 100 });
    expect(rows).toBe(3);
    expect(cells.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(events * 0.98);
  });

  it('answers histories, lives, latencies, skipped lines and SQL', async () => {
    const { changes } = await call('history.changes', { id, path: 'vcpu0.ICC_PCR_EL1.PRIORITY', from: 0, limit: 10 });
    expect(changes[0]).toMatchObject({ before: null, after: '0x1f' });
    const { lives } = await call('lives.list', { id, intid: PPI_27, vcpu: 1, from: 0, limit: 5 });
    expect(lives).toHaveLength(5);
    const { interrupts } = await call('analysis.injections', { id });
    const rises = await call('sql.query', {
      id,
      sql: "SELECT count(raised_seq) FROM interrupt_life WHERE interrupt = 'PPI 27'",
      limit: 1,
    });
    expect(interrupts.find(({ intid }) => intid === PPI_27)?.count).toBe(rises.rows[0]?.[0]);
    const { groups } = await call('analysis.latency', { id, by: 'intid,vcpu' });
    expect(groups.some((group) => group.label === 'PPI 27' && group.vcpu === 1)).toBe(true);
    expect(await call('skipped.list', { id, from: 0, limit: 10 })).toMatchObject({ total: 0 });
    expect(await call('analysis.replay', { id })).toMatchObject({ mismatched: 0, divergences: [] });
    const { findings, rules } = await call('analysis.findings', { id });
    expect(findings).toEqual([]);
    // Barriers do not show in a QEMU log.
    expect(rules.filter(({ looked }) => looked).map((rule) => rule.id)).toEqual(['selector-race', 'misaligned-table']);
    const sql = await call('sql.query', { id, sql: 'SELECT count(*) AS n FROM events', limit: 10 });
    expect(sql).toEqual({ columns: ['n'], rows: [[events]], truncated: false });
  });

  it('exports a report and parts of tables', async () => {
    const report = await call('report.export', { id, format: 'html', output: '', at: 5000, overwrite: false });
    expect(report.text).toContain('<!doctype html>');
    const part = await call('export.text', { id, format: 'csv', from: 0, to: 99, filter: '', header: true });
    expect(part.text.split('\n').length).toBeGreaterThan(100);
  });

  it('never replaces the trace that it reports on', async () => {
    const job = { id, format: 'html', output: trace, at: 5000, overwrite: true } as const;
    await expect(call('report.export', job)).rejects.toThrow(`${trace} is the trace itself. Choose another output.`);
  });

  it('has one digest per state', async () => {
    const first = await call('state.digest', { id, seq: 1234 });
    await call('state.digest', { id, seq: 90_000 });
    expect(await call('state.digest', { id, seq: 1234 })).toEqual(first);
  });
});

describe('failures', () => {
  const failing: readonly [string, () => Promise<unknown>, string, RegExp][] = [
    ['a trace that is not open', () => call('trace.info', { id: 99 }), 'not-found', /not open/],
    ['a file that is not there', () => call('trace.open', { path: '/no/such.gscope' }), 'bad-input', /does not exist/],
    [
      'a position that does not exist',
      () => call('state.digest', { id, seq: 9_999_999 }),
      'usage',
      /the last event is/,
    ],
    ['a write in SQL', () => call('sql.query', { id, sql: 'DELETE FROM event', limit: 1 }), 'usage', /./],
    [
      'an unknown path',
      () => call('nav.change', { id, from: 0, direction: 'forward', path: 'x.y' }),
      'usage',
      /no such slot/,
    ],
    ['a task that is not running', () => call('task.cancel', { task: 999 }), 'not-found', /not running/],
    [
      'an argument out of range',
      () => call('state.inspect', { id, seq: 0, vcpu: 9999, baseline: null }),
      'usage',
      /vcpu/,
    ],
  ];

  it.each(failing)('%s: a code and a sentence', async (_what, act, code, message) => {
    await expect(act()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('keeps nothing of an import that fails', async () => {
    const output = join(folder, 'bad.gscope');
    const bad = join(import.meta.dirname, '../../../package.json');
    const end = await finished(() => call('import.start', { files: [bad], output, overwrite: false }));
    expect(end).toMatchObject({ state: 'failed', error: { code: 'bad-input' } });
    expect((await call('files.list', { folder })).entries.map((entry) => entry.name)).not.toContain('bad.gscope');
  });

  it('refuses to replace one of its sources, under whatever name', async () => {
    const log = join(folder, 'source.log');
    const link = join(folder, 'link.log');
    writeFileSync(log, 'log');
    symlinkSync(log, link);
    await expect(call('import.start', { files: [link], output: log, overwrite: true })).rejects.toThrow(
      `${log} is also a source. Choose another output.`,
    );
  });

  it('refuses a profile that there is not, whatever the scenario says', async () => {
    const path = join(import.meta.dirname, '../../../traces/dvi-on.yaml');
    const profile = 'bogus';
    for (const asked of [
      call('scenario.check', { path, profile }),
      call('record.start', { scenario: path, output: join(folder, 'p.gscope'), overwrite: false, profile }),
    ])
      await expect(asked).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringMatching(/^no profile "bogus"/),
      });
  });

  it('refuses a source that is cut short, and keeps what it has when asked to', async () => {
    const torn = join(folder, 'torn.log.zst');
    writeFileSync(torn, readFileSync(SAMPLE).subarray(0, 100_000));
    const job = { files: [torn], output: join(folder, 'torn.gscope'), overwrite: false };
    expect(await finished(() => call('import.start', job))).toMatchObject({
      state: 'failed',
      error: { code: 'bad-input', message: expect.stringMatching(/ends too early.*--keep-partial/s) as string },
    });
    const kept = await finished(() => call('import.start', { ...job, keepPartial: true, vcpus: 2 }));
    expect(kept).toMatchObject({ state: 'done', output: job.output });
    const info = await call('trace.open', { path: job.output });
    expect(info.events).toBeGreaterThan(1000);
    // What to do is for those who have nothing.
    expect(info.source.facts['ends early']).toMatch(/ends too early: 100000 bytes read, \d+ bytes .* before that\.$/);
    await call('trace.close', { id: info.id });
  });
});

describe('the contract', () => {
  it('was called in full by these tests', async () => {
    await call('trace.close', { id });
    // Recording has tests of its own (live.test.ts, and those of core/scenario).
    const here = Object.keys(CONTRACT).filter((method) => !/^(scenario|record|live)\./.test(method));
    expect(here.filter((method) => !called.has(method as Method))).toEqual([]);
  });
});
