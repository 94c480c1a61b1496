/** `nav.*` and `condition.*`: from one position to another. */
import { type Seq } from '../state/brand.ts';
import { resolvePosition } from '../debug/positions.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { changeCondition } from './change-condition.ts';
import { type OpenTrace } from './open-trace.ts';

type Methods =
  | 'nav.step'
  | 'nav.change'
  | 'nav.find'
  | 'nav.continue'
  | 'nav.count'
  | 'nav.hits'
  | 'nav.resolve'
  | 'nav.seqAtTime'
  | 'condition.check'
  | 'condition.complete';

const orNull = <T>(value: T | undefined): T | null => value ?? null;

export function navHandlers({ traces }: SessionContext): Group<Methods> {
  return {
    'nav.step': async ({ id, from, steps, vcpu, filter }, signal) => {
      const trace = traces.get(id);
      if (vcpu === null && filter === '') return { seq: stepPlain(trace, from, steps) };
      const onVcpu = vcpu === null ? '' : `vcpu == ${vcpu}`;
      const condition = [onVcpu, filter === '' ? '' : `(${filter})`].filter((part) => part !== '').join(' and ');
      const direction = steps < 0 ? 'backward' : 'forward';
      let at: Seq | undefined = trace.checked(from);
      for (let left = Math.abs(steps); left > 0 && at !== undefined; left--)
        at = await trace.search.find(condition, at, direction, 'level', signal);
      return { seq: orNull(at) };
    },

    'nav.change': async ({ id, from, direction, path }, signal) => {
      const trace = traces.get(id);
      const condition = changeCondition(trace.reader.layout, path);
      return { seq: orNull(await trace.search.find(condition, trace.checked(from), direction, 'level', signal)) };
    },

    'nav.find': async ({ id, condition, from, direction }, signal) => {
      const trace = traces.get(id);
      const seq = await trace.search.find(condition, trace.checked(from), direction, 'level', signal);
      if (seq === undefined) return { seq: null, time: null, vcpu: null };
      const event = trace.reader.event(seq);
      return { seq, time: event.time, vcpu: orNull(event.vcpu) };
    },

    'nav.continue': async ({ id, from, direction }, signal) => {
      const trace = traces.get(id);
      const stops = trace.stops();
      const found = await stops.nearest(trace.checked(from), direction, { signal });
      const searched = stops.list.filter(({ enabled, action }) => enabled && action === 'break').length;
      return { seq: found?.hit.seq ?? null, breakpoint: found?.breakpoints[0]?.id ?? null, searched };
    },

    'nav.count': ({ id, condition, buckets, at }, signal) =>
      traces.get(id).search.count(condition, buckets, at, signal),

    'nav.hits': async ({ id, condition, from, limit }, signal) => {
      const trace = traces.get(id);
      const { seqs, truncated } = await trace.search.hits(condition, trace.checked(from), limit, signal);
      return {
        seqs: Float64Array.from(seqs),
        times: Float64Array.from(seqs, (seq) => trace.reader.timeOf(seq)),
        truncated,
      };
    },

    'nav.resolve': ({ id, text, from }) => {
      const { reader } = traces.get(id);
      return resolvePosition(text, from, reader);
    },

    'nav.seqAtTime': ({ id, time }) => ({ seq: traces.get(id).reader.seqAtTime(time) }),

    'condition.check': ({ id, condition }) => traces.get(id).search.check(condition),
    'condition.complete': ({ id, text, cursor }) => traces.get(id).search.complete(text, cursor),
  };
}

function stepPlain(trace: OpenTrace, from: number, steps: number): number | null {
  const target = Math.min(Math.max(from + steps, -1), trace.reader.count - 1);
  return target === from ? null : target;
}
