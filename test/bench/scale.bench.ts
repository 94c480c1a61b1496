/**
 * The promises of time travel at scale, on the main recording repeated: `npm run bench -- scale [events …]`
 * (default 1e5 1e6; 1e7 and 1e8 on demand: some 40 s and 6 min). Everything is asked through the session, as the window asks. Each size is
 * written in a process of its own and asked in another one, so that each is charged for its own memory.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importTrace } from '../../core/import/import.ts';
import { openSource } from '../../core/import/source/source.ts';
import { createBackend } from '../../core/session/backend.ts';
import { type Args, type Method, type Result } from '../../core/session/contract.ts';
import { lanesOf } from '../../core/session/lane-columns.ts';
import { TraceReader } from '../../core/trace/reader.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { hasBabeltrace, readMilliseconds } from './babeltrace-peer.ts';
import { RepeatedTrace } from './repeat.ts';
import { BenchReport, type Spent, isApart, mostMemory, percentile, sizesGiven, spent, timed } from './report.ts';
import { medianSeeks } from './seeks.ts';
import { SqlitePeer } from './sqlite-peer.ts';

const LOG = join(import.meta.dirname, '../data/import/gicv5-smp2-full.log.xz');
const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
const report = new BenchReport('scale');
const WRITE = 'write events, changes, summaries, tiles';
const SEEK_COLD = 'the same, nothing cached of its block';
const SEEK_WARM = 'the same, its block cached';
const RUNS = 5;
const WRITE_MEMORY = 'memory, most while writing';
const MEMORY = 'memory, most while looking and searching';

/**
 * Makes the trace at `path`: `source` repeated. Up to a million events it is made five times more after the first, in
 * which V8 compiles our code; the last one stays.
 */
async function write(source: TraceReader, path: string, size: number): Promise<void> {
  const repeated = new RepeatedTrace(source);
  const runs: Spent[] = [];
  let peer: SqlitePeer | undefined;
  const peers: number[] = [];
  let events = 0;
  for (let run = 0; run <= (size <= 1e6 ? RUNS : 0); run++) {
    rmSync(path, { force: true });
    const writer = new TraceWriter(path);
    runs.push(
      await spent(() => {
        events = repeated.write(writer, size);
        writer.finish({ source: { kind: 'qemu-log', files: ['repeated'], facts: {} }, gic: 'v5', vcpus: 2 });
      }),
    );
    if (run === 0) {
      report.add({ what: WRITE_MEMORY, size, value: mostMemory(), unit: 'MB', goal: '< 400 MB' });
      if (size <= 1e6) peer = SqlitePeer.of(path, folder);
    }
    // In turns with ours: the machine's speed changes within seconds.
    if (peer !== undefined) peers.push(peer.seconds());
  }
  peer?.close();
  const counted = runs.length > 1 ? runs.slice(1) : runs;
  const middle = (of: (run: Spent) => number): number => percentile(counted.map(of), 0.5);
  const wall = middle((run) => run.wall);
  const first = runs[0]?.wall ?? wall;
  report.add({ what: WRITE, size, value: wall, unit: 's' });
  if (runs.length > 1) report.add({ what: 'the first time, with compiling our code', size, value: first, unit: 's' });
  report.add({ what: 'written events', size, value: events / wall / 1e6, unit: 'M/s', goal: '≥ 1 M/s' });
  const perCpu = events / middle((run) => run.cpu) / 1e6;
  report.add({ what: 'written events by CPU time of all threads', size, value: perCpu, unit: 'M/s' });
  report.add({ what: 'file', size, value: statSync(path).size / events, unit: 'bytes/event' });
  if (size > 1e6) return;
  if (peers.length === 0) {
    report.note('sqlite3 is not installed: no peer for writing');
    return;
  }
  const theirs = percentile(peers, 0.5);
  report.add({ what: 'sqlite3 .import of the same rows and one index', size, value: theirs, unit: 's' });
  report.add({ what: 'our time ÷ that', size, value: wall / theirs, unit: '', goal: '≤ 0.5 at 1e6' });
  report.add({ what: 'our first time ÷ that', size, value: first / theirs, unit: '' });
}

