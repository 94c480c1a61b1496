/**
 * Bench of the trace.dat import: `npm run bench -- import-trace-dat [events …]` (default 100000 1000000). The recording
 * of the kernel's vgic_irq test is repeated until it has as many events; each size is imported into a finished, indexed
 * trace in a process of its own, beside `trace-cmd report > /dev/null` on the same file where that is installed.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTrace } from '../../core/import/import.ts';
import { openSource } from '../../core/import/source/source.ts';
import { readHead } from '../../core/import/trace-dat/head.ts';
import { RandomFile } from '../../core/import/trace-dat/random-file.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { repeatDat } from './repeat-dat.ts';
import { BenchReport, isApart, mostMemory, sizesGiven, spent } from './report.ts';

const recording = fileURLToPath(new URL('../data/import/vgic_irq-v6.trace.dat.xz', import.meta.url));
const report = new BenchReport('import-trace-dat');
const IMPORT = 'time of an import into a finished trace';

async function importFile(file: string, trace: string): Promise<number> {
  const writer = new TraceWriter(trace, { overwrite: true, assembles: 'writer' });
  const { summary, events } = await importTrace(file, writer);
  writer.finish(summary);
  return events;
}

/** The recording as a file, and how many events it has. */
async function makeSource(path: string): Promise<number> {
  const source = await openSource(recording);
  const fd = openSync(path, 'w');
  for await (const chunk of source.chunks) writeSync(fd, chunk);
  closeSync(fd);
  await source.close();
  return importFile(path, `${path}.gscope`);
}

function repeat(from: string, to: string, rounds: number): void {
  const file = RandomFile.open(from);
  const [buffer] = readHead(file).buffers;
  file.close();
  if (buffer === undefined) throw new Error(`${from} has no buffer`);
  const fd = openSync(to, 'w');
  repeatDat(readFileSync(from), buffer.cpus.length, buffer.pageSize, rounds, fd);
  closeSync(fd);
}

/** Seconds of `trace-cmd report > /dev/null`; undefined where it is not installed. */
function peerSeconds(file: string): number | undefined {
  const nowhere = openSync('/dev/null', 'w');
  const start = performance.now();
  const { status, error } = spawnSync('trace-cmd', ['report', '-i', file], { stdio: ['ignore', nowhere, 'ignore'] });
  closeSync(nowhere);
  if (error !== undefined) return undefined;
  if (status !== 0) throw new Error(`trace-cmd report ended with ${String(status)}`);
  return (performance.now() - start) / 1000;
}

async function measure(source: string, eventsOfSource: number, size: number): Promise<void> {
  const rounds = Math.ceil(size / eventsOfSource);
  const [file, trace] = [join(folder, 'repeated.dat'), join(folder, 'repeated.gscope')];
  repeat(source, file, rounds);
  let events = 0;
  const { wall, cpu } = await spent(async () => {
    events = await importFile(file, trace);
  });
  if (events !== eventsOfSource * rounds) throw new Error(`${events} events, ${eventsOfSource} × ${rounds} expected`);
  report.add({ what: 'events', size, value: events, unit: '' });
  report.add({ what: IMPORT, size, value: wall, unit: 's' });
  report.add({ what: 'imported events', size, value: events / wall / 1e6, unit: 'M/s' });
  report.add({ what: 'imported events by CPU time of all threads', size, value: events / cpu / 1e6, unit: 'M/s' });
  report.add({ what: 'trace ÷ trace.dat', size, value: statSync(trace).size / statSync(file).size, unit: '' });
  report.add({ what: 'memory, most', size, value: mostMemory(), unit: 'MB', goal: '≤ 300 MB' });
  const peer = peerSeconds(file);
  if (peer === undefined) report.note('trace-cmd is not installed: no peer');
  else {
    report.add({ what: 'trace-cmd report > /dev/null', size, value: peer, unit: 's' });
    report.add({ what: 'our time ÷ that', size, value: wall / peer, unit: '', goal: '≤ 1.0, aim 0.6' });
  }
}

const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
try {
  if (isApart) {
    const [, , source = '', events, size] = process.argv;
    await measure(source, Number(events), Number(size));
  } else {
    const source = join(folder, 'source.dat');
    const events = await makeSource(source);
    for (const size of sizesGiven([1e5, 1e6]))
      report.apart(import.meta.filename, [source, String(events), String(size)]);
    report.exponent(IMPORT, '≤ 1.05');
  }
  report.write();
} finally {
  rmSync(folder, { recursive: true });
}
