/** trace.dat files of version 7 that end before their tables of CPUs: copies that were broken off, pipes that were stopped. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImportResult, importTrace } from '../../../../core/import/import.ts';
import { decompressed } from '../../../support/decompressed.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { format, type Page, record, traceDat, Writer } from '../../../support/trace-dat.ts';

const RECORDING = fileURLToPath(new URL('../../../data/import/arch_timer.trace.dat.xz', import.meta.url));

let folder = '';
let recorded: Buffer = Buffer.alloc(0);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-cut-'));
  recorded = await decompressed(RECORDING);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function imported(bytes: Uint8Array): Promise<{ sink: MemorySink; result: ImportResult }> {
  const path = join(folder, 'cut.dat');
  writeFileSync(path, bytes);
  const sink = new MemorySink();
  return { sink, result: await importTrace(path, sink) };
}

/** What tells events apart, of some CPUs. */
const told = (sink: MemorySink, isOf: (cpu: unknown) => boolean): string[] =>
  sink.events.flatMap(({ time, source, detail }) =>
    isOf(detail?.['CPU']) ? [`${time} ${source} ${detail?.['task']}`] : [],
  );

const TABLES = 300;
/** Within the data of CPU 1, and of CPU 0. */
const SECOND_CPU = 20_000;
const FIRST_CPU = 45_000;

describe('a trace.dat that is cut short before its tables of CPUs', () => {
  it('has all whole chunks of the CPUs that are there, under their numbers', async () => {
    const all = await imported(recorded);
    for (const missing of [TABLES, SECOND_CPU]) {
      const { sink, result } = await imported(recorded.subarray(0, -missing));
      expect(told(sink, (cpu) => cpu === 0)).toEqual(told(all.sink, (cpu) => cpu === 0));
      const second = told(sink, (cpu) => cpu === 1);
      expect(second).toEqual(told(all.sink, (cpu) => cpu === 1).slice(0, second.length));
      expect(second.length).toBeGreaterThan(1000);
      expect(result.cut).toMatch(/^the file is cut short, before its tables of CPUs: the options would take bytes/);
      expect(result.summary.vcpus).toBe(2);
    }
  });

  it('says no CPU where fewer CPUs than the machine has are there', async () => {
    const all = await imported(recorded);
    const { sink, result } = await imported(recorded.subarray(0, -FIRST_CPU));
    const events = told(sink, (cpu) => cpu === undefined);
    expect(events.length).toBe(sink.kept.length);
    expect(events.length).toBeGreaterThan(1000);
    const ofFirst = new Set(told(all.sink, (cpu) => cpu === 0).map((event) => event.replace(/^\d+/, '')));
    expect(events.every((event) => ofFirst.has(event.replace(/^\d+/, '')))).toBe(true);
    expect(result.cut).toMatch(/Which CPU an event was on is not known\.$/);
  });

  it('is refused with what is wrong where no data is there', async () => {
    await expect(imported(recorded.subarray(0, -79_000))).rejects.toMatchObject({
      code: 'truncated',
      message: expect.stringMatching(/copy it again/) as unknown,
    });
  });

  it.each(['none', 'zstd'] as const)('is divided into CPUs by the stamps of its pages (%s)', async (compression) => {
    const bytes = plain(compression);
    const all = await imported(bytes);
    // The list of options stands behind the data.
    const { sink, result } = await imported(bytes.subarray(0, -50));
    expect(sink.events.map(({ time }) => time)).toEqual(all.sink.events.map(({ time }) => time));
    expect(sink.events.map(({ time }) => time)).toEqual([0, 50, 100, 150]);
    expect(sink.events.every(({ detail }) => detail?.['CPU'] === undefined)).toBe(true);
    expect(result.cut).toContain('is not known');
  });
});

const IRQ = format('irq_handler_entry', 42, [['int irq', 8, 4, 1]]);

/** Two pages on each of two CPUs. */
function plain(compression: 'none' | 'zstd'): Buffer {
  const data = record(false, 3, 0, new Writer(false).u16(42).u8(0, 0).u32(7).u32(27).build());
  const cpu = (...stamps: bigint[]): Page[] => stamps.map((base) => ({ base, data }));
  return traceDat({ compression }, { irq: [IRQ] }, '', [{ name: '', cpus: [cpu(1000n, 1100n), cpu(1050n, 1150n)] }]);
}

describe('a trace.dat from a pipe that Ctrl-C ends', () => {
  it.each(['before', 'after'])('keeps all events that came, where the stop is seen %s the end', async (when) => {
    const stream = new PassThrough();
    const stop = new AbortController();
    const sink = new MemorySink();
    const reading = importTrace({ name: 'standard input', stream }, sink, { stop: stop.signal });
    stream.write(recorded.subarray(0, -SECOND_CPU));
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (when === 'after') {
      stream.end();
      await new Promise((resolve) => setImmediate(resolve));
    }
    stop.abort();
    const { cut } = await reading;
    const file = await imported(recorded.subarray(0, -SECOND_CPU));
    expect(sink.kept.length).toBe(file.sink.kept.length);
    expect(cut).toBe(when === 'after' ? file.result.cut : 'the import was stopped');
  });
});