/** A backend, and its calls. */
function start() {
  const backend = createBackend({ version: 'bench', samples: folder, imports: folder });
  const call = <M extends Method>(method: M, args: Args<M>): Promise<Result<M>> =>
    backend.handle(method, args, new AbortController().signal);
  return { backend, call };
}

/** What the window asks for before anything can be seen, in a new process. */
async function open(path: string, size: number): Promise<void> {
  const { backend, call } = start();
  const opening = performance.now();
  const opened = await call('trace.open', { path });
  const { id, durationNs } = opened;
  const shown = lanesOf(opened)
    .slice(0, 20)
    .map((lane) => lane.id);
  await call('timeline.lanes', { id, from: 0, to: durationNs, columns: 1200, lanes: shown, marks: true });
  await call('events.rows', { id, from: 0, count: 50, direction: 'forward', filter: '' });
  await call('state.inspect', { id, seq: 0, vcpu: 0, baseline: null });
  const value = performance.now() - opening;
  report.add({ what: 'open to first lanes, rows and state', size, value, unit: 'ms', goal: '≤ 150 ms at 1e7' });
  await backend.close();
}

/** @param shortest a trace whose jumps are timed in turns with this one's, so that both see the same machine */
async function ask(path: string, size: number, shortest: string): Promise<void> {
  const { backend, call } = start();
  const opened = await call('trace.open', { path });
  const { events } = opened;
  let { id } = opened;
  const place = (i: number): number => Math.floor(((i * 0.6180339887) % 1) * events);
  const other = shortest === path ? undefined : await call('trace.open', { path: shortest });
  const seeks: number[][] = [];
  const others: number[][] = [];
  for (let run = 0; run < RUNS; run++) {
    const from = 2000 * run;
    seeks.push(await timed(2000, (i) => call('state.digest', { id, seq: place(from + i) })));
    if (other !== undefined)
      others.push(
        await timed(2000, (i) => call('state.digest', { id: other.id, seq: place(from + i) % other.events })),
      );
  }
  const middleRun = (runs: readonly number[][], share: number): number =>
    percentile(
      runs.map((run) => percentile(run, share)),
      0.5,
    );
  const p50 = middleRun(seeks, 0.5);
  report.add({ what: 'state at a random position, p50', size, value: p50, unit: 'ms', goal: '≤ 0.5 ms' });
  const p99 = middleRun(seeks, 0.99);
  report.add({ what: 'state at a random position, p99', size, value: p99, unit: 'ms', goal: '≤ 5 ms' });
  if (other !== undefined) {
    const value = p50 / middleRun(others, 0.5);
    report.add({
      what: 'p50 ÷ that of the shortest trace, in turns',
      size,
      value,
      unit: '',
      goal: '≤ 1.5 from 1e5 to 1e7',
    });
    await call('trace.close', { id: other.id });
  }
  const middle = Math.floor(events / 2);
  const { cold, warm } = await medianSeeks(events, async () => {
    await call('trace.close', { id });
    id = (await call('trace.open', { path })).id;
    return (seq) => call('state.digest', { id, seq });
  });
  report.add({ what: SEEK_COLD, size, value: cold, unit: 'ms' });
  report.add({ what: SEEK_WARM, size, value: warm, unit: 'ms' });
  const steps = await timed(400, (i) => call('state.inspect', { id, seq: middle + i, vcpu: i & 1, baseline: middle }));
  report.add({
    what: "step ±1 with the inspector's data, p95",
    size,
    value: percentile(steps, 0.95),
    unit: 'ms',
    goal: '≤ 1 ms',
  });

  const find = (condition: string, i: number): Promise<Result<'nav.find'>> =>
    call('nav.find', { id, condition, from: place(i), direction: i & 1 ? 'backward' : 'forward' });
  const hits = await timed(200, (i) => find('ppi(27).pending rises on vcpu 1', i));
  report.add({
    what: 'next/previous hit of an interrupt, p95',
    size,
    value: percentile(hits, 0.95),
    unit: 'ms',
    goal: '≤ 10 ms',
  });
  const registers = await timed(200, (i) => find('write ICC_CR0_EL1', i));
  report.add({
    what: 'next/previous write of a rare register, p95',
    size,
    value: percentile(registers, 0.95),
    unit: 'ms',
    goal: '≤ 10 ms',
  });
  const never = await timed(200, (i) => find('write ICC_APR_EL1', i));
  report.add({
    what: 'a register that is never written, p95',
    size,
    value: percentile(never, 0.95),
    unit: 'ms',
    goal: '≤ 10 ms',
  });
  const arbitrary = await timed(RUNS, () =>
    call('nav.find', { id, condition: 'value == 0x123456789abc and vcpu == 1', from: -1, direction: 'forward' }),
  );
  report.add({
    what: 'an arbitrary condition that never holds',
    size,
    value: percentile(arbitrary, 0.5),
    unit: 'ms',
    goal: '≤ 1,500 ms at 1e7',
  });
  const counts = await timed(5, () =>
    call('nav.count', { id, condition: 'ppi(27).pending rises', buckets: 400, at: 0 }),
  );
  report.add({
    what: 'count and histogram of ppi(27).pending rises',
    size,
    value: percentile(counts, 0.5),
    unit: 'ms',
    goal: '≤ 300 ms at 1e7',
  });
  report.add({ what: MEMORY, size, value: mostMemory(), unit: 'MB', goal: '< 400 MB' });
  // After it: making its files takes this process memory.
  if (size <= 1e7 && hasBabeltrace()) {
    const peer = readMilliseconds(path, folder);
    report.add({ what: 'babeltrace2 reading as many events', size, value: peer, unit: 'ms' });
    report.add({ what: 'our search ÷ that', size, value: percentile(arbitrary, 0.5) / peer, unit: '', goal: '< 1' });
  }
  await backend.close();
}

