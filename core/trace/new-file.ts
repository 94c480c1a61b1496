/** The place of a new trace, and the file with its empty tables. */
import { TraceError } from './errors.ts';
import { createDatabase, guarded, probe, removeTraceFiles, translated } from './file.ts';
import { PAGE_SIZE, createSchema } from './schema.ts';

/** Removes an existing trace if that is allowed; refuses to touch anything else. */
export function makeRoom(path: string, overwrite: boolean): void {
  const present = guarded(path, () => probe(path));
  if (present === 'absent') return;
  if (!overwrite && present !== 'empty')
    throw new TraceError('exists', `${path} exists already. Choose another name or allow overwriting.`);
  if (present === 'other' || present === 'folder')
    throw new TraceError('exists', `${path} exists and is not a gicscope trace, so it is not overwritten.`);
  removeTraceFiles(path);
}

/** A file with the empty tables of a trace, in write-ahead logging. */
export function createTables(path: string): void {
  const db = createDatabase(path);
  try {
    // Nothing is recorded yet: what a power cut may take is an empty file, and later syncs are of the whole file.
    db.pragma('synchronous = OFF');
    db.pragma(`page_size = ${PAGE_SIZE}`);
    db.exec('BEGIN');
    createSchema(db);
    // Before write-ahead logging starts, so that from the first moment the file itself says that it is a trace.
    db.exec('COMMIT');
    db.pragma('journal_mode = WAL');
    db.close();
  } catch (error) {
    db.close();
    removeTraceFiles(path);
    throw translated(path, error);
  }
}
