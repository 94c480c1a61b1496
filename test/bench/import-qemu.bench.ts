/**
 * Bench of the QEMU log import: `node scripts/node.mjs test/bench/import-qemu.bench.ts [copies …]` (default 1 3).
 * The recording of 19 MB is read `copies` times in a row (each copy is a further run of a machine), each number of
 * copies in a process of its own. Sizes are bytes of text.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type ImportInput, importTrace } from '../../core/import/import.ts';
import { LineReader } from '../../core/import/qemu/line-reader.ts';
import { TraceLine } from '../../core/import/qemu/trace-line.ts';
import { LineSplitter } from '../../core/import/source/lines.ts';
import { openSource } from '../../core/import/source/source.ts';
import { seq } from '../../core/state/brand.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { type TraceSink } from '../../core/trace/sink.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { BenchReport, isApart, mostMemory, sizesGiven, spent } from './report.ts';

const recording = fileURLToPath(new URL('../data/import/gicv5-smp2-full.log.xz', import.meta.url));

/** Keeps nothing. */
class NullSink implements TraceSink {
  readonly journal = new Journal(new Layout());
  #count = 0;

  append(): ReturnType<typeof seq> {
    this.journal.clear();
    return seq(this.#count++);
  }

  interruptField(): void {}
  rawLine(): void {}
  skip(): void {}
  countName(): void {}
}

const report = new BenchReport('import-qemu');
const TRACE = 'import into a finished trace';

async function measured(
  stage: string,
  megabytes: number,
  action: () => void | Promise<void>,
  goal?: string,
): Promise<void> {
  const size = megabytes * 1e6;
  const { wall, cpu, own } = await spent(action);
  const add = (what: string, value: number, unit: string, wanted?: string): void =>
    report.add({ what, size, value, unit, ...(wanted === undefined ? {} : { goal: wanted }) });
  add(stage, megabytes / wall, 'MB/s', goal);
  add(`${stage}: by CPU time of all threads`, megabytes / cpu, 'MB/s');
  add(`${stage}: by CPU time of the caller`, megabytes / own, 'MB/s');
  add(`time: ${stage}`, wall, 's');
}

async function textOf(path: string): Promise<Uint8Array[]> {
  const text: Uint8Array[] = [];
  const source = await openSource(path);
  for await (const chunk of source.chunks) text.push(chunk);
  await source.close();
  return text;
}

async function measure(copies: number): Promise<void> {
  const text = await textOf(recording);
  const megabytes = (text.reduce((sum, { length }) => sum + length, 0) * copies) / 1e6;
  function* chunks(): Generator<Uint8Array> {
    for (let i = 0; i < copies; i++) yield* text;
  }
  const input = (): ImportInput => ({ name: 'bench.log', stream: Readable.from(chunks()) });
  await measured('lines', megabytes, () => {
    const splitter = new LineSplitter({ onLine: () => undefined, onLong: () => undefined });
    for (const chunk of chunks()) splitter.push(chunk);
  });
  await measured('lines and parsing', megabytes, () => {
    const reader = new LineReader();
    const into = new TraceLine();
    const splitter = new LineSplitter({
      onLine: (line, page, start, end) => {
        reader.read(line, page, start, end, into);
      },
      onLong: () => undefined,
    });
    for (const chunk of chunks()) splitter.push(chunk);
  });
  await measured('import into nothing', megabytes, async () => {
    await importTrace(input(), new NullSink());
  });
  const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
  const path = join(folder, 't.gscope');
  const importAll = async (): Promise<void> => {
    const writer = new TraceWriter(path);
    const { summary } = await importTrace(input(), writer);
    writer.finish(summary);
  };
  await measured(TRACE, megabytes, importAll, '≥ 60 MB/s');
  const size = megabytes * 1e6;
  report.add({ what: 'trace ÷ text', size, value: statSync(path).size / size, unit: '', goal: '≤ 0.5' });
  report.add({ what: 'memory, most', size, value: mostMemory(), unit: 'MB', goal: '≤ 300 MB' });
  rmSync(folder, { recursive: true });
}

const given = sizesGiven([1, 3]);
if (isApart) await measure(given[0] ?? 1);
else {
  for (const copies of given) report.apart(import.meta.filename, [String(copies)]);
  report.exponent(`time: ${TRACE}`, '≤ 1.05');
}
report.write();
