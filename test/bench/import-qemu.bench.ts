/**
 * Bench of the QEMU log import: `npm run bench -- import-qemu [copies …]` (default 1 5 20: 2e5 to 4e6 lines; 47 are 1e7).
 * The GICv5 recording of 19 MB is read `copies` times in a row (each copy is a further run of a machine), each number of
 * copies in a process of its own; then the GICv3 recording of 30 MB. Sizes are bytes of text.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTrace } from '../../core/import/import.ts';
import { LineReader } from '../../core/import/qemu/line-reader.ts';
import { TraceLine } from '../../core/import/qemu/trace-line.ts';
import { LineSplitter } from '../../core/import/source/lines.ts';
import { openSource } from '../../core/import/source/source.ts';
import { type Seq, seq } from '../../core/state/brand.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { type PackedSink } from '../../core/trace/sink.ts';
import { TraceWriter } from '../../core/trace/writer.ts';
import { BenchReport, isApart, mostMemory, sizesGiven, spent } from './report.ts';

const recordingOf = (name: string): string => fileURLToPath(new URL(`../data/import/${name}.log.xz`, import.meta.url));
const GICV5 = 'gicv5-smp2-full';
const GICV3 = 'gicv3-smp2-its-full';

/** Keeps nothing, whichever way it is given. */
class NullSink implements PackedSink {
  readonly journal = new Journal(new Layout());
  #count = 0;

  append(): Seq {
    this.journal.clear();
    return seq(this.#count++);
  }

  put = this.append;
  appendPacked = this.append;

  typeId(): number {
    return 0;
  }

  nameId(): number {
    return 2;
  }

  interruptField(): void {}
  rawLines(): void {}
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

/** The import comes first: what it needs in memory and what it must compile are its own. */
async function measure(name: string, copies: number): Promise<void> {
  const text = await textOf(recordingOf(name));
  const megabytes = (text.reduce((sum, { length }) => sum + length, 0) * copies) / 1e6;
  const what = (stage: string): string => (name === GICV5 ? stage : `${name}: ${stage}`);
  function* chunks(): Generator<Uint8Array> {
    for (let i = 0; i < copies; i++) yield* text;
  }
  const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
  const [log, path] = [join(folder, 'bench.log'), join(folder, 't.gscope')];
  const fd = openSync(log, 'w');
  for (const chunk of chunks()) writeSync(fd, chunk);
  // Onto the disk now: a user's log has long been there, and the kernel would write this one back during the import.
  fsyncSync(fd);
  closeSync(fd);
  const importAll = async (): Promise<void> => {
    const writer = new TraceWriter(path, { assembles: 'writer' });
    const { summary } = await importTrace(log, writer);
    writer.finish(summary);
  };
  await measured(what(TRACE), megabytes, importAll, '≥ 60 MB/s');
  const size = megabytes * 1e6;
  report.add({ what: what('trace ÷ text'), size, value: statSync(path).size / size, unit: '', goal: '≤ 0.5' });
  report.add({ what: what('memory, most'), size, value: mostMemory(), unit: 'MB', goal: '≤ 300 MB' });
  await measured(what('import into nothing'), megabytes, async () => {
    await importTrace(log, new NullSink());
  });
  rmSync(folder, { recursive: true });
  await measured(what('lines and parsing'), megabytes, () => {
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
  await measured(what('lines'), megabytes, () => {
    const splitter = new LineSplitter({ onLine: () => undefined, onLong: () => undefined });
    for (const chunk of chunks()) splitter.push(chunk);
  });
}

if (isApart) await measure(process.argv[2] ?? GICV5, Number(process.argv[3] ?? 1));
else {
  for (const copies of sizesGiven([1, 5, 20])) report.apart(import.meta.filename, [GICV5, String(copies)]);
  report.apart(import.meta.filename, [GICV3, '3']);
  report.exponent(`time: ${TRACE}`, '≤ 1.05');
}
report.write();
