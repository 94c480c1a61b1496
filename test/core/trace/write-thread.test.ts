import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds, vcpuId } from '../../../core/state/brand.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { WriteThread } from '../../../core/trace/write-thread.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { type WriterOptions } from '../../../core/trace/writer-options.ts';
import { SUMMARY, buildTrace, tracePath } from './support.ts';

/** Beyond the blocks after which the thread takes over, with a partly filled block at the end. */
const LONG = 20 * 4096 + 777;

/** Which thread makes rows and blobs of events. */
const WAYS: readonly Required<Pick<WriterOptions, 'assembles'>>[] = [
  { assembles: 'caller' },
  { assembles: 'writer' },
  { assembles: 'between' },
  { assembles: 'either' },
];

/** A digest of all rows of every table. */
function tables(path: string): Map<string, string> {
  const db = new Database(path, { readonly: true });
  const names = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1").pluck().all();
  const digests = new Map<string, string>();
  for (const name of names) {
    const hash = createHash('sha256');
    for (const row of db
      .prepare(`SELECT * FROM "${String(name)}"`)
      .safeIntegers()
      .raw()
      .iterate())
      for (const cell of Array.isArray(row) ? row : [row])
        hash.update(Buffer.isBuffer(cell) ? cell : `${String(cell)}|`);
    digests.set(String(name), hash.digest('hex'));
  }
  db.close();
  return digests;
}

function append(writer: TraceWriter, count: number): void {
  for (let i = 0; i < count; i++)
    writer.append({
      kind: 'vcpu.wake',
      time: nanoseconds(writer.count * 10),
      origin: 'hardware',
      vcpu: vcpuId(0),
    });
}

describe('a trace long enough for a thread of its own', () => {
  it('has the same rows and blobs whichever thread writes, and whichever makes them of events', () => {
    const build = (writer: WriterOptions): string => buildTrace(LONG, { seed: 3, stride: 4096, writer }).path;
    const alone = tables(build({ thread: false }));
    const apart = build({ assembles: 'writer' });
    const others = [tables(apart), tables(build({})), tables(build({ assembles: 'between' }))];
    for (const made of others) expect([...made]).toEqual([...alone]);
    expect(existsSync(`${apart}-wal`)).toBe(false);
  });

  it.each(WAYS)('shows a reader all that was flushed, at the moment when flush returns: $assembles', (options) => {
    const path = tracePath('live');
    const writer = new TraceWriter(path, options);
    append(writer, LONG);
    writer.flush();
    const reader = new TraceReader(path);
    expect(reader.count).toBe(LONG);
    append(writer, 5000);
    writer.flush();
    reader.refresh();
    expect(reader.count).toBe(LONG + 5000);
    reader.close();
    writer.close();
    const after = new TraceReader(path);
    expect(after.info()).toMatchObject({ complete: false, events: LONG + 5000 });
    after.close();
  });

  it.each(WAYS)('tells the caller what goes wrong there, and stays failed: $assembles', (options) => {
    const path = tracePath('broken');
    const writer = new TraceWriter(path, options);
    append(writer, LONG);
    writer.flush();
    const other = new Database(path);
    other.exec('DROP TABLE event_row');
    other.close();
    const more = (): void => {
      append(writer, LONG);
      writer.flush();
    };
    expect(more).toThrow(/event_row/);
    expect(() => writer.flush()).toThrow(/event_row/);
    writer.abort();
    expect(existsSync(path)).toBe(false);
  });

  it('answers how long a wait was at the event that ends it, or says who has the answer', () => {
    const wait = (options: WriterOptions): number | undefined => {
      const writer = new TraceWriter(tracePath('answers'), { ...options, overwrite: true });
      append(writer, LONG);
      const event = { intid: intid('ppi', 27), origin: 'hardware', vcpu: vcpuId(0) } as const;
      const time = writer.lastTime;
      writer.append({ ...event, kind: 'irq.pend', pending: true, time: nanoseconds(time + 5) });
      writer.append({ ...event, kind: 'irq.acknowledge', time: nanoseconds(time + 12) });
      try {
        return writer.latency(writer.count - 1, 'pending', 'acknowledged');
      } finally {
        writer.abort();
      }
    };
    expect(wait({})).toBe(7);
    for (const assembles of ['writer', 'between'] as const) expect(() => wait({ assembles })).toThrow(/has the lives/);
  });

  it('is written by the thread that wrote the one before, unless that one failed', () => {
    const path = tracePath('next');
    const write = (): void => {
      const writer = new TraceWriter(path, { overwrite: true });
      append(writer, LONG);
      writer.finish(SUMMARY);
    };
    write();
    const idle = WriteThread.start();
    expect(idle).toBeDefined();
    const other = WriteThread.start();
    expect(other).not.toBe(idle);
    idle?.close();
    other?.close();
    const writer = new TraceWriter(path, { overwrite: true });
    append(writer, LONG);
    writer.flush();
    const dropped = new Database(path);
    dropped.exec('DROP TABLE event_row');
    dropped.close();
    const more = (): void => {
      append(writer, LONG);
      writer.flush();
    };
    expect(more).toThrow(/event_row/);
    writer.abort();
    const fresh = WriteThread.start();
    expect(fresh).not.toBe(idle);
    fresh?.close();
    write();
    const reader = new TraceReader(path);
    expect(reader.count).toBe(LONG);
    reader.close();
  });

  it.each([
    { each: 0, between: 0 },
    { each: 1, between: 0 },
    { each: 2, between: 1 },
  ])('has $between threads more for events that change $each slots each', ({ each, between }) => {
    const post = vi.spyOn(WriteThread.prototype, 'post');
    const writer = new TraceWriter(tracePath('either'), { assembles: 'either' });
    const { journal } = writer;
    const slots = ['a', 'b'].slice(0, each).map((path) => journal.layout.claim({ path, width: 32 }));
    for (let i = 0; i < LONG; i++) {
      for (const slot of slots) journal.write(slot, BigInt(i + 1));
      append(writer, 1);
    }
    writer.finish(SUMMARY);
    expect(post.mock.calls.filter(([{ prepare }]) => prepare === true)).toHaveLength(between);
    post.mockRestore();
    const reader = new TraceReader(writer.path);
    expect(reader.count).toBe(LONG);
    reader.close();
  });

  it('is removed by abort', () => {
    const path = tracePath('aborted');
    const writer = new TraceWriter(path);
    append(writer, LONG);
    writer.abort();
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(() => writer.finish(SUMMARY)).toThrow(/is closed/);
  });

  it('can be replaced by the next one at once', () => {
    const path = tracePath('again');
    for (let round = 0; round < 3; round++) {
      const writer = new TraceWriter(path, { overwrite: true });
      append(writer, LONG + round);
      writer.finish(SUMMARY);
    }
    const reader = new TraceReader(path);
    expect(reader.count).toBe(LONG + 2);
    reader.close();
  });
});
