/** A recording through the real writer and back: what the reader shows is what the importer proved. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTrace, type ImportResult } from '../../../core/import/import.ts';
import { seq } from '../../../core/state/brand.ts';
import { digest } from '../../../core/state/digest.ts';
import { Journal } from '../../../core/state/journal.ts';
import { Cursor } from '../../../core/trace/cursor.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { MemorySink } from '../../support/memory-sink.ts';

const recording = fileURLToPath(new URL('../../data/import/gicv5-smp2-full.log.xz', import.meta.url));
let folder = '';
let reader: TraceReader;
let result: ImportResult;
const memory = new MemorySink();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-through-'));
  const path = join(folder, 't.gscope');
  const writer = new TraceWriter(path);
  result = await importTrace(recording, writer);
  writer.finish(result.summary);
  await importTrace(recording, memory);
  reader = new TraceReader(path);
}, 180_000);
afterAll(() => {
  reader.close();
  rmSync(folder, { recursive: true });
});

describe('a recording that was imported into a trace', () => {
  it('keeps every event, in order, with time, vCPU, line and payload', () => {
    expect(reader.count).toBe(memory.kept.length);
    for (let from = 0; from < reader.count; from += 20_000) {
      const read = reader.eventList(seq(from), 500).map(({ seq: _seq, ...event }) => event);
      expect(read).toEqual(memory.events.slice(from, from + 500));
    }
  });

  it('says in its facts what the import counted', () => {
    const info = reader.info();
    expect(info.complete).toBe(true);
    expect(info.lines).toEqual(result.summary.lines);
    expect(info.names).toEqual(Object.fromEntries(memory.names));
    expect([info.gic, info.vcpus, info.events]).toEqual(['v5', 2, 163_475]);
    const ppi27 = info.interrupts.find(({ label }) => label === 'PPI 27');
    expect([ppi27?.acknowledged, ppi27?.deactivated]).toEqual([3898, 3898]);
  });

  it('has at each position the state that the importer had', () => {
    const cursor = new Cursor(reader);
    const journal = new Journal(memory.journal.layout);
    const wanted = new Set(
      Array.from({ length: 200 }, (_, i) => Math.floor(((i * 7919) % 200) * (reader.count / 200))),
    );
    const digests = new Map<number, bigint>();
    for (const [position, { changes }] of memory.kept.entries()) {
      for (const { slot, after } of changes)
        if (after === undefined) journal.forget(slot);
        else journal.write(slot, after);
      journal.clear();
      if (wanted.has(position)) digests.set(position, digest(journal.state));
    }
    for (const position of wanted) expect(cursor.seek(seq(position)).digest()).toBe(digests.get(position));
    expect(cursor.seek(seq(reader.count - 1)).digest()).toBe(digest(memory.journal.state));
  });

  it('shows the untouched line of an event', () => {
    const event = reader.event(seq(100_000));
    const line = event.line ?? 0;
    expect(reader.rawLine(line)).toBe(memory.raw[line - 1]);
    expect(reader.rawLine(line)).toContain(event.source);
  });

  it('answers SQL in the names of the architecture', () => {
    const { rows } = reader.sql(
      "SELECT register, count(*) FROM register_access WHERE register LIKE 'GIC%' OR register LIKE 'IRS_SPI%' GROUP BY 1 ORDER BY 1",
      100,
    );
    expect(Object.fromEntries(rows)).toEqual({
      'GIC CDAFF': 24n,
      'GIC CDDI': 5062n,
      'GIC CDEN': 21n,
      'GIC CDEOI': 5063n,
      'GIC CDHM': 16n,
      'GIC CDPEND': 1068n,
      'GIC CDPRI': 22n,
      'GIC CDRCFG': 3n,
      'GICR CDIA': 5063n,
      IRS_SPI_CFGR: 5n,
      IRS_SPI_SELR: 5n,
      IRS_SPI_STATUSR: 10n,
    });
  });

  it('has a life for every acknowledge', () => {
    const { rows } = reader.sql('SELECT count(*) FROM life WHERE acknowledged_seq IS NOT NULL', 1);
    expect(rows).toEqual([[5063n]]);
    const deactivated = reader.sql(
      'SELECT count(*) FROM life WHERE acknowledged_seq IS NOT NULL AND deactivated_seq IS NULL',
      1,
    );
    // The interrupt in whose handler a vCPU was switched off, and pairs whose order nothing shows.
    expect(Number(deactivated.rows[0]?.[0])).toBeLessThan(60);
  });
});

describe('a recording of a GICv2 in EOImode 0', () => {
  it('counts the drops that deactivate too, and ends the lives there', async () => {
    const path = join(folder, 'v2.gscope');
    const writer = new TraceWriter(path);
    const log = fileURLToPath(new URL('../../data/import/gicv2-smp2.part.log.xz', import.meta.url));
    const { summary } = await importTrace(log, writer);
    writer.finish(summary);
    const v2 = new TraceReader(path);
    const counts = v2.info().interrupts.filter(({ acknowledged }) => acknowledged > 0);
    expect(counts.map(({ label, dropped, deactivated }) => [label, dropped, deactivated])).toEqual([
      ['SGI 0', 26, 26],
      ['SGI 1', 223, 223],
      ['SGI 5', 2, 2],
      ['PPI 27', 1200, 1200],
    ]);
    v2.close();
  });
});
