/**
 * Trace files that somebody tampered with. Whatever the bytes, every call of the contract ends in an answer that fits
 * it or in a refusal that says what is wrong with the file; nothing hangs, and nothing else in the folder changes.
 *
 * Two kinds of damage: bytes of the file, which SQLite and checksums notice; and rows that are valid for SQLite (a blob
 * is packed again with a true checksum), which only the decoders can notice. `GICSCOPE_FUZZ=n` tries n files,
 * `FUZZ_SEED` others.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackend } from '../../core/session/backend.ts';
import { lanesOf } from '../../core/session/lane-columns.ts';
import { CONTRACT, type Args, type Method, type TraceInfo } from '../../core/session/contract.ts';
import { SessionError } from '../../core/session/failure.ts';
import { type SessionBackend } from '../../core/session/session.ts';
import { unwrap, wrap } from '../../core/trace/blob.ts';
import { TraceError } from '../../core/trace/errors.ts';
import { TraceReader } from '../../core/trace/reader.ts';
import { verifyTrace } from '../support/verify-trace.ts';
import { importTrace } from '../../core/import/import.ts';
import { TraceWriter } from '../../core/trace/writer.ts';

const RUNS = Number(process.env['GICSCOPE_FUZZ'] ?? 60);
/** A file takes a tenth of this; what takes longer hangs. */
const TIME_LIMIT_MS = 20_000;
const LOG = fileURLToPath(new URL('../data/import/gicv5-smp4-events.part.log.xz', import.meta.url));

let folder = '';
let victim = '';
let original = Buffer.alloc(0);
let backend: SessionBackend;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-fuzz-'));
  victim = join(folder, 'victim.gscope');
  const writer = new TraceWriter(victim);
  const { summary } = await importTrace(LOG, writer);
  writer.finish(summary);
  backend = createBackend({ version: 'test', samples: folder, imports: folder });
  const { id } = await backend.handle('trace.open', { path: victim }, new AbortController().signal);
  const call = <M extends Method>(method: M, args: Args<M>) =>
    backend.handle(method, args, new AbortController().signal);
  await call('breakpoint.save', {
    id,
    breakpoint: { id: 0, condition: 'ppi(27).active rises', enabled: true, action: 'break', note: 'one' },
  });
  await call('bookmark.save', { id, bookmark: { id: 0, seq: 5, note: 'here' } });
  await call('trace.close', { id });
  original = readFileSync(victim);
});

afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

const TABLES =
  'meta name event_type slot interrupt interrupt_field interrupt_count source_name event_row time_base event_what detail ' +
  'transition_kind life block block_events block_changes block_touched block_lives keyframe posting lane tile raw ' +
  'bookmark breakpoint kind origin state_name';
const table = fc.constantFrom(...TABLES.split(' '));
const BLOBS = ['block_events', 'block_changes', 'block_touched', 'block_lives', 'keyframe', 'posting', 'tile', 'raw'];
const EVIL: readonly (number | bigint | string | null | Buffer)[] = [
  0,
  -1,
  1,
  2 ** 31,
  2 ** 32,
  4_000_000,
  2 ** 53,
  2n ** 63n - 1n,
  -(2n ** 63n),
  null,
  '',
  '{}',
  '[]',
  '{"read":1e308,"gic":"v9","vcpus":1e9,"lines":{"read":-1},"kind":"qemu-log","files":7,"facts":null}',
  '<script>alert(1)</script>\u001b[2J\r\n\0=1+1',
  'x'.repeat(100_000),
  '__proto__',
  'vcpu4294967295.irq.ppi99999999999.pending',
  Buffer.alloc(0),
  Buffer.from([0, 0, 0, 0, 0]),
  Buffer.from([1, 255, 255, 255, 255, 40, 181, 47, 253]),
];

