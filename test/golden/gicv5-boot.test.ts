/**
 * The main recording from log to file to state: the numbers of its histogram, and time travel over all of it held to
 * the plainest definition of state, the fold of all changes from the start.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importTrace } from '../../core/import/import.ts';
import { seq } from '../../core/state/brand.ts';
import { StateVector } from '../../core/state/state-vector.ts';
import { digest } from '../../core/state/digest.ts';
import { Cursor } from '../../core/trace/cursor.ts';
import { TraceReader } from '../../core/trace/reader.ts';
import { TraceWriter } from '../../core/trace/writer.ts';

const DATA = join(import.meta.dirname, '../data/import');
const POSITIONS = 1000;
/** Length of the log, uncompressed. */
const LOG_BYTES = 19068077;

let folder: string;
let reader: TraceReader;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-golden-'));
  const path = join(folder, 'boot.gscope');
  const writer = new TraceWriter(path);
  const { summary } = await importTrace(join(DATA, 'gicv5-smp2-full.log.xz'), writer);
  writer.finish(summary);
  reader = new TraceReader(path);
}, 120_000);

afterAll(() => {
  reader.close();
  rmSync(folder, { recursive: true });
});

/** `  62632 gicv5_recalc_ppi_hppi` lines of the section "events". */
function histogram(): Record<string, number> {
  const text = readFileSync(join(DATA, 'gicv5-smp2-full.hist.txt'), 'utf8');
  const section = /== events\n(.*?)\n\n/s.exec(text)?.[1] ?? '';
  const lines = section.split('\n').map((line) => line.trim().split(/\s+/));
  return Object.fromEntries(lines.map(([count, name]) => [name ?? '', Number(count)]));
}

/** Small deterministic generator: the same positions in every run. */
function* positions(count: number, below: number): Generator<number> {
  let x = 0x2545f491;
  for (let i = 0; i < count; i++) {
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    yield (x >>> 0) % below;
  }
}

describe('a real Linux boot on GICv5', () => {
  it('accounts for every line of the log', () => {
    const { lines, names } = reader.info();
    expect(lines?.read).toBe(211_613);
    expect((lines?.asEvents ?? 0) + (lines?.merged ?? 0) + (lines?.skipped ?? 0)).toBe(211_613);
    expect(lines?.asEvents).toBe(reader.count);
    expect(names).toEqual(histogram());
  });

  it('acknowledges and deactivates what the log does', () => {
    const { interrupts } = reader.info();
    const acknowledged = interrupts.filter((i) => i.acknowledged > 0).map((i) => [i.label, i.acknowledged]);
    expect(Object.fromEntries(acknowledged)).toEqual({
      'PPI 27': 3898,
      'LPI 0': 102,
      'LPI 1': 420,
      'LPI 5': 1,
      'LPI 8': 121,
      'LPI 9': 406,
      'LPI 10': 1,
      'SPI 5': 65,
      'SPI 47': 49,
    });
    expect(interrupts.reduce((sum, i) => sum + i.deactivated, 0)).toBe(5062);
  });

  it('has, at 1,000 random positions, the state that folding every change from the start gives', () => {
    const wanted = [...positions(POSITIONS, reader.count)];
    const folded = new Map<number, bigint>();
    const state = StateVector.initial(reader.layout);
    const ask = new Set(wanted);
    for (let at = 0; at < reader.count; at++) {
      for (const { slot, after } of reader.changesOf(seq(at))) {
        state.lo[slot] = Number((after ?? 0n) & 0xffffffffn);
        state.hi[slot] = Number((after ?? 0n) >> 32n);
        state.known[slot] = after === undefined ? 0 : 1;
      }
      if (ask.has(at)) folded.set(at, digest(state));
    }
    const cursor = new Cursor(reader);
    for (const at of wanted) expect(cursor.seek(seq(at)).digest(), `#${at}`).toBe(folded.get(at));
    expect(digest(state).toString(16).padStart(16, '0')).toBe(reader.info().stateDigest);
  });

  it('comes back to the identical digest after stepping to the end and back to the start', () => {
    const cursor = new Cursor(reader);
    const start = cursor.digest();
    while (cursor.step(1));
    expect(cursor.position).toBe(reader.count - 1);
    expect(cursor.digest().toString(16).padStart(16, '0')).toBe(reader.info().stateDigest);
    while (cursor.step(-1));
    expect(cursor.position).toBe(-1);
    expect(cursor.digest()).toBe(start);
  });

  it('is a plain SQLite file that other programs read', () => {
    const { rows } = reader.sql('SELECT register, count(*) FROM register_access GROUP BY 1 ORDER BY 2 DESC LIMIT 1', 1);
    expect(rows).toEqual([['CNTV_CTL_EL0', 16_364n]]);
    const head = readFileSync(reader.path).subarray(0, 15).toString('latin1');
    expect(head).toBe('SQLite format 3');
  });

  it('takes at most half of the bytes of its log, which is 18.5 MB of text', () => {
    expect(readFileSync(reader.path).length).toBeLessThan(LOG_BYTES / 2);
  });
});
