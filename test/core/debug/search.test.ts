import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { nanoseconds, seq } from '../../../core/state/brand.ts';
import { LEGS, type Leg, type Life, type Moment } from '../../../core/trace/life.ts';
import { countHits, findAll, findNearest, findNext, Query } from '../../../core/debug/search.ts';
import { checkRandomConditions, momentsOf, recordedOf } from './support/check.ts';
import { MemoryTrace } from './support/memory-trace.ts';
import { Random } from './support/random.ts';
import { play, VCPUS } from './support/session.ts';

/** A random session in memory, with made-up lives. */
function session(events: number, seed: number, indexed = 1): MemoryTrace {
  const trace = new MemoryTrace(VCPUS, indexed);
  play(trace, events, seed);
  const random = new Random(seed + 1);
  const lives: Life[] = [];
  for (let id = 0; id < events / 20; id++) {
    const at = random.below(events - 100);
    lives.push({ id, intid: intid('ppi', 27), moments: legs(trace, at, random) });
  }
  trace.lives = lives;
  return trace;
}

function legs(trace: MemoryTrace, start: number, random: Random): Partial<Record<Leg, Moment>> {
  const out: Partial<Record<Leg, Moment>> = {};
  let at = start;
  for (const leg of LEGS) {
    at += 1 + random.below(15);
    const time = trace.recorded[at]?.event.time ?? 0;
    if (random.chance(0.8)) out[leg] = { seq: seq(at), time: nanoseconds(time) };
  }
  return out;
}

