/**
 * Opening a `.gscope` database and turning SQLite's failures into ours: one place for the checks that it is a trace,
 * of which version, and whole enough to be read.
 */
import { existsSync, readSync, openSync, closeSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { TraceError, damaged } from './errors.ts';
import { APPLICATION_ID, FORMAT_VERSION } from './schema.ts';

const SQLITE_MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;

/** What the first bytes of a file say it is. */
export function probe(path: string): 'absent' | 'empty' | 'trace' | 'other' {
  if (!existsSync(path)) return 'absent';
  const stat = statSync(path);
  if (!stat.isFile()) return 'other';
  if (stat.size === 0) return 'empty';
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(fd);
  }
  if (header.toString('latin1', 0, SQLITE_MAGIC.length) !== SQLITE_MAGIC) return 'other';
  return header.readUInt32BE(68) === APPLICATION_ID ? 'trace' : 'other';
}

/** Removes a trace file and what SQLite keeps beside it. */
export function removeTraceFiles(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

/**
 * Opens an existing trace.
 * @throws TraceError `not-found`, `not-a-trace`, `newer-version`, `older-version`, `damaged`, `busy`, `read-only`
 */
export function openTraceFile(path: string, mode: 'read' | 'write'): Database.Database {
  let kind: ReturnType<typeof probe>;
  try {
    kind = probe(path);
  } catch (error) {
    throw new TraceError('not-found', `${path} cannot be read (${text(error)}).`, { cause: error });
  }
  if (kind === 'absent') throw new TraceError('not-found', `${path} does not exist.`);
  if (kind === 'empty') throw new TraceError('not-a-trace', `${path} is empty, not a gicscope trace.`);
  // A trace whose first commit is still in its write-ahead log has an application id of 0 in the file itself.
  if (kind === 'other' && !existsSync(`${path}-wal`))
    throw new TraceError('not-a-trace', `${path} is not a gicscope trace. To read a log, import it first.`);
  return guarded(path, () => {
    const db = new Database(path, { readonly: mode === 'read', fileMustExist: true, timeout: 5000 });
    try {
      checkVersion(path, db);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  });
}

function checkVersion(path: string, db: Database.Database): void {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID)
    throw new TraceError('not-a-trace', `${path} is a SQLite database, but not a gicscope trace.`);
  const version = db.pragma('user_version', { simple: true });
  if (typeof version !== 'number' || version < 1) throw damaged(path, `format version ${String(version)}`);
  if (version > FORMAT_VERSION)
    throw new TraceError(
      'newer-version',
      `${path} has trace format ${version}; this gicscope reads up to ${FORMAT_VERSION}. Open it with a newer gicscope.`,
    );
  if (version < FORMAT_VERSION)
    throw new TraceError(
      'older-version',
      `${path} has trace format ${version}; this gicscope reads ${FORMAT_VERSION}. Migrate a copy of it first.`,
    );
}

/** Runs `action`, turning errors of SQLite into TraceErrors. */
export function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw translated(path, error);
  }
}

/** The TraceError for whatever went wrong; errors that are not SQLite's come back as they are. */
export function translated(path: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code, message } = error;
  const cause = { cause: error };
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return new TraceError('busy', `${path} is in use by another program (${message}).`, cause);
  if (code.startsWith('SQLITE_READONLY') || code === 'SQLITE_PERM')
    return new TraceError('read-only', `${path} cannot be written (${message}).`, cause);
  if (code.startsWith('SQLITE_CANTOPEN'))
    return new TraceError('not-found', `${path} cannot be opened (${message}).`, cause);
  if (code === 'SQLITE_NOTADB') return new TraceError('not-a-trace', `${path} is not a gicscope trace.`, cause);
  if (code === 'SQLITE_FULL')
    return new TraceError('limit', `The disk is full: ${path} could not be written further.`, cause);
  if (code.startsWith('SQLITE_IOERR'))
    return new TraceError('damaged', `${path} cannot be read or written (${message}).`, cause);
  return damaged(path, message, error);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
