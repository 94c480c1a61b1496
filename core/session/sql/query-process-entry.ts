/**
 * Entry of the process that runs one query of the user: over a connection of its own that can only read, in batches of
 * rows, no more of them on their way than the backend has taken.
 *
 * While SQLite works nothing else runs on this thread, so another one watches whether the backend's process is still
 * there (parent-watch-entry.ts).
 */
import { Worker } from 'node:worker_threads';
import { TraceError } from '../../trace/errors.ts';
import { openTraceFile } from '../../trace/file.ts';
import { findThreadEntry } from '../../trace/thread-entry.ts';
import { userQuery } from '../../trace/user-query.ts';
import { type SessionFailure } from '../contract.ts';
import { failureOf } from '../failure.ts';
import { type FromQuery, type QueryJob, type Row } from './messages.ts';
import { sizeOf, sqlCell } from './sql-cell.ts';

/** Bytes of cells that go in one message. */
const BATCH_BYTES = 256 * 1024;

function tell(message: FromQuery): Promise<void> {
  return new Promise((resolve, reject) => {
    if (process.send === undefined)
      throw new Error('this module is the entry of a process with a channel to its parent');
    process.send(message, undefined, undefined, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}

async function answer(job: QueryJob): Promise<void> {
  const db = openTraceFile(job.path, 'read');
  let truncated: boolean;
  try {
    const { columns, rows } = userQuery(job.path, db, job.sql);
    await tell({ type: 'columns', columns });
    truncated = await tellRows(rows, job);
  } finally {
    db.close();
  }
  await tell({ type: 'end', truncated });
}

/** Whether there were more rows than the limits allow. */
async function tellRows(rows: Iterable<unknown[]>, limits: Pick<QueryJob, 'rows' | 'bytes'>): Promise<boolean> {
  let batch: Row[] = [];
  let inBatch = 0;
  let count = 0;
  let bytes = 0;
  const flush = (): Promise<void> => tell({ type: 'rows', rows: batch });
  for (const values of rows) {
    const row = values.map(sqlCell);
    const size = sizeOf(row);
    bytes += size;
    if (++count > limits.rows || bytes > limits.bytes) {
      await flush();
      return true;
    }
    batch.push(row);
    inBatch += size;
    if (inBatch < BATCH_BYTES) continue;
    await flush();
    batch = [];
    inBatch = 0;
  }
  await flush();
  return false;
}

const watch = findThreadEntry('parent-watch-entry', import.meta.url);
if (watch !== undefined) new Worker(watch, { workerData: process.ppid }).unref();
// A terminal gives Ctrl-C to this process too: the backend decides what it means.
process.on('SIGINT', () => undefined);
// The backend's side sends nothing but one QueryJob (query-process.ts).
process.once('message', (job: QueryJob) => {
  answer(job)
    .catch((error: unknown) => tell({ type: 'failed', failure: whyNot(error) }))
    // The backend has gone, and nobody is left to tell.
    .catch(() => undefined)
    .finally(() => {
      if (process.connected) process.disconnect();
    });
});

/** The query is to blame, or the file. */
function whyNot(error: unknown): SessionFailure {
  if (!(error instanceof TraceError)) return failureOf(error);
  return error.code === 'query'
    ? { code: 'usage', message: `SQL: ${error.message}` }
    : { code: 'bad-input', message: error.message };
}