/** Places are shares of the file, so that a smaller counterexample stays one. */
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const byteDamage = fc.oneof(
  fc.record({ do: fc.constant('flip' as const), at: share, bit: fc.nat(7) }),
  fc.record({ do: fc.constant('cut' as const), at: share }),
  fc.record({
    do: fc.constant('fill' as const),
    at: share,
    length: fc.integer({ min: 1, max: 9000 }),
    byte: fc.nat(255),
  }),
  fc.record({ do: fc.constant('copy' as const), at: share, from: share, length: fc.integer({ min: 1, max: 9000 }) }),
);
const rowDamage = fc.oneof(
  fc.record({ do: fc.constant('set' as const), table, row: share, column: fc.nat(12), to: fc.constantFrom(...EVIL) }),
  fc.record({ do: fc.constant('delete' as const), table, row: share }),
  fc.record({
    do: fc.constant('repack' as const),
    table: fc.constantFrom(...BLOBS),
    row: share,
    edits: fc.array(fc.record({ at: share, to: fc.constantFrom(0, 1, 2, 4, 5, 127, 128, 255) }), {
      minLength: 1,
      maxLength: 6,
    }),
    // Most numbers that count something stand at the front.
    early: fc.boolean(),
  }),
);
type ByteDamage = typeof byteDamage extends fc.Arbitrary<infer T> ? T : never;
/** Bytes copied onto themselves: whatever else is drawn, one file is whole. */
const NO_DAMAGE: ByteDamage = { do: 'copy', at: 0.5, from: 0.5, length: 9000 };
type RowDamage = typeof rowDamage extends fc.Arbitrary<infer T> ? T : never;

function damageBytes(damages: readonly ByteDamage[]): void {
  let bytes = Buffer.from(original);
  for (const damage of damages) {
    const at = Math.floor(damage.at * bytes.length);
    if (damage.do === 'cut') bytes = bytes.subarray(0, at);
    else if (damage.do === 'fill') bytes.fill(damage.byte, at, Math.min(bytes.length, at + damage.length));
    else if (damage.do === 'flip') bytes[at] = (bytes[at] ?? 0) ^ (1 << damage.bit);
    else {
      const from = Math.floor(damage.from * bytes.length);
      bytes.copy(bytes, at, from, from + damage.length);
    }
  }
  writeFileSync(victim, bytes);
}

function damageRows(damages: readonly RowDamage[]): void {
  writeFileSync(victim, original);
  const db = new Database(victim);
  try {
    for (const damage of damages) damageRow(db, damage);
  } finally {
    db.close();
  }
}

function damageRow(db: Database.Database, damage: RowDamage): void {
  const columns = db.prepare(`SELECT name, pk FROM pragma_table_info('${damage.table}')`).raw().all() as [
    string,
    number,
  ][];
  const count = db.prepare(`SELECT count(*) FROM ${damage.table}`).pluck().get() as number;
  const keys = columns.filter(([, pk]) => pk > 0).map(([name]) => name);
  const key = keys.join(', ');
  const at = `(${key}) = (SELECT ${key} FROM ${damage.table} ORDER BY ${key} LIMIT 1 OFFSET ${Math.floor(damage.row * count)})`;
  try {
    if (damage.do === 'delete') db.exec(`DELETE FROM ${damage.table} WHERE ${at}`);
    else if (damage.do === 'set') {
      const column = columns[damage.column % columns.length]?.[0] ?? '';
      db.prepare(`UPDATE ${damage.table} SET ${column} = ? WHERE ${at}`).run(damage.to);
    } else {
      const blob = db.prepare(`SELECT data FROM ${damage.table} WHERE ${at}`).pluck().get() as Buffer;
      const content = Buffer.from(unwrap(blob, 'original'));
      const length = damage.early ? Math.min(24, content.length) : content.length;
      for (const edit of damage.edits) content[Math.floor(edit.at * length)] = edit.to;
      db.prepare(`UPDATE ${damage.table} SET data = ? WHERE ${at}`).run(wrap(content));
    }
  } catch (error) {
    // What the table's own rules forbid cannot stand in a file either.
    if (!(error instanceof Database.SqliteError)) throw error;
  }
}

/** Sentences of the runtime, which say that something was not looked at before it was used. */
const RUNTIME =
  /undefined|\bNaN\b|not iterable|is not a function|Invalid (typed )?array|call stack|out of bounds|BigInt|Invalid (string|time)/;

/** One call; undefined where it was refused in an orderly way. */
async function attempt<M extends Method>(method: M, args: Args<M>) {
  try {
    const answer = await backend.handle(method, args, AbortSignal.timeout(TIME_LIMIT_MS));
    const fits = CONTRACT[method].result.safeParse(answer);
    if (!fits.success) throw new Error(`${method} answers against the contract: ${fits.error.message}`);
    return answer;
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    if (error.code === 'internal' || error.code === 'cancelled' || RUNTIME.test(error.message))
      throw new Error(`${method} ${JSON.stringify(args)}: ${error.code}: ${error.message}`, { cause: error });
    return undefined;
  }
}

