import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countHits, findAll, Query } from '../../../core/debug/search.ts';
import { checkRandomConditions } from './support/check.ts';
import { poolOf } from './support/conditions.ts';
import { Random } from './support/random.ts';
import { importRecording, type Recording } from './support/recording.ts';

describe('searching a recording of Linux on GICv5', () => {
  let recording: Recording;

  beforeAll(async () => {
    recording = await importRecording('gicv5-smp1-events.log.xz');
  }, 300_000);

  afterAll(() => recording.close());

  it('finds what a scan finds, in both directions', { timeout: 300_000 }, async () => {
    const { trace, recorded } = recording;
    const { hitting } = await checkRandomConditions(trace, recorded, 40, 3, poolOf(trace.names(), new Random(3)));
    expect(hitting).toBeGreaterThan(10);
  });

  it('counts each acknowledge once, as event and as a rise of active', async () => {
    const { trace } = recording;
    const count = async (text: string): Promise<number> => (await countHits([new Query(trace, text)], 0, 0))[0]?.count ?? 0; // prettier-ignore
    const acknowledged = await count('kind == irq.acknowledge and intid == ppi(27)');
    expect(acknowledged).toBeGreaterThan(100);
    expect(await count('ppi(27).active rises')).toBe(acknowledged);
    expect(await count('name == gicv5_gicr_cdia and intid == 27')).toBe(acknowledged);
  });

  it('finds in each latency what the lives say', async () => {
    const { trace, reader } = recording;
    const { seqs } = await findAll(new Query(trace, 'latency > 100us'), -1, 'forward', 1e6);
    const expected = new Set<number>();
    for (const { moments } of reader.lives.all()) {
      const begin = moments.raised ?? moments.pending;
      const end = moments.acknowledged;
      if (begin !== undefined && end !== undefined && end.time - begin.time > 100_000) expected.add(end.seq);
    }
    expect(expected.size).toBeGreaterThan(0);
    expect([...seqs]).toEqual([...expected].toSorted((a, b) => a - b));
  });
});
