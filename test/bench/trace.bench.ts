/**
 * Bench of the trace file: `node scripts/node.mjs test/bench/trace.bench.ts [events …]` (default 100000 1000000).
 * Per size, in a process of its own: writing (events/s of time and of CPU time, bytes an event), the same rows into
 * `sqlite3 .import` with one index where that program is installed, opening, seeking, stepping, drawing lanes,
 * and whether tiles agree with the exact transitions. Searching is in scale.bench.ts.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Seq, seq } from '../../core/state/brand.ts';
import { Cursor } from '../../core/trace/cursor.ts';
import { ColumnBuilder } from '../../core/trace/lane-columns.ts';
import { severity } from '../../core/trace/lane-kinds.ts';
import { drawDensity, drawLane } from '../../core/trace/lanes.ts';
import { TraceReader } from '../../core/trace/reader.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { BenchReport, isApart, mostMemory, percentile, sizesGiven, spent } from './report.ts';
import { SqlitePeer } from './sqlite-peer.ts';
import { Workload } from './trace-workload.ts';

const VCPUS = 4;
const COLUMNS = 1500;

const WRITE = 'write events, changes, summaries, tiles';
const report = new BenchReport('trace');

/** Milliseconds of each of `n` runs. */
function times(n: number, action: (i: number) => void): number[] {
  return Array.from({ length: n }, (_, i) => {
    const start = performance.now();
    action(i);
    return performance.now() - start;
  });
}

async function write(path: string, size: number): Promise<void> {
  const writer = new TraceWriter(path);
  let events = 0;
  const { wall, cpu, own } = await spent(() => {
    events = new Workload(writer, VCPUS).run(size);
    writer.finish({ source: { kind: 'scenario', files: ['bench'], facts: {} }, gic: 'v5', vcpus: VCPUS });
  });
  report.add({ what: WRITE, size, value: wall, unit: 's' });
  report.add({ what: 'written events', size, value: events / wall / 1e6, unit: 'M/s', goal: '≥ 1 M/s' });
  report.add({ what: 'written events by CPU time of all threads', size, value: events / cpu / 1e6, unit: 'M/s' });
  report.add({ what: 'written events by CPU time of the caller', size, value: events / own / 1e6, unit: 'M/s' });
  report.add({ what: 'file', size, value: statSync(path).size / events, unit: 'bytes/event' });
  report.add({ what: 'memory, most while writing', size, value: mostMemory(), unit: 'MB', goal: '< 400 MB' });
  if (size > 1e6) return;
  const rows = SqlitePeer.of(path, folder);
  if (rows === undefined) {
    report.note('sqlite3 is not installed: no peer for writing');
    return;
  }
  const peer = rows.seconds();
  rows.close();
  report.add({ what: 'sqlite3 .import of the same rows and one index', size, value: peer, unit: 's' });
  report.add({ what: 'our time ÷ that', size, value: wall / peer, unit: '', goal: '≤ 0.5 at 1e6' });
}

function read(path: string, size: number): void {
  const add = (what: string, list: readonly number[], share: number, goal?: string): void =>
    report.add({ what, size, value: percentile(list, share), unit: 'ms', ...(goal === undefined ? {} : { goal }) });
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
  add('open', opening, 0.5);
  add('seek, p50', seeks, 0.5, '≤ 0.5 ms');
  add('seek, p99', seeks, 0.99, '≤ 5 ms');
  add('step, p95', steps, 0.95);
  lanes(reader, size, add);
  reader.close();
}

type Add = (what: string, times: readonly number[], share: number, goal?: string) => void;

function lanes(reader: TraceReader, size: number, add: Add): void {
  const drawn = reader.lanes.filter(({ kind }) => kind !== 'density');
  for (const share of [1, 0.2, 0.01]) {
    const span = reader.duration * share;
    const start = (reader.duration - span) / 2;
    const window = { start, end: start + span + 1, columns: COLUMNS };
    const cold = times(1, () => drawn.map((lane) => drawLane(reader, lane, window)));
    const warm = times(5, () => drawn.map((lane) => drawLane(reader, lane, window)));
    const density = times(5, () => drawDensity(reader, 0, window));
    const what = `${drawn.length} lanes over ${share * 100} % of the trace`;
    add(`${what}, first`, cold, 0.5);
    add(`${what}, again`, warm, 0.5);
    add(`density over ${share * 100} %`, density, 0.5);
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
  report.add({
    what: 'columns in which tiles differ from the exact lanes',
    size,
    value: different,
    unit: '',
    goal: '0',
  });
}

const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
try {
  const sizes = sizesGiven([100_000, 1_000_000]);
  if (isApart) {
    const [size = 0] = sizes;
    const path = join(folder, 'trace.gscope');
    await write(path, size);
    read(path, size);
  } else {
    for (const size of sizes) report.apart(import.meta.filename, [String(size)]);
    report.exponent(WRITE, '≤ 1.05');
  }
  report.write();
} finally {
  rmSync(folder, { recursive: true });
}
