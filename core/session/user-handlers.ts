/** `bookmark.*` and `breakpoint.*`. */
import { conditionOf, exportBreakpoints, importBreakpoints } from '../debug/breakpoints.ts';
import { SessionError } from './failure.ts';
import { type Group, type SessionContext } from './handlers.ts';

type Methods =
  | 'breakpoint.list'
  | 'breakpoint.save'
  | 'breakpoint.remove'
  | 'breakpoint.counts'
  | 'breakpoint.export'
  | 'breakpoint.import'
  | 'bookmark.list'
  | 'bookmark.save'
  | 'bookmark.remove';

export function userHandlers({ traces }: SessionContext): Group<Methods> {
  return {
    'breakpoint.list': ({ id }) => ({ breakpoints: traces.get(id).user.breakpoints() }),
    'breakpoint.save': ({ id, breakpoint }) => {
      const trace = traces.get(id);
      // Refuses a condition that cannot be read before it is kept.
      trace.search.query(breakpoint.condition, 'becomesTrue');
      conditionOf({ condition: breakpoint.condition, vcpu: breakpoint.vcpu ?? null });
      return { breakpoint: trace.user.saveBreakpoint(breakpoint) };
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
    'breakpoint.export': ({ id }) => ({ text: exportBreakpoints(traces.get(id).stops().list) }),
    'breakpoint.import': ({ id, text }) => {
      const trace = traces.get(id);
      let list;
      try {
        list = importBreakpoints(text);
      } catch (error) {
        throw new SessionError({ code: 'bad-input', message: error instanceof Error ? error.message : String(error) });
      }
      return { breakpoints: list.map((breakpoint) => trace.user.saveBreakpoint(breakpoint)) };
    },
    'breakpoint.remove': ({ id, breakpoint }) => {
      traces.get(id).user.removeBreakpoint(breakpoint);
      return {};
    },
    'bookmark.list': ({ id }) => ({ bookmarks: traces.get(id).user.bookmarks() }),
    'bookmark.save': ({ id, bookmark }) => {
      const trace = traces.get(id);
      trace.checked(bookmark.seq);
      return { bookmark: trace.user.saveBookmark(bookmark) };
    },
    'bookmark.remove': ({ id, bookmark }) => {
      traces.get(id).user.removeBookmark(bookmark);
      return {};
    },
  };
}
