/**
 * Bench of the trace file: `node scripts/node.mjs test/bench/trace.bench.ts [events …]` (default 100000 1000000).
 * Per size: writing (events/s of time and of CPU time, bytes an event), the same rows into `sqlite3 .import` with one
 * index where that program is installed, opening, seeking, stepping, searching with a hit anywhere or nowhere,
 * counting, drawing lanes, and whether tiles agree with the exact transitions.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { intid } from '../../core/gic/intid.ts';
import { type Seq, seq } from '../../core/state/brand.ts';
import { Cursor } from '../../core/trace/cursor.ts';
import { ColumnBuilder } from '../../core/trace/lane-columns.ts';
import { severity } from '../../core/trace/lane-kinds.ts';
import { drawDensity, drawLane } from '../../core/trace/lanes.ts';
import { TraceReader } from '../../core/trace/reader.ts';
import { changePostings, fieldRange, findChange, findEvent } from '../../core/trace/search.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { Workload } from './trace-workload.ts';

const VCPUS = 4;
const COLUMNS = 1500;

function percentile(times: readonly number[], share: number): string {
  const sorted = times.toSorted((a, b) => a - b);
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(3)} ms`;
}

/** Milliseconds of each of `n` runs. */
function times(n: number, action: (i: number) => void): number[] {
  return Array.from({ length: n }, (_, i) => {
    const start = performance.now();
    action(i);
    return performance.now() - start;
  });
}

function cpuSeconds(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
}

function write(path: string, size: number): number {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const writer = new TraceWriter(path);
  const events = new Workload(writer, VCPUS).run(size);
  writer.finish({ source: { kind: 'scenario', files: ['bench'], facts: {} }, gic: 'v5', vcpus: VCPUS });
  const seconds = (performance.now() - start) / 1000;
  const used = cpuSeconds(cpu);
  console.log(
    `${events} events: written in ${seconds.toFixed(2)} s (${Math.round(events / seconds)} a second), ` +
      `${used.toFixed(2)} s of CPU (${Math.round(events / used)} a second), ` +
      `${(statSync(path).size / events).toFixed(1)} bytes an event, ` +
      `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB at most`,
  );
  return used;
}

