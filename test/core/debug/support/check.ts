/** Compares the search engine with the naive evaluator over random conditions: hits both ways, counts, ranks. */
import { expect } from 'vitest';
import { ConditionError, type Expr } from '../../../../core/debug/condition/ast.ts';
import { parse } from '../../../../core/debug/condition/index.ts';
import {
  countHits,
  findAll,
  findNext,
  hitOfRank,
  isHit,
  Query,
  type SearchableTrace,
} from '../../../../core/debug/search.ts';
import { randomCondition } from './conditions.ts';
import { type MemoryTrace } from './memory-trace.ts';
import { type Moment, Naive } from './naive.ts';
import { Random } from './random.ts';

const BUCKETS = 37;

/** All moments of a session, one after the other. */
export function moments(session: MemoryTrace): Moment[] {
  const state = session.journal.layout.slots.map(({ initial }) => initial);
  return session.recorded.map(({ event, changes }, at) => {
    for (const { slot, after } of changes) state[slot] = after;
    return { seq: at, event, changes, state: [...state] };
  });
}

/** Where two lists part, or nothing: comparing long lists element by element in a matcher is slow. */
function parting(actual: ArrayLike<number>, expected: readonly number[]): string {
  const length = Math.max(actual.length, expected.length);
  for (let i = 0; i < length; i++)
    if (actual[i] !== expected[i]) return `hit ${i} of ${expected.length} is ${actual[i]}, a scan finds ${expected[i]}`;
  return '';
}

export interface Checked {
  /** Conditions that make sense and were compared. */
  readonly conditions: number;
  /** Those that hit some events, but not all. */
  readonly hitting: number;
}

/** `session` has the same events as `trace` (or is it). */
export async function checkRandomConditions(
  trace: SearchableTrace,
  session: MemoryTrace,
  count: number,
  seed: number,
): Promise<Checked> {
  const random = new Random(seed);
  const all = moments(session);
  const naive = new Naive(session.names(), session.lives);
  let conditions = 0;
  let hitting = 0;
  for (let n = 0; n < count; n++) {
    const text = randomCondition(random, { events: trace.count, duration: trace.duration });
    let query: Query;
    try {
      query = new Query(trace, text);
    } catch (error) {
      // A few random comparisons make no sense.
      if (error instanceof ConditionError) continue;
      throw error;
    }
    const expected = scan(naive, parse(text), all);
    await compare(query, text, expected, all, random);
    conditions++;
    if (expected.length > 0 && expected.length < trace.count) hitting++;
  }
  return { conditions, hitting };
}

function scan(naive: Naive, expr: Expr, all: readonly Moment[]): number[] {
  const out: number[] = [];
  for (const at of all) if (naive.holds(expr, at)) out.push(at.seq);
  return out;
}

async function compare(
  query: Query,
  text: string,
  expected: readonly number[],
  all: readonly Moment[],
  random: Random,
): Promise<void> {
  const { count, duration } = query.trace;
  const forward = await findAll(query, -1, 'forward', count);
  expect(parting(forward.seqs, expected), text).toBe('');
  const backward = await findAll(query, count, 'backward', count);
  expect(parting(backward.seqs, expected.toReversed()), text).toBe('');

  const at = random.below(count);
  const [counted] = await countHits([query], at, BUCKETS);
  const histogram = Array.from({ length: BUCKETS }, () => 0);
  for (const hit of expected) {
    const bucket = Math.min(BUCKETS - 1, Math.floor((all[hit]?.event.time ?? 0) * (BUCKETS / duration)));
    histogram[bucket] = (histogram[bucket] ?? 0) + 1;
  }
  expect(counted?.count, text).toBe(expected.length);
  expect(counted?.before, text).toBe(expected.filter((hit) => hit < at).length);
  expect(parting(counted?.histogram ?? [], histogram), text).toBe('');

  expect((await findNext(query, at, 'forward'))?.seq, text).toBe(expected.find((hit) => hit > at));
  expect((await findNext(query, at, 'backward'))?.seq, text).toBe(expected.findLast((hit) => hit < at));
  expect(isHit(query, at), text).toBe(expected.includes(at));
  const rank = random.below(expected.length + 1);
  expect((await hitOfRank(query, rank))?.seq, text).toBe(expected[rank]);
}
