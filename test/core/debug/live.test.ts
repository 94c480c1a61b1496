import { describe, expect, it } from 'vitest';
import { ConditionError } from '../../../core/debug/condition/ast.ts';
import { LiveCondition, type LiveEvent } from '../../../core/debug/live.ts';
import { findAll, Query } from '../../../core/debug/search.ts';
import { type Journal } from '../../../core/state/journal.ts';
import { codecOf, emptyPayload, packPayload } from '../../../core/trace/columns.ts';
import { type NewEvent } from '../../../core/trace/kinds.ts';
import { randomCondition, SESSION_POOL } from './support/conditions.ts';
import { MemoryTrace } from './support/memory-trace.ts';
import { Random } from './support/random.ts';
import { play, VCPUS } from './support/session.ts';

const EVENTS = 3_000;
const SEED = 31;

/** Plays the session and asks each condition at each event; hits by condition. */
function watch(texts: readonly string[], mode: 'level' | 'becomesTrue'): number[][] {
  const trace = new MemoryTrace(VCPUS);
  let live: LiveCondition[] | undefined;
  const hits: number[][] = texts.map(() => []);
  play(trace, EVENTS, SEED, (event, journal) => {
    live ??= before(journal, (state) =>
      texts.map((text) => new LiveCondition(text, () => trace.names(), state, { mode })),
    );
    const facts = factsOf(trace, event, journal);
    for (const [i, condition] of live.entries()) if (condition.test(facts)) hits[i]?.push(facts.seq);
  });
  return hits;
}

/** What `action` makes of the state before the changes at hand. */
function before<T>(journal: Journal, action: (state: Journal['state']) => T): T {
  const mark = journal.mark();
  journal.undoTo(0);
  const result = action(journal.state);
  journal.redoTo(mark);
  return result;
}

function factsOf(trace: MemoryTrace, event: NewEvent, journal: Journal): LiveEvent {
  const { type, name } = trace.intern(event);
  const packed = emptyPayload();
  packPayload(codecOf(event.kind), event, packed);
  const detail = event.detail === undefined ? {} : { detail: JSON.stringify(event.detail) };
  const { small, flags, valueLo, valueHi, argLo, argHi } = packed;
  const { time, vcpu = -1 } = event;
  return { seq: trace.count, time, vcpu, type, name, small, flags, valueLo, valueHi, argLo, argHi, ...detail, changes: journal, state: journal.state }; // prettier-ignore
}

describe('a condition while a session is recorded', () => {
  it.each(['level', 'becomesTrue'] as const)(
    'hits the events that a search finds afterwards (%s)',
    { timeout: 120_000 },
    async (mode) => {
      const trace = new MemoryTrace(VCPUS);
      play(trace, EVENTS, SEED);
      const random = new Random(SEED);
      const extent = { events: EVENTS, duration: trace.duration };
      const queries: { text: string; query: Query }[] = [];
      while (queries.length < 120) {
        const text = randomCondition(random, extent, SESSION_POOL, 2);
        // Lives are known when they end, to whoever records them: not part of this test.
        if (text.includes('latency')) continue;
        try {
          queries.push({ text, query: new Query(trace, text, { mode }) });
        } catch (error) {
          if (!(error instanceof ConditionError)) throw error;
        }
      }
      const live = watch(queries.map(({ text }) => text), mode); // prettier-ignore
      for (const [i, { text, query }] of queries.entries()) {
        const found = await findAll(query, -1, 'forward', EVENTS);
        expect(live[i]?.join(), text).toBe(found.seqs.join());
      }
    },
  );

  it('knows the latency that the recorder tells it', () => {
    const trace = new MemoryTrace(1);
    play(trace, 1, SEED);
    const [first] = trace.recorded;
    if (first === undefined) throw new Error('no event');
    const condition = new LiveCondition(
      'latency(raised, acknowledged) > 50us',
      () => trace.names(),
      trace.journal.state,
    );
    const facts = factsOf(trace, first.event, trace.journal);
    expect(condition.test(facts)).toBe(false);
    expect(condition.test({ ...facts, latency: () => 50_000 })).toBe(false);
    expect(
      condition.test({ ...facts, latency: (from, to) => (from === 'raised' && to === 'acknowledged' ? 50_001 : 0) }),
    ).toBe(true);
  });
});
