/**
 * What people add to a trace: bookmarks and breakpoints, in tables of the trace's own file. Writing goes through a
 * short-lived connection, so that the trace itself stays open for reading only.
 */
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { damaged } from '../trace/errors.ts';
import { guarded, openTraceFile } from '../trace/file.ts';
import { jsonObject } from '../trace/row-values.ts';
import { type Bookmark, type Breakpoint } from './contract.ts';
import { bookmarkSchema, breakpointSchema } from './contract/marks.ts';
import { SessionError } from './failure.ts';

/** A trace with more was not made by a person. */
const LIMIT = 10_000;

type Database = ReturnType<typeof openTraceFile>;

const breakpointRow = z.object({ id: z.int(), condition: z.string(), enabled: z.int(), options: z.string() });

const nextRow = z.object({ next: z.int() });

/** A stored value as its schema has it. @throws TraceError `damaged` where another program wrote something else */
function sound<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw damaged(what, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`, parsed.error);
}

/** Who may be writing the trace at the same time; SQLite has one writer. */
export interface FileWriter {
  /** Runs an action while the other writer keeps its hands off. */
  whileReleased<T>(path: string, action: () => T): T;
  /** The breakpoints are other ones now. */
  setBreakpoints(path: string, list: readonly Breakpoint[]): void;
}

export class UserNotes {
  readonly #path: string;
  readonly #recorder: FileWriter | undefined;

  constructor(path: string, recorder?: FileWriter) {
    this.#path = path;
    this.#recorder = recorder;
  }

  /** Whether notes can be kept: the file and its folder (for SQLite's journal) can be written. */
  get writable(): boolean {
    try {
      accessSync(this.#path, constants.W_OK);
      accessSync(dirname(this.#path), constants.W_OK);
      return true;
    } catch {
      return false;
    }
  }

  bookmarks(): Bookmark[] {
    return this.#read((db) =>
      db
        .prepare('SELECT id, seq, note FROM bookmark ORDER BY seq, id LIMIT ?')
        .all(LIMIT)
        .map((row) => sound('bookmark', bookmarkSchema, row)),
    );
  }

  /** Adds one with id 0, else replaces. */
  saveBookmark(bookmark: Bookmark): Bookmark {
    return this.#write((db) => {
      const id = this.#id(db, 'bookmark', bookmark.id);
      db.prepare('REPLACE INTO bookmark(id, seq, note) VALUES (?, ?, ?)').run(id, bookmark.seq, bookmark.note);
      return { ...bookmark, id };
    });
  }

  removeBookmark(id: number): void {
    this.#write((db) => db.prepare('DELETE FROM bookmark WHERE id = ?').run(id));
  }

  breakpoints(): Breakpoint[] {
    return this.#read((db) =>
      db
        .prepare('SELECT id, condition, enabled, options FROM breakpoint ORDER BY place, id LIMIT ?')
        .all(LIMIT)
        .map((row) => {
          const { id, condition, enabled, options } = sound('breakpoint', breakpointRow, row);
          const more = jsonObject(options, `breakpoint ${id}`);
          return sound(`breakpoint ${id}`, breakpointSchema, { ...more, id, condition, enabled: enabled === 1 });
        }),
    );
  }

  /** Adds one with id 0, else replaces. */
  saveBreakpoint(breakpoint: Breakpoint): Breakpoint {
    const saved = this.#write((db) => {
      const id = this.#id(db, 'breakpoint', breakpoint.id);
      const { id: _id, condition, enabled, ...options } = breakpoint;
      db.prepare('REPLACE INTO breakpoint(id, place, condition, enabled, options) VALUES (?, ?, ?, ?, ?)').run(
        id,
        id,
        condition,
        enabled ? 1 : 0,
        JSON.stringify(options),
      );
      return { ...breakpoint, id };
    });
    this.#recorder?.setBreakpoints(this.#path, this.breakpoints());
    return saved;
  }

  removeBreakpoint(id: number): void {
    this.#write((db) => db.prepare('DELETE FROM breakpoint WHERE id = ?').run(id));
    this.#recorder?.setBreakpoints(this.#path, this.breakpoints());
  }

  #id(db: Database, table: 'bookmark' | 'breakpoint', id: number): number {
    if (id > 0) return id;
    const row: unknown = db.prepare(`SELECT coalesce(max(id), 0) + 1 AS next FROM ${table}`).get();
    const { next } = sound(table, nextRow, row);
    if (next > LIMIT)
      throw new SessionError({ code: 'usage', message: `a trace holds at most ${LIMIT} ${table}s. Remove some.` });
    return next;
  }

  #read<T>(action: (db: Database) => T): T {
    return this.#with('read', action);
  }

  #write<T>(action: (db: Database) => T): T {
    if (!this.writable)
      throw new SessionError({
        code: 'bad-input',
        message: `${this.#path} cannot be written, so bookmarks and breakpoints cannot be kept. Copy the trace to a folder of yours and open the copy.`,
      });
    const write = (): T => this.#with('write', action);
    return this.#recorder === undefined ? write() : this.#recorder.whileReleased(this.#path, write);
  }

  #with<T>(mode: 'read' | 'write', action: (db: Database) => T): T {
    const db = openTraceFile(this.#path, mode);
    try {
      return guarded(this.#path, () => action(db));
    } finally {
      db.close();
    }
  }
}