/** The peer: the same event rows, from CSV, with one index. */
function peer(path: string, folder: string, ours: number): void {
  const csv = join(folder, 'rows.csv');
  const out = openSync(csv, 'w');
  const db = new Database(path, { readonly: true });
  let text = '';
  for (const row of db.prepare('SELECT seq, time, meta, value, arg FROM event_row').safeIntegers().raw().iterate()) {
    text += `${String(row)}\n`;
    if (text.length < 1 << 20) continue;
    writeSync(out, text);
    text = '';
  }
  writeSync(out, text);
  closeSync(out);
  db.close();
  const other = join(folder, 'peer.db');
  const script =
    'CREATE TABLE e(seq INTEGER, time INTEGER, meta INTEGER, value INTEGER, arg INTEGER);\n.mode csv\n' +
    `.import ${csv} e\nCREATE INDEX i ON e(time);\n`;
  const run = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time sqlite3 ${other}`], {
    input: script,
    encoding: 'utf8',
  });
  const [user, system] = run.stderr.trim().split(/\s+/).map(Number);
  if (run.status === 0 && user !== undefined && system !== undefined)
    console.log(
      `  sqlite3 .import + index: ${(user + system).toFixed(2)} s of CPU; ours is ${(ours / (user + system)).toFixed(2)} of it`,
    );
  else console.log('  sqlite3 is not installed: no peer');
  rmSync(csv);
  rmSync(other, { force: true });
}

function read(path: string): void {
  const opening = times(5, () => new TraceReader(path).close());
  const reader = new TraceReader(path);
  const cursor = new Cursor(reader);
  let random = 1;
  const next = (limit: number): number => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return Math.floor((random / 0x1_0000_0000) * limit);
  };
  const anywhere = (): Seq => seq(next(reader.count));
  const seeks = times(3000, () => cursor.seek(anywhere()));
  cursor.seek(seq(Math.floor(reader.count / 2)));
  const steps = times(20_000, (i) => cursor.step(i % 3 === 0 ? -1 : 1));
  console.log(
    `  open ${percentile(opening, 0.5)}; seek p50 ${percentile(seeks, 0.5)} p99 ${percentile(seeks, 0.99)}; ` +
      `step p50 ${percentile(steps, 0.5)} p95 ${percentile(steps, 0.95)}`,
  );
  search(reader, anywhere);
  lanes(reader);
  reader.close();
}

function search(reader: TraceReader, anywhere: () => Seq): void {
  const busy = fieldRange(reader, intid('ppi', 27), 1, 'pending');
  const idle = fieldRange(reader, intid('ppi', 3), 1, 'pending');
  if (busy === undefined || idle === undefined) throw new Error('the workload has no PPI');
  const direction = (i: number): 'next' | 'previous' => (i % 2 === 0 ? 'next' : 'previous');
  const first = times(1, () => findChange(reader, -1, 'next', busy, 'rises'));
  const hits = times(500, (i) => findChange(reader, anywhere(), direction(i), busy, 'rises'));
  const misses = times(500, (i) => findChange(reader, anywhere(), direction(i), idle, 'rises'));
  const names = times(500, (i) =>
    findEvent(reader, anywhere(), direction(i), { names: ['ICC_PCR_EL1'], op: 'write', vcpu: 2 }),
  );
  const counts = times(5, () => changePostings(new TraceReader(reader.path), busy, 'rises').total);
  const never = times(1, () => findEvent(reader, -1, 'next', { test: (events, i) => events.argLo[i] === 0x1234_5679 }));
  console.log(
    `  first search ${percentile(first, 0.5)}; hit p95 ${percentile(hits, 0.95)}; no hit p95 ${percentile(misses, 0.95)}; ` +
      `write of a register p95 ${percentile(names, 0.95)}; open and count ${percentile(counts, 0.5)}; ` +
      `test that never holds ${percentile(never, 0.5)}`,
  );
}

function lanes(reader: TraceReader): void {
  const drawn = reader.lanes.filter(({ kind }) => kind !== 'density');
  for (const share of [1, 0.2, 0.01]) {
    const span = reader.duration * share;
    const start = (reader.duration - span) / 2;
    const window = { start, end: start + span + 1, columns: COLUMNS };
    const cold = times(1, () => drawn.map((lane) => drawLane(reader, lane, window)));
    const warm = times(5, () => drawn.map((lane) => drawLane(reader, lane, window)));
    const density = times(5, () => drawDensity(reader, 0, window));
    console.log(
      `  ${drawn.length} lanes over ${share * 100} %: first ${percentile(cold, 0.5)}, again ${percentile(warm, 0.5)}; ` +
        `density ${percentile(density, 0.5)}`,
    );
  }
  // Tiles against the truth: the exact transitions of the whole trace, squeezed into the same columns.
  const window = { start: 0, end: reader.duration + 1, columns: 100 };
  let different = 0;
  for (const lane of drawn) {
    const tiles = drawLane(reader, lane, window);
    if (tiles.mode !== 'columns') continue;
    const exact = new ColumnBuilder(lane.kind, 0, window.end, 100, reader.laneTiles.codeBefore(lane, 0));
    for (const [, tile] of reader.laneTiles.transitions(lane, 0, 0xff_ffff))
      for (let i = 0; i < tile.count; i++) exact.add(tile.time[i] ?? 0, tile.code[i] ?? 0);
    const truth = exact.finish();
    const sum = (list: Uint32Array): number => list.reduce((a, b) => a + b, 0);
    if (sum(tiles.transitions) !== sum(truth.transitions)) different++;
    for (let i = 0; i < 100; i++) {
      if (severity(lane.kind, tiles.worst[i] ?? 0) < severity(lane.kind, truth.worst[i] ?? 0)) different++;
      if (Math.abs((tiles.share[i] ?? 0) - (truth.share[i] ?? 0)) > 0.02) different++;
    }
  }
  console.log(`  tiles that differ from the exact lanes: ${different}`);
}

const sizes = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
try {
  for (const size of sizes.length > 0 ? sizes : [100_000, 1_000_000]) {
    const path = join(folder, `${size}.gscope`);
    const used = write(path, size);
    if (size <= 1_000_000) peer(path, folder, used);
    read(path);
    rmSync(path);
  }
} finally {
  rmSync(folder, { recursive: true });
}
