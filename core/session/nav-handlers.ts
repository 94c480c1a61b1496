/** `nav.*` and `condition.*`: from one position to another. */
import { type Seq } from '../state/brand.ts';
import { complete, type Completion } from '../debug/condition/complete.ts';
import { type SearchControl } from '../debug/search.ts';
import { resolvePosition } from '../debug/positions.ts';
import { completeWay, readWay, type Way } from '../debug/ways.ts';
import { type Result } from './contract.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { changeCondition } from './change-condition.ts';
import { type OpenTrace } from './open-trace.ts';
import { searchProgress } from './search-progress.ts';

type Methods =
  | 'nav.step'
  | 'nav.change'
  | 'nav.find'
  | 'nav.continue'
  | 'nav.count'
  | 'nav.hits'
  | 'nav.resolve'
  | 'nav.complete'
  | 'nav.seqAtTime'
  | 'condition.check'
  | 'condition.complete';

const orNull = <T>(value: T | undefined): T | null => value ?? null;

export function navHandlers(context: SessionContext): Group<Methods> {
  const { traces } = context;
  return {
    'nav.step': async ({ id, from, steps, vcpu, filter }, signal) => {
      const trace = traces.get(id);
      if (vcpu === null && filter === '') return { seq: stepPlain(trace, from, steps) };
      const onVcpu = vcpu === null ? '' : `vcpu == ${vcpu}`;
      const condition = [onVcpu, filter === '' ? '' : `(${filter})`].filter((part) => part !== '').join(' and ');
      const direction = steps < 0 ? 'backward' : 'forward';
      const rest = traces.rest(id, signal);
      let at: Seq | undefined = trace.checked(from);
      for (let left = Math.abs(steps); left > 0 && at !== undefined; left--) {
        at = await trace.search.find(condition, at, direction, 'level', signal);
        await rest();
      }
      return { seq: orNull(at) };
    },

    'nav.change': async ({ id, from, direction, path }, signal) => {
      const trace = traces.get(id);
      const condition = changeCondition(trace, path);
      return { seq: orNull(await trace.search.find(condition, trace.checked(from), direction, 'level', signal)) };
    },

    'nav.find': async ({ id, condition, from, direction }, signal) => {
      const trace = traces.get(id);
      const progress = searchProgress(context, id);
      const seq = await trace.search.find(condition, trace.checked(from), direction, 'level', signal, progress);
      if (seq === undefined) return { seq: null, time: null, vcpu: null };
      const event = trace.reader.event(seq);
      return { seq, time: event.time, vcpu: orNull(event.vcpu) };
    },

    'nav.continue': async ({ id, from, direction }, signal) => {
      const trace = traces.get(id);
      const stops = trace.stops();
      const found = await stops.nearest(trace.checked(from), direction, {
        signal,
        ...searchProgress(context, id),
      });
      const searched = stops.list.filter(({ enabled, action }) => enabled && action === 'break').length;
      return { seq: found?.hit.seq ?? null, breakpoint: found?.breakpoints[0]?.id ?? null, searched };
    },

    'nav.count': ({ id, condition, buckets, at }, signal) =>
      traces.get(id).search.count(condition, buckets, at, signal),

    'nav.hits': async ({ id, condition, from, limit }, signal) => {
      const trace = traces.get(id);
      const { seqs, times, truncated } = await trace.search.hits(
        condition,
        trace.checked(from),
        limit,
        'forward',
        signal,
      );
      return { seqs: Float64Array.from(seqs), times: Float64Array.from(times), truncated };
    },

    'nav.resolve': ({ id, text, from }, signal) => {
      const trace = traces.get(id);
      const way = readWay(text);
      if (way === undefined) return resolvePosition(text, from, trace.reader);
      return along(trace, way, from, signal, searchProgress(context, id));
    },
    'nav.complete': ({ id, text, cursor }) =>
      completion(completeWay(text, cursor, traces.get(id).search.trace.names())),

    'nav.seqAtTime': ({ id, time }) => ({ seq: traces.get(id).reader.seqAtTime(time) }),

    'condition.check': ({ id, condition }) => traces.get(id).search.check(condition),
    'condition.complete': ({ id, text, cursor }) =>
      completion(complete(text, cursor, traces.get(id).search.trace.names())),
  };
}

function completion({ from, candidates }: Completion): Result<'condition.complete'> {
  return { from, candidates: candidates.map(({ text, description }) => ({ text, description })) };
}

/** The place where a way leads; a test of state leads to where it becomes true. */
async function along(
  trace: OpenTrace,
  { condition, direction, what }: Way,
  from: number,
  signal: AbortSignal,
  progress: Omit<SearchControl, 'signal'>,
): Promise<Result<'nav.resolve'>> {
  const { ok, message } = trace.search.check(condition);
  if (!ok) return { seq: null, error: message };
  if (condition === '') return { seq: null, error: 'say what to look for' };
  const seq = await trace.search.find(condition, trace.checked(from), direction, 'becomesTrue', signal, progress);
  if (seq !== undefined) return { seq, error: '' };
  const none = `no ${what} ${direction === 'forward' ? 'after' : 'before'} this position`;
  return { seq: null, error: message === '' ? none : `${none}: ${message}` };
}

function stepPlain(trace: OpenTrace, from: number, steps: number): number | null {
  const target = Math.min(Math.max(from + steps, -1), trace.reader.count - 1);
  return target === from ? null : target;
}