describe('searching a trace', () => {
  it.each([
    ['with postings', 1],
    ['without postings', 0],
    ['with postings of the first half only', 0.5],
  ])('finds what a scan finds, in both directions, %s', { timeout: 300_000 }, async (_title, indexed) => {
    let hitting = 0;
    for (const [events, seed] of [
      [13_000, 7],
      [4_500, 11],
      [9_000, 13],
    ] as const) {
      const trace = session(events, seed + indexed * 100, indexed);
      const checked = await checkRandomConditions(trace, recordedOf(trace), 60, seed);
      hitting += checked.hitting;
    }
    expect(hitting).toBeGreaterThan(90);
  });

  it('finds the nearest of several conditions in one pass, and says which', async () => {
    const trace = session(9_000, 3);
    const queries = ['ppi(27).active rises', 'spi(33).pending falls', 'intid == ppi(27)'].map((text) => new Query(trace, text)); // prettier-ignore
    const random = new Random(5);
    for (let n = 0; n < 200; n++) {
      const from = random.below(trace.count);
      for (const direction of ['forward', 'backward'] as const) {
        const each = await Promise.all(queries.map((query) => findNext(query, from, direction)));
        const seqs = each.flatMap((hit) => (hit === undefined ? [] : [hit.seq]));
        const wanted = direction === 'forward' ? Math.min(...seqs) : Math.max(...seqs);
        const found = await findNearest(queries, from, direction);
        expect(found?.hit.seq).toBe(seqs.length === 0 ? undefined : wanted);
        expect(found?.queries).toEqual(each.flatMap((hit, i) => (hit?.seq === wanted ? [i] : [])));
      }
    }
  });

  it('goes forward from A to B and back over the same hits reversed', async () => {
    const trace = session(9_000, 4);
    const query = new Query(trace, 'ppi(30).pending changes or ppi(27).state == active');
    const there: number[] = [];
    for (let at = -1; ;) {
      const hit = await findNext(query, at, 'forward');
      if (hit === undefined) break;
      there.push((at = hit.seq));
    }
    const back: number[] = [];
    for (let at = trace.count; ;) {
      const hit = await findNext(query, at, 'backward');
      if (hit === undefined) break;
      back.push((at = hit.seq));
    }
    expect(there.length).toBeGreaterThan(100);
    expect(back).toEqual(there.toReversed());
  });

  it('stops at a state where it becomes true, and at every event that a condition names', async () => {
    const trace = session(9_000, 6);
    const all = momentsOf(recordedOf(trace));
    const slot = trace.journal.layout.find('vcpu1.irq.ppi27.pending') ?? -1;
    const set = all.map(({ state }) => state[slot] === 1n);
    const becomes = set.flatMap((now, at) => (now && set[at - 1] !== true ? [at] : []));
    const query = new Query(trace, 'ppi(27).pending on vcpu 1', { mode: 'becomesTrue' });
    expect([...(await findAll(query, -1, 'forward', 1e6)).seqs]).toEqual(becomes);
    expect([...(await findAll(query, trace.count, 'backward', 1e6)).seqs]).toEqual(becomes.toReversed());
    const events = 'write ICC_PCR_EL1';
    const [level, edge] = await countHits(
      [new Query(trace, events), new Query(trace, events, { mode: 'becomesTrue' })],
      0,
      0,
    );
    expect(edge?.count).toBe(level?.count);
    const both = new Query(trace, 'write ICC_PCR_EL1 or ppi(27).pending on vcpu 1', { mode: 'becomesTrue' });
    const hits = [...(await findAll(both, -1, 'forward', 1e6)).seqs];
    for (const at of becomes) expect(hits).toContain(at);
  });

  it('keeps to a range of positions', async () => {
    const trace = session(9_000, 8);
    const whole = await findAll(new Query(trace, 'kind == irq.*'), -1, 'forward', 1e6);
    const part = await findAll(new Query(trace, 'kind == irq.*', { from: 1234, to: 7000 }), -1, 'forward', 1e6);
    expect([...part.seqs]).toEqual([...whole.seqs].filter((at) => at >= 1234 && at <= 7000));
  });

  it('counts what postings know without decoding a block', async () => {
    const trace = session(13_000, 9);
    for (const text of [
      'ppi(27).pending rises on vcpu 1',
      'write ICC_PCR_EL1',
      'kind == irq.line',
      'intid == ppi(27)',
      'changed(vm.counter)',
      'vcpu == 1',
    ]) {
      // prettier-ignore
      const query = new Query(trace, text);
      let fills = 0;
      const { matcher } = query;
      const mark = matcher.mark.bind(matcher);
      Object.assign(matcher, { mark: (...args: Parameters<typeof mark>) => (fills++, mark(...args)) });
      const [counted] = await countHits([query], trace.count, 0);
      expect(fills, text).toBe(0);
      expect(counted?.count, text).toBe((await findAll(query, -1, 'forward', 1e6)).seqs.length);
    }
  });

  it('follows a trace that grows, with names that were not there before', async () => {
    const trace = new MemoryTrace(VCPUS, 0);
    play(trace, 1, 10);
    const query = new Query(trace, 'write NEW_REGISTER');
    expect(await findNext(query, -1, 'forward')).toBeUndefined();
    trace.append({
      kind: 'register.access',
      time: nanoseconds(1e9),
      origin: 'guest',
      register: 'NEW_REGISTER',
      op: 'write',
    });
    expect((await findNext(query, -1, 'forward'))?.seq).toBe(1);
  });

  it('answers at both ends of a trace, and in an empty one', async () => {
    const trace = session(5_000, 12);
    const every = new Query(trace, '#0..#99999');
    expect((await findNext(every, -1, 'forward'))?.seq).toBe(0);
    expect((await findNext(every, trace.count, 'backward'))?.seq).toBe(4_999);
    expect(await findNext(every, 4_999, 'forward')).toBeUndefined();
    expect(await findNext(every, 0, 'backward')).toBeUndefined();
    expect(await findNext(every, -1, 'backward')).toBeUndefined();
    const empty = new Query(new MemoryTrace(1), 'kind == irq.line');
    expect(await findNext(empty, -1, 'forward')).toBeUndefined();
    expect((await countHits([empty], 0, 4))[0]).toMatchObject({ count: 0, before: 0 });
  });

  it('answers right while other searches of the same query start and are cancelled', async () => {
    const trace = session(9_000, 15);
    const query = new Query(trace, 'ppi(27).state == active or value & 0x10');
    const expected = await findAll(query, -1, 'forward', 1e6);
    const random = new Random(16);
    const results = await Promise.allSettled(
      Array.from({ length: 80 }, async (_, n) => {
        const cancel = new AbortController();
        const doomed = n % 2 === 1;
        if (doomed) setTimeout(() => cancel.abort(), random.below(20));
        await sleep(random.below(10));
        if (n % 4 === 3)
          return (await findNext(query, random.below(trace.count), 'backward', { signal: cancel.signal }))?.seq;
        const found = await findAll(query, -1, 'forward', 1e6, { signal: cancel.signal });
        expect(found.seqs).toEqual(expected.seqs);
        return found.seqs.length;
      }),
    );
    for (const [n, { status }] of results.entries()) if (n % 2 === 0) expect(status).toBe('fulfilled');
    for (const result of results)
      if (result.status === 'rejected') expect(String(result.reason)).toContain('AbortError');
  });

  it('ends within 50 ms of a cancel, and lets other tasks run meanwhile', async () => {
    const trace = session(4_500, 14);
    // The same block over and over: a long search without a long trace.
    const long = new Proxy(trace, {
      get: (target, key) => {
        if (key === 'blockCount') return 2_000_000;
        if (key === 'count') return 2_000_000 * 4096;
        if (key === 'indexedBlocks') return 0;
        if (key === 'eventsIn') return () => 4096;
        if (key === 'events') return () => target.events(0);
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const query = new Query(long, 'value == 0x123456789abcdef');
    const cancel = new AbortController();
    let progress = 0;
    const search = findNext(query, -1, 'forward', { signal: cancel.signal, onProgress: () => progress++ });
    await sleep(60);
    // The processor's time, not the wall's: the machine may be busy with others.
    const asked = process.cpuUsage();
    cancel.abort();
    await expect(search).rejects.toThrow('aborted');
    const { user, system } = process.cpuUsage(asked);
    expect(user + system).toBeLessThan(50_000);
    expect(progress).toBeGreaterThan(0);
  });
});
