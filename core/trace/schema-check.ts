/**
 * Whether the tables of a file are those that gicscope makes, to the letter. A file from a stranger may have a view of
 * the same name, which computes for ever when it is read, or a trigger, which acts when a bookmark is saved. Other
 * tables, views and indexes are nobody's business: people add them for their own queries. Cost: 0.2 ms.
 */
import Database from 'better-sqlite3';
import { damaged } from './errors.ts';
import { TABLES } from './schema.ts';
import { text } from './row-values.ts';

const SELECT = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL";

function tablesOf(db: Database.Database): Map<string, string> {
  return new Map(
    db
      .prepare(SELECT)
      .raw()
      .all()
      .map((row) => [text(row, 0, 'schema'), text(row, 1, 'schema')]),
  );
}

let made: ReadonlyMap<string, string> | undefined;

/** The statements that made the tables, as SQLite notes them. */
function wanted(): ReadonlyMap<string, string> {
  if (made !== undefined) return made;
  const db = new Database(':memory:');
  try {
    db.exec(TABLES);
    made = tablesOf(db);
    return made;
  } finally {
    db.close();
  }
}

/** @throws TraceError `damaged` */
export function checkSchema(path: string, db: Database.Database): void {
  const found = tablesOf(db);
  for (const [name, sql] of wanted()) {
    const there = found.get(name);
    if (there === undefined) throw damaged(path, `it has no table ${name}`);
    if (there !== sql) throw damaged(path, `its table ${name} is not the one that gicscope makes`);
  }
  const trigger = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' LIMIT 1").raw().get();
  if (trigger !== undefined) throw damaged(path, `it has a trigger, ${text(trigger, 0, 'schema')}; a trace has none`);
}
