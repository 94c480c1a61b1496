/** `bookmark.*` and `breakpoint.*`. */
import { type Group, type SessionContext } from './handlers.ts';

type Methods =
  'breakpoint.list' | 'breakpoint.save' | 'breakpoint.remove' | 'bookmark.list' | 'bookmark.save' | 'bookmark.remove';

export function userHandlers({ traces }: SessionContext): Group<Methods> {
  return {
    'breakpoint.list': ({ id }) => ({ breakpoints: traces.get(id).user.breakpoints() }),
    'breakpoint.save': ({ id, breakpoint }) => {
      const trace = traces.get(id);
      // Refuses a condition that cannot be read before it is kept.
      trace.search.query(breakpoint.condition, 'becomesTrue');
      return { breakpoint: trace.user.saveBreakpoint(breakpoint) };
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
