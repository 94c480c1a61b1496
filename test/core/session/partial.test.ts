import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { partialOf, publish } from '../../../core/session/partial.ts';
import { nanoseconds } from '../../../core/state/brand.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { SUMMARY, tracePath } from '../trace/support.ts';

const append = (writer: TraceWriter, count: number): void => {
  for (let i = 0; i < count; i++) writer.append({ kind: 'vcpu.wake', time: nanoseconds(i), origin: 'guest' });
};

describe('a trace that is being written', () => {
  it('keeps others from writing under the same name', () => {
    const output = tracePath();
    const writer = new TraceWriter(partialOf(output), { overwrite: true });
    append(writer, 10);
    writer.flush();
    expect(() => partialOf(output)).toThrow(/is in use: .* is being written already/);
    append(writer, 10);
    writer.finish(SUMMARY);
    expect(partialOf(output)).toBe(`${output}.partial`);
    const reader = new TraceReader(`${output}.partial`);
    expect(reader.count).toBe(20);
    reader.close();
  });

  it('makes way when its writer is gone', () => {
    const output = tracePath();
    const other = tracePath();
    const writer = new TraceWriter(other);
    append(writer, 10);
    writer.flush();
    // What a killed writer leaves: the files, and nobody who has them open.
    for (const suffix of ['', '-wal']) copyFileSync(other + suffix, `${output}.partial${suffix}`);
    writer.abort();
    expect(partialOf(output)).toBe(`${output}.partial`);
  });

  it('gets its name without what stood beside an older trace of that name', () => {
    const output = tracePath();
    for (const suffix of ['', '-wal', '-shm']) writeFileSync(output + suffix, 'old');
    const partial = partialOf(output);
    const writer = new TraceWriter(partial, { overwrite: true });
    append(writer, 3);
    writer.finish(SUMMARY);
    publish(partial, output);
    expect(existsSync(partial)).toBe(false);
    expect(readdirSync(dirname(output)).filter((name) => name.startsWith(basename(output)))).toEqual([
      basename(output),
    ]);
    const reader = new TraceReader(output);
    expect([reader.count, reader.complete]).toEqual([3, true]);
    reader.close();
  });
});
