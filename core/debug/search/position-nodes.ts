/** Tests of where an event stands: positions, times, and lists of positions. */
import { BLOCK_EVENTS } from '../../trace/block.ts';
import { type Bound, type NumberIntervals } from './bound.ts';
import { type Node, notAState, type Share } from './node.ts';
import { lowerBound, type SearchableTrace } from './searchable.ts';

type BoundOf<T extends Bound['type']> = Extract<Bound, { readonly type: T }>;

/** What part of `first` … `last` the intervals cover. */
function coverage(intervals: NumberIntervals, first: number, last: number): Share {
  let share: Share = 0;
  for (const [from, to] of intervals) {
    if (from <= first && to >= last) return 2;
    if (from <= last && to >= first) share = 1;
  }
  return share;
}

export function seqNode(trace: SearchableTrace, { intervals }: BoundOf<'seq' | 'time'>): Node {
  const first = (block: number): number => block * BLOCK_EVENTS;
  const last = (block: number): number => first(block) + trace.eventsIn(block) - 1;
  const parts = (block: number): NumberIntervals =>
    intervals
      .map(([from, to]) => [Math.max(from, first(block)), Math.min(to, last(block))] as const)
      .filter(([from, to]) => from <= to);
  return {
    cost: 1,
    share: (block) => coverage(intervals, first(block), last(block)),
    count: (block) => parts(block).reduce((sum, [from, to]) => sum + to - from + 1, 0),
    mark: ({ block }, { bytes }) => {
      bytes.fill(0);
      for (const [from, to] of parts(block)) bytes.fill(1, from - first(block), to - first(block) + 1);
    },
    atStart: notAState,
  };
}

export function timeNode(trace: SearchableTrace, { intervals }: BoundOf<'seq' | 'time'>): Node {
  return {
    cost: 5,
    share: (block) => coverage(intervals, trace.firstTime(block), trace.lastTime(block)),
    count: () => undefined,
    mark: ({ events, count }, { bytes }) => {
      bytes.fill(0);
      const times = events.time.subarray(0, count);
      for (const [from, to] of intervals) bytes.fill(1, lowerBound(times, from), lowerBound(times, to + 1));
    },
    atStart: notAState,
  };
}

/** The events at these positions, ascending. */
export function atNode(trace: SearchableTrace, seqs: Float64Array): Node {
  const first = (block: number): number => lowerBound(seqs, block * BLOCK_EVENTS);
  const count = (block: number): number => lowerBound(seqs, (block + 1) * BLOCK_EVENTS) - first(block);
  return {
    cost: 1,
    share: (block) => {
      const hits = count(block);
      return hits === 0 ? 0 : hits === trace.eventsIn(block) ? 2 : 1;
    },
    count,
    mark: ({ block }, { bytes }) => {
      bytes.fill(0);
      const end = first(block) + count(block);
      for (let i = first(block); i < end; i++) bytes[(seqs[i] ?? 0) - block * BLOCK_EVENTS] = 1;
    },
    atStart: notAState,
  };
}
