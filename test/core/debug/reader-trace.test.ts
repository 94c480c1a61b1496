import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from '../../../core/debug/condition/index.ts';
import { readerTrace } from '../../../core/debug/reader-trace.ts';
import { countHits, findAll, Query } from '../../../core/debug/search.ts';
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds, vcpuId } from '../../../core/state/brand.ts';
import { type Life } from '../../../core/trace/life.ts';
import { POSTING } from '../../../core/trace/postings.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { checkRandomConditions, recordedOf } from './support/check.ts';
import { MemoryTrace } from './support/memory-trace.ts';
import { play, VCPUS } from './support/session.ts';

const EVENTS = 9_500;
const SEED = 21;

describe('searching a trace file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gicscope-search-'));
  let reader: TraceReader;
  let memory: MemoryTrace;

  beforeAll(() => {
    const path = join(folder, 'random.gscope');
    const writer = new TraceWriter(path);
    play(writer, EVENTS, SEED);
    writer.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic: 'v5', vcpus: VCPUS });
    reader = new TraceReader(path);
    memory = new MemoryTrace(VCPUS);
    play(memory, EVENTS, SEED);
    memory.lives = lives(reader);
  });

  afterAll(() => {
    reader.close();
    rmSync(folder, { recursive: true });
  });

  it('finds what a scan of the same events finds', { timeout: 300_000 }, async () => {
    const { hitting } = await checkRandomConditions(readerTrace(reader), recordedOf(memory), 150, SEED);
    expect(hitting).toBeGreaterThan(50);
  });

  it('counts with postings exactly as many events as pass, for every key it knows', async () => {
    const trace = readerTrace(reader);
    for (const text of [
      'ppi(27).pending rises',
      'ppi(3).active changes',
      'irq(27) changes',
      'write ICC_*',
      'intid == 27',
    ]) {
      const found = await findAll(new Query(trace, text), -1, 'forward', 1e6);
      const expected = await findAll(new Query(memory, parse(text)), -1, 'forward', 1e6);
      expect([...found.seqs], text).toEqual([...expected.seqs]);
    }
  });

  it('knows the blocks in which one event has the same edge on two vCPUs', () => {
    let blocks = 0;
    for (const { id } of reader.interruptIndex.fields)
      for (const kind of [POSTING.fieldChanged, POSTING.fieldRose, POSTING.fieldFell]) {
        const overlaps = readerTrace(reader).overlapBlocks(kind, id);
        expect(overlaps).toEqual(memory.overlapBlocks(kind, id));
        blocks += overlaps.length;
      }
    expect(blocks).toBeGreaterThan(0);
  });

  it('counts the edges of all vCPUs without decoding, where no event has two of them', async () => {
    const trace = recordedSession(folder);
    const query = new Query(readerTrace(trace), 'ppi(27).pending rises');
    for (let block = 0; block < trace.blocks.length; block++) expect(query.knownHitsIn(block)).toBeDefined();
    const [counted] = await countHits([query], 0, 0);
    expect(counted?.count).toBe(TIMER_RISES);
    trace.close();
  });

  it('knows the registers, events and vCPUs of the file', () => {
    const names = readerTrace(reader).names();
    expect(names.vcpus).toBe(VCPUS);
    expect(names.registers).toContain('ICC_PCR_EL1');
    expect(names.registers).toContain('GIC CDDI');
    expect(names.registers).not.toContain('WFx');
    expect(names.eventNames).toContain('kvm_entry');
  });

  it('searches a file that is still being written', async () => {
    const path = join(folder, 'growing.gscope');
    const writer = new TraceWriter(path);
    const grown = new MemoryTrace(VCPUS);
    play(grown, 6_000, SEED);
    let growing: TraceReader | undefined;
    let query: Query | undefined;
    const queries: Promise<number>[] = [];
    play(
      {
        journal: writer.journal,
        interruptField: (...args) => writer.interruptField(...args),
        append: (event) => {
          const at = writer.append(event);
          if (at % 1_500 === 1_499) {
            writer.flush();
            growing ??= new TraceReader(path);
            growing.refresh();
            query ??= new Query(readerTrace(growing), 'ppi(27).pending == 1 or write ICC_*');
            queries.push(findAll(query, -1, 'forward', 1e6).then(({ seqs }) => seqs.length));
          }
          return at;
        },
      },
      6_000,
      SEED,
    );
    const counts = await Promise.all(queries);
    const { seqs } = await findAll(new Query(grown, 'ppi(27).pending == 1 or write ICC_*'), -1, 'forward', 1e6);
    // A search that gave way to others sees what came meanwhile, too; never less than there was when it began.
    const least = [1_500, 3_000, 4_500, 6_000].map((end) => seqs.filter((seq) => seq < end).length);
    expect(counts.map((count, i) => count >= (least[i] ?? 0))).toEqual([true, true, true, true]);
    expect(counts.at(-1)).toBe(seqs.length);
    growing?.close();
    writer.abort();
  });
});

const TIMER_RISES = 6_000;

/** Two vCPUs whose timers take turns, in one file of several blocks. */
function recordedSession(folder: string): TraceReader {
  const path = join(folder, 'timers.gscope');
  const writer = new TraceWriter(path);
  const { journal } = writer;
  const slots = [0, 1].map((n) => {
    const slot = journal.layout.claim({ path: `vcpu${n}.irq.ppi27.pending`, width: 1, initial: 0n });
    writer.interruptField(intid('ppi', 27), vcpuId(n), 'pending', { slot, lsb: 0, width: 1 });
    return slot;
  });
  for (let i = 0; i < 2 * TIMER_RISES; i++) {
    const vcpu = (i >> 1) & 1;
    const slot = slots[vcpu];
    if (slot !== undefined) journal.write(slot, i % 2 === 0 ? 1n : 0n);
    writer.append({ kind: 'irq.pend', time: nanoseconds(i * 100), origin: 'device', vcpu: vcpuId(vcpu), intid: intid('ppi', 27), pending: i % 2 === 0 }); // prettier-ignore
  }
  writer.finish({ source: { kind: 'scenario', files: [], facts: {} }, gic: 'v5', vcpus: 2 });
  return new TraceReader(path);
}

function lives(reader: TraceReader): Life[] {
  return [...reader.lives.all()];
}
