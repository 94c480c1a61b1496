/** `bookmark.*`: places that people mark, with notes, stored in the trace. */
import { type Group, type SessionContext } from './handlers.ts';

type Methods = 'bookmark.list' | 'bookmark.save' | 'bookmark.remove';

export function bookmarkHandlers({ traces }: SessionContext): Group<Methods> {
  return {
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
