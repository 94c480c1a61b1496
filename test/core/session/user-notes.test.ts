import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { UserNotes } from '../../../core/session/user-notes.ts';
import { buildTrace } from '../trace/support.ts';

describe('breakpoints and bookmarks of a file that another program wrote', () => {
  it.each([
    ["INSERT INTO breakpoint(id, place, condition, options) VALUES (3, 3, 'x', '0')", /breakpoint 3: it is no object/],
    [
      `INSERT INTO breakpoint(id, place, condition, options) VALUES (4, 4, '${'x'.repeat(5000)}', '{}')`,
      /breakpoint 4: condition: /,
    ],
    [
      `INSERT INTO breakpoint(id, place, condition, options) VALUES (5, 5, 'x', '{"action":"delete"}')`,
      /breakpoint 5: action: /,
    ],
    [`INSERT INTO bookmark(id, seq, note) VALUES (6, 1, '${'x'.repeat(5000)}')`, /bookmark: note: /],
  ])('are damage that names the row and what is wrong with it (%#)', (sql, message) => {
    const { path } = buildTrace(10);
    const db = new Database(path);
    db.exec(sql);
    db.close();
    const notes = new UserNotes(path);
    expect(() => [notes.breakpoints(), notes.bookmarks()]).toThrow(message);
  });

  it('are damage also where a number leaves none for the next one', () => {
    const { path } = buildTrace(10);
    const db = new Database(path);
    db.exec("INSERT INTO bookmark(id, seq, note) VALUES (9223372036854775807, 1, 'x')");
    db.close();
    expect(() => new UserNotes(path).saveBookmark({ id: 0, seq: 1, note: 'new' })).toThrow(/bookmark: next: /);
  });
});