/** The trace that is repeated, made in a process of its own: measuring begins with a fresh one. */
async function makeSource(path: string): Promise<void> {
  const writer = new TraceWriter(path);
  const { summary } = await importTrace(LOG, writer);
  writer.finish(summary);
  const events = writer.count;
  const source = await openSource(LOG);
  let text = 0;
  for await (const chunk of source.chunks) text += chunk.length;
  await source.close();
  const bytes = statSync(path).size;
  report.add({ what: 'file of the recording itself, its text included', value: bytes / events, unit: 'bytes/event' });
  report.add({ what: 'the same ÷ its log', value: bytes / text, unit: '', goal: '≤ 0.5' });
}

/** What a process that is started for it does: the task, and its arguments. */
async function task(what: string, source: string, path: string, size: number, shortest: string): Promise<void> {
  if (what === 'source') await makeSource(source);
  else if (what === 'write') {
    const reader = new TraceReader(source);
    await write(reader, path, size);
    reader.close();
  } else if (what === 'open') await open(path, size);
  else await ask(path, size, shortest);
}

try {
  if (isApart) {
    const [what = '', source = '', path = '', size, shortest = path] = process.argv.slice(2);
    await task(what, source, path, Number(size), shortest);
  } else {
    const source = join(folder, 'source.gscope');
    report.apart(import.meta.filename, ['source', source]);
    const pathOf = (size: number): string => join(folder, `${size}.gscope`);
    const sizes = sizesGiven([1e5, 1e6]);
    const shortest = pathOf(sizes[0] ?? 0);
    for (const size of sizes) {
      const path = pathOf(size);
      const args = [source, path, String(size), shortest];
      report.apart(import.meta.filename, ['write', ...args]);
      report.medianApart(import.meta.filename, ['open', ...args], RUNS);
      report.apart(import.meta.filename, ['ask', ...args]);
      if (path !== shortest) rmSync(path);
    }
    report.exponent(WRITE, '≤ 1.05');
    for (const seek of [SEEK_COLD, SEEK_WARM]) report.growth(seek, '≤ 1.5 from 1e5 to 1e7');
    for (const memory of [WRITE_MEMORY, MEMORY]) report.growth(memory, '≤ 1.3 from 1e6 to 1e7', 1e6);
    if (!hasBabeltrace()) report.note('babeltrace2 is not installed: no peer for searching');
  }
  report.write();
} finally {
  rmSync(folder, { recursive: true });
}