async function useAll({ id, events, durationNs, vcpus, lanes, gic }: TraceInfo): Promise<void> {
  const last = events - 1;
  const filter = 'ppi(27).pending rises or kind == irq.acknowledge';
  for (const from of [0, Math.floor(last / 2), last]) {
    await attempt('events.rows', { id, from, count: 200, direction: 'forward', filter: '' });
    await attempt('events.rows', { id, from, count: 20, direction: 'backward', filter });
    await attempt('events.detail', { id, seq: from });
    await attempt('state.inspect', { id, seq: from, vcpu: Math.min(Math.max(0, vcpus - 1), 511), baseline: 0 });
    await attempt('nav.change', { id, from, direction: 'backward', path: 'vcpu0.irq.ppi27.pending' });
  }
  await attempt('state.slots', { id, seq: last, glob: '**', diff: 0, limit: 1_000_000 });
  await attempt('state.digest', { id, seq: last });
  await attempt('nav.count', { id, condition: 'latency > 50us or ppi(27).active rises', buckets: 64, at: 0 });
  await attempt('nav.find', { id, condition: 'changed(vcpu0.*)', from: last, direction: 'backward' });
  await attempt('nav.continue', { id, from: 0, direction: 'forward' });
  await attempt('nav.seqAtTime', { id, time: durationNs / 3 });
  const names = lanesOf({ lanes, gic })
    .slice(0, 600)
    .flatMap((lane) => (lane.id.length > 64 ? [] : [lane.id]));
  await attempt('trace.interrupts', { id });
  for (const to of [durationNs, durationNs / 1000])
    await attempt('timeline.lanes', { id, from: 0, to, columns: 300, lanes: names, marks: true });
  await attempt('timeline.density', { id, columns: 300 });
  await attempt('history.changes', { id, path: 'vcpu0.irq.ppi27.pending', from: 0, limit: 100 });
  await attempt('lives.list', { id, intid: null, vcpu: null, from: 0, limit: 1000 });
  await attempt('analysis.latency', { id, by: 'intid,vcpu' });
  await attempt('skipped.list', { id, from: 0, limit: 100 });
  await attempt('breakpoint.list', { id });
  await attempt('breakpoint.counts', { id, at: 0, buckets: 16 });
  await attempt('bookmark.list', { id });
  await attempt('bookmark.save', { id, bookmark: { id: 0, seq: 7, note: 'new' } });
  for (const format of ['html', 'md'] as const)
    await attempt('report.export', { id, format, output: '', at: last, overwrite: false });
  for (const format of ['csv', 'jsonl', 'vcd'] as const)
    await attempt('export.text', { id, format, from: Math.max(0, last - 2000), to: last, filter: '', header: true });
}

/** The session asks in a process of its own, which has nothing to add here and takes its time to start. */
function tryQuery(reader: TraceReader): void {
  try {
    expect(reader.sql('SELECT * FROM events ORDER BY seq DESC LIMIT 50', 100).columns).toContain('seq');
  } catch (error) {
    if (!(error instanceof TraceError) || RUNTIME.test(error.message)) throw error;
  }
}

/** Whether the file could be opened at all. */
async function tryVictim(): Promise<boolean> {
  const began = performance.now();
  const info = await attempt('trace.open', { path: victim });
  if (info !== undefined) {
    await useAll(info);
    await attempt('trace.close', { id: info.id });
    const reader = new TraceReader(victim);
    tryQuery(reader);
    expect(typeof verifyTrace(reader).ok).toBe('boolean');
    reader.close();
  }
  expect(performance.now() - began).toBeLessThan(TIME_LIMIT_MS);
  expect(readdirSync(folder).filter((name) => !name.startsWith('victim.gscope'))).toEqual([]);
  return info !== undefined;
}

describe('a trace file that was tampered with', () => {
  it('is read where its bytes are whole, and refused where they are not', async () => {
    let opened = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(byteDamage, { minLength: 1, maxLength: 4 }), async (damages) => {
        damageBytes(damages);
        if (await tryVictim()) opened++;
      }),
      { numRuns: RUNS, examples: [[[NO_DAMAGE]]] },
    );
    expect(opened).toBeGreaterThan(0);
  });

  it('is read where its rows make sense, and refused where they do not', async () => {
    let opened = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(rowDamage, { minLength: 1, maxLength: 4 }), async (damages) => {
        damageRows(damages);
        if (await tryVictim()) opened++;
      }),
      { numRuns: RUNS },
    );
    expect(opened).toBeGreaterThan(0);
  });
});
