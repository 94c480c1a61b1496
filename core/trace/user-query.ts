/** A query of the user over the readable views: one statement that reads. */
import type Database from 'better-sqlite3';
import { TraceError } from './errors.ts';
import { queryError } from './file.ts';

export interface UserAnswer {
  readonly columns: readonly string[];
  /** One at a time, integers as bigint. Failures of the query come from here too. */
  readonly rows: Generator<unknown[], void>;
}

/** @throws TraceError `query` when it is wrong or would write; what the file is to blame for under other codes */
export function userQuery(path: string, db: Database.Database, query: string): UserAnswer {
  try {
    const statement = db.prepare(query);
    if (!statement.reader || !statement.readonly)
      throw new TraceError('query', 'Only queries that read are allowed: a SELECT.');
    const columns = statement.columns().map((column) => column.name);
    return { columns, rows: rowsOf(path, statement.safeIntegers().raw().iterate()) };
  } catch (error) {
    throw queryError(path, error);
  }
}

function* rowsOf(path: string, rows: IterableIterator<unknown>): Generator<unknown[], void> {
  try {
    for (const row of rows) yield Array.isArray(row) ? row : [];
  } catch (error) {
    throw queryError(path, error);
  }
}
