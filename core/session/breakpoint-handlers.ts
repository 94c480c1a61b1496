/** `breakpoint.*`: stored in the trace; their hits, messages and way to another trace. */
import { type Breakpoint, breakpointSchema, exportBreakpoints, importBreakpoints } from '../debug/breakpoints.ts';
import { parseTemplate } from '../debug/message.ts';
import { countHits, findAll, findNext } from '../debug/search.ts';
import { messageAt, messagesFrom } from './breakpoint-messages.ts';
import { SessionError } from './failure.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { searchProgress } from './search-progress.ts';

type Methods =
  | 'breakpoint.list'
  | 'breakpoint.save'
  | 'breakpoint.remove'
  | 'breakpoint.counts'
  | 'breakpoint.preview'
  | 'breakpoint.hits'
  | 'breakpoint.step'
  | 'breakpoint.messages'
  | 'breakpoint.export'
  | 'breakpoint.import';

export function breakpointHandlers(context: SessionContext): Group<Methods> {
  const { traces } = context;
  return {
    'breakpoint.list': ({ id }) => ({ breakpoints: traces.get(id).user.breakpoints() }),
    'breakpoint.save': ({ id, breakpoint }) => {
      const trace = traces.get(id);
      // What cannot be read is refused before it is kept.
      trace.search.query(breakpoint.condition, 'becomesTrue');
      checkMessage(breakpointSchema.parse(breakpoint));
      return { breakpoint: trace.user.saveBreakpoint(breakpoint) };
    },
    'breakpoint.remove': ({ id, breakpoint }) => {
      traces.get(id).user.removeBreakpoint(breakpoint);
      return {};
    },

    'breakpoint.counts': async ({ id, at, buckets }, signal) => {
      const counts = await traces.get(id).stops().counts(at, buckets, { signal });
      return {
        counts: [...counts].map(([breakpoint, { count, before, histogram }]) => ({
          breakpoint,
          count,
          before,
          histogram: Uint32Array.from(histogram),
        })),
      };
    },
    'breakpoint.preview': async ({ id, breakpoint: given, at, buckets }, signal) => {
      const trace = traces.get(id);
      const breakpoint = breakpointSchema.parse(given);
      checkMessage(breakpoint);
      const stops = trace.stops();
      const all = await stops.query({ ...breakpoint, ignoreCount: 0, oneShot: false }, { signal });
      const counted = await stops.query(breakpoint, { signal });
      const asked = [all, counted].filter((query) => query !== undefined);
      const counts = await countHits(asked, at, buckets, { signal });
      const own = counted === undefined ? undefined : counts.at(-1);
      const first =
        counted === undefined || breakpoint.action !== 'message'
          ? undefined
          : await findNext(counted, -1, 'forward', { signal });
      return {
        count: own?.count ?? 0,
        before: own?.before ?? 0,
        all: counts[0]?.count ?? 0,
        histogram: Uint32Array.from(own?.histogram ?? new Uint32Array(buckets)),
        message: first === undefined ? '' : messageAt(trace, breakpoint, first.seq),
      };
    },
    'breakpoint.hits': async ({ id, breakpoint, from, limit }, signal) => {
      const query = await traces.get(id).stops().query(breakpointSchema.parse(breakpoint), { signal });
      if (query === undefined) return { seqs: new Float64Array(0), times: new Float64Array(0), truncated: false };
      const { seqs, times, truncated } = await findAll(query, from - 1, 'forward', limit, { signal });
      return { seqs: Float64Array.from(seqs), times: Float64Array.from(times), truncated };
    },
    'breakpoint.step': async ({ id, breakpoint, from, direction }, signal) => {
      const trace = traces.get(id);
      const query = await trace.stops().query(breakpointSchema.parse(breakpoint), { signal });
      if (query === undefined) return { seq: null };
      const hit = await findNext(query, trace.checked(from), direction, { signal, ...searchProgress(context, id) });
      return { seq: hit?.seq ?? null };
    },
    'breakpoint.messages': ({ id, from, limit }, signal) => {
      const trace = traces.get(id);
      return messagesFrom(trace, trace.checked(from), limit, signal);
    },

    'breakpoint.export': ({ id }) => ({ text: exportBreakpoints(traces.get(id).stops().list) }),
    'breakpoint.import': ({ id, text }) => {
      const trace = traces.get(id);
      let list;
      try {
        list = importBreakpoints(text);
      } catch (error) {
        throw badInput(error);
      }
      return { breakpoints: list.map((breakpoint) => trace.user.saveBreakpoint(breakpoint)) };
    },
  };
}

/** @throws SessionError that says where the message is wrong */
function checkMessage({ action, message }: Breakpoint): void {
  if (action !== 'message') return;
  try {
    parseTemplate(message);
  } catch (error) {
    throw badInput(error);
  }
}

function badInput(error: unknown): SessionError {
  return new SessionError({ code: 'bad-input', message: error instanceof Error ? error.message : String(error) });
}
