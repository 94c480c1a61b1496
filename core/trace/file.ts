/**
 * Opening a `.gscope` database and turning SQLite's failures into ours: one place for the checks that it is a trace,
 * of which version, and whole enough to be read.
 */
import { existsSync, readSync, openSync, closeSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { TraceError, damaged } from './errors.ts';
import { APPLICATION_ID, FORMAT_VERSION } from './schema.ts';
import { checkSchema } from './schema-check.ts';

const SQLITE_MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;

/** What the first bytes of a file say it is. */
export function probe(path: string): 'absent' | 'folder' | 'empty' | 'trace' | 'other' {
  if (!existsSync(path)) return 'absent';
  const stat = statSync(path);
  if (stat.isDirectory()) return 'folder';
  if (!stat.isFile()) return 'other';
  if (stat.size === 0) return 'empty';
  const header = headerOf(path);
  if (header.toString('latin1', 0, SQLITE_MAGIC.length) !== SQLITE_MAGIC) return 'other';
  return header.readUInt32BE(68) === APPLICATION_ID ? 'trace' : 'other';
}

/** What SQLite keeps beside a database, as endings of its name. */
export const SIDE_FILES = ['-wal', '-shm', '-journal'] as const;

/** Removes a trace file and what SQLite keeps beside it. */
export function removeTraceFiles(path: string): void {
  for (const suffix of ['', ...SIDE_FILES]) rmSync(path + suffix, { force: true });
}

/**
 * Opens an existing trace.
 * @throws TraceError `not-found`, `not-a-trace`, `newer-version`, `older-version`, `damaged`, `busy`, `read-only`
 */
export function openTraceFile(path: string, mode: 'read' | 'write'): Database.Database {
  let kind: ReturnType<typeof probe>;
  try {
    kind = probe(path);
    if (kind === 'trace' && mode === 'read' && takeBack(path)) kind = probe(path);
  } catch (error) {
    throw new TraceError('not-found', `${path} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
  if (kind === 'absent') throw new TraceError('not-found', `${path} does not exist.${leftOver(path)}`);
  if (kind === 'folder') throw new TraceError('not-a-trace', `${path} is a folder, not a gicscope trace.`);
  if (kind === 'empty') throw new TraceError('not-a-trace', `${path} is empty, not a gicscope trace.`);
  if (kind === 'other')
    throw new TraceError('not-a-trace', `${path} is not a gicscope trace. To read a log, import it first.`);
  checkSize(path);
  return guarded(path, () => {
    const db = new Database(path, { readonly: mode === 'read', fileMustExist: true, timeout: 5000 });
    try {
      // A stranger's views may call only functions without effects; pages that contradict themselves are refused.
      db.pragma('trusted_schema = OFF');
      db.pragma('cell_size_check = ON');
      checkVersion(path, db);
      checkSchema(path, db);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  });
}

/**
 * A writer that was killed while it made its tables, or while it put a complete trace in order, leaves a journal of
 * what is to be taken back, which a connection that may only read cannot do. True: the file is another one now.
 */
function takeBack(path: string): boolean {
  if (!existsSync(`${path}-journal`)) return false;
  const db = new Database(path, { fileMustExist: true, timeout: 5000 });
  try {
    db.pragma('schema_version');
    return true;
  } finally {
    db.close();
  }
}

/** What an import or a recording left that was killed. */
function leftOver(path: string): string {
  const partial = `${path}.partial`;
  return existsSync(partial)
    ? ` ${partial} does: what was written before the writer was cut off, or is written now.`
    : '';
}

/** A copy that was interrupted is shorter than its header says; SQLite would notice only where it reads. */
function checkSize(path: string): void {
  if (existsSync(`${path}-wal`)) return;
  const header = headerOf(path);
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  const wanted = pageSize * header.readUInt32BE(28);
  const { size } = statSync(path);
  if (size < wanted)
    throw damaged(path, `it was cut short at ${size} of ${wanted} bytes; copy it again from where it was made`);
}

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(path, 'r');
  try {
    readSync(fd, header, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(fd);
  }
  return header;
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
      `${path} has trace format ${version}, from before the first release; this gicscope reads ${FORMAT_VERSION}. Import or record it again.`,
    );
}

/** Makes a new database. @throws TraceError `not-found` without its folder, `read-only`, `limit` */
export function createDatabase(path: string): Database.Database {
  const folder = dirname(path);
  if (!existsSync(folder)) throw new TraceError('not-found', `The folder ${folder} does not exist.`);
  return guarded(path, () => new Database(path));
}

/**
 * Turns a complete trace into one file: back from write-ahead logging. Whether it could: not while another connection
 * has the file open; the trace is whole then too, but SQLite's files beside it stay.
 */
export function settle(path: string, db: Database.Database): boolean {
  return guarded(path, () => {
    try {
      // Whoever follows the trace keeps it open: no use in waiting for that.
      db.pragma('busy_timeout = 100');
      db.pragma('wal_checkpoint(TRUNCATE)');
      return db.pragma('journal_mode = DELETE', { simple: true }) === 'delete';
    } catch (error) {
      if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
      throw error;
    }
  });
}

/** The same for a complete trace that was left with SQLite's files beside it; harmless for any other. */
export function settleFile(path: string): void {
  if (!existsSync(`${path}-wal`)) return;
  const db = openTraceFile(path, 'write');
  try {
    settle(path, db);
  } finally {
    db.close();
  }
}

/** Whether another connection has a trace open that is not complete. What cannot be opened is in nobody's use. */
export function isInUse(path: string): boolean {
  if (!existsSync(`${path}-wal`)) return false;
  try {
    const db = openTraceFile(path, 'write');
    try {
      db.pragma('busy_timeout = 0');
      return !settle(path, db);
    } finally {
      db.close();
    }
  } catch (error) {
    return error instanceof TraceError && error.code === 'busy';
  }
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
  if (code.startsWith('SQLITE_CANTOPEN') && existsSync(`${path}-wal`))
    return new TraceError(
      'read-only',
      `${path} is not complete; reading it needs to write beside it. Copy it and ${path}-wal to a folder of yours.`,
      cause,
    );
  if (code.startsWith('SQLITE_CANTOPEN'))
    return new TraceError('not-found', `${path} cannot be opened (${message}).`, cause);
  if (code === 'SQLITE_NOTADB') return new TraceError('not-a-trace', `${path} is not a gicscope trace.`, cause);
  if (code === 'SQLITE_FULL')
    return new TraceError('limit', `The disk is full: ${path} could not be written further.`, cause);
  if (code.startsWith('SQLITE_IOERR'))
    return new TraceError('damaged', `${path} cannot be read or written (${message}).`, cause);
  return damaged(path, message, error);
}

/** The same for a query of the user: unless the file or the disk is to blame, the query is. */
export function queryError(path: string, error: unknown): unknown {
  if (error instanceof TraceError) return error;
  const isFile = error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB|IOERR|BUSY|LOCKED)/.test(error.code);
  return isFile ? translated(path, error) : new TraceError('query', text(error), { cause: error });
}

/** What the system says of a file, without its code, the call and the path: `permission denied`. */
function reasonOf(error: unknown): string {
  return text(error).replace(/^E[A-Z]+: ([^,]+), .*$/s, '$1');
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
