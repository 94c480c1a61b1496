/**
 * Bench of the QEMU log import: `node scripts/node.mjs test/bench/import-qemu.bench.ts [copies]` (default 3).
 * The recording of 19 MB is read `copies` times in a row (each copy is a further run of a machine). Per stage: MB of
 * text per second of CPU time, which other load on the machine disturbs less than wall time.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { importTrace } from '../../core/import/import.ts';
import { LineReader } from '../../core/import/qemu/line-reader.ts';
import { TraceLine } from '../../core/import/qemu/trace-line.ts';
import { LineSplitter } from '../../core/import/source/lines.ts';
import { openSource } from '../../core/import/source/source.ts';
import { seq } from '../../core/state/brand.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { type TraceSink } from '../../core/trace/sink.ts';
import { TraceWriter } from '../../core/trace/writer.ts';

const recording = fileURLToPath(new URL('../data/import/gicv5-smp2-full.log.xz', import.meta.url));
const copies = Number(process.argv[2] ?? 3);

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

async function measured(stage: string, megabytes: number, action: () => Promise<void>): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await action();
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const used = (user + system) / 1e6;
  console.log(
    `${stage}: ${(megabytes / used).toFixed(0)} MB/s of CPU time, ${(megabytes / wall).toFixed(0)} MB/s of time, ` +
      `${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MB resident`,
  );
}

const text: Uint8Array[] = [];
const source = await openSource(recording);
await measured('xz', 19.07, async () => {
  for await (const chunk of source.chunks) text.push(chunk);
});
await source.close();
const bytes = text.reduce((sum, { length }) => sum + length, 0);

function* chunks(times: number): Generator<Uint8Array> {
  for (let i = 0; i < times; i++) yield* text;
}

for (const times of [1, copies]) {
  const megabytes = (bytes * times) / 1e6;
  console.log(`${megabytes.toFixed(0)} MB of text`);
  await measured('  lines', megabytes, async () => {
    const splitter = new LineSplitter({ onLine: () => undefined, onLong: () => undefined });
    for (const chunk of chunks(times)) splitter.push(chunk);
  });
  await measured('  lines and parsing', megabytes, async () => {
    const reader = new LineReader();
    const into = new TraceLine();
    const splitter = new LineSplitter({
      onLine: (words, line, from, start, end) => {
        reader.read(words, line, from, start, end, into);
      },
      onLong: () => undefined,
    });
    for (const chunk of chunks(times)) splitter.push(chunk);
  });
  await measured('  import into nothing', megabytes, async () => {
    await importTrace({ name: 'bench.log', stream: Readable.from(chunks(times)) }, new NullSink());
  });
  const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
  const path = join(folder, 't.gscope');
  await measured('  import into a trace', megabytes, async () => {
    const writer = new TraceWriter(path);
    const { summary } = await importTrace({ name: 'bench.log', stream: Readable.from(chunks(times)) }, writer);
    writer.finish(summary);
  });
  console.log(`  trace of ${(statSync(path).size / 1e6).toFixed(1)} MB`);
  rmSync(folder, { recursive: true });
}
