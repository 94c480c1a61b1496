/**
 * SQL of the user, in a process of its own. SQLite works on a query for as long as the query takes, minutes for a join
 * of large tables, and looks up for nothing: in the backend's thread it would hold up every other call, and a thread in
 * the middle of it cannot be ended. A process can, at once, and takes its memory with it.
 *
 * Cost: 0.1 s to start one, and each row crosses once. Bounded: rows and bytes of the answer, time.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findThreadEntry } from '../../trace/thread-entry.ts';
import { type Result } from '../contract.ts';
import { failureOf, SessionError } from '../failure.ts';
import { type FromQuery, type QueryJob } from './messages.ts';

export type Answer = Result<'sql.query'>;
type Question = Omit<QueryJob, 'bytes'>;

export interface QueryLimits {
  readonly bytes: number;
  readonly ms: number;
}

/** What an answer may hold in memory, and how long a machine may work at it. */
const LIMITS: QueryLimits = { bytes: 256 * 1024 * 1024, ms: 10 * 60_000 };

/**
 * Runs a query over the trace at `path`.
 * @throws SessionError `usage`: the query is wrong, would write, or takes too long; `bad-input`: the trace cannot be read;
 *   `cancelled` as soon as the signal is aborted
 */
export function runQuery(question: Question, signal: AbortSignal, limits: QueryLimits = LIMITS): Promise<Answer> {
  const entry = findThreadEntry('query-process-entry', import.meta.url);
  if (entry === undefined)
    throw new SessionError({ code: 'internal', message: 'gicscope is not fully installed: it cannot run SQL' });
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(entry), {
      serialization: 'advanced',
      execArgv: ['--disable-warning=ExperimentalWarning'],
      // Under the desktop shell the executable is Electron.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const answer: Answer = { columns: [], rows: [], truncated: false };
    const over = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      child.removeAllListeners();
      // A failure to end a process that has ended is none.
      child.on('error', () => undefined);
      settle();
    };
    const fail = (failure: ConstructorParameters<typeof SessionError>[0]): void =>
      over(() => {
        child.kill('SIGKILL');
        reject(new SessionError(failure));
      });
    const cancel = (): void => fail({ code: 'cancelled', message: 'cancelled' });
    const timer = setTimeout(() => fail({ code: 'usage', message: tooLong(limits.ms) }), limits.ms);
    signal.addEventListener('abort', cancel, { once: true });
    child.on('error', (error) => fail(failureOf(error)));
    child.on('exit', (code, by) =>
      fail({ code: 'internal', message: `SQL: the process that runs the query ended with ${by ?? `code ${code}`}` }),
    );
    child.on('message', (message: FromQuery) => {
      if (message.type === 'columns') answer.columns.push(...message.columns);
      else if (message.type === 'rows') for (const row of message.rows) answer.rows.push(row);
      else if (message.type === 'failed') fail(message.failure);
      else over(() => resolve({ ...answer, truncated: message.truncated }));
    });
    child.send({ ...question, bytes: limits.bytes } satisfies QueryJob);
  });
}

function tooLong(ms: number): string {
  const limit = ms < 60_000 ? `${ms / 1000} seconds` : `${ms / 60_000} minutes`;
  return `SQL: the query was ended after ${limit}. Select less, or ask the file with sqlite3: it is an SQLite database.`;
}
