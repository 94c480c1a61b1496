/**
 * The way of a writer's rows and blobs into the file: at once over a connection of this thread, or, once the trace is
 * long enough to be worth it, over a thread that does nothing else (write-thread.ts). Half of the cost of writing is
 * SQLite's, so the two halves run side by side; a short trace never pays for a thread (about 40 ms to start).
 *
 * The parts of the writer see statements that only write; whichever thread runs them, jobs are done in order by one
 * connection, so transactions are what the writer made them: what `commit` ended is in the file together.
 */
import { BlobColumns } from './blob-rows.ts';
import { type Content, type Cell, type Job, JobRunner, type PlainCell, isContent } from './write-jobs.ts';
import { type BlockImage, contentsOf, copyOfImage } from './block-image.ts';
import { type LaneGroup } from './lane-groups.ts';
import { MessageMemory } from './message-memory.ts';
import { RowColumns, type RowTable, type TextBlock } from './rows.ts';
import { WriteThread } from './write-thread.ts';

/** Jobs of this many blocks or commits may wait for the thread; then the writer waits. About 4 MB. */
const MOST_WAITING = 8;
/** With more than this many, the thread is behind: this side does what can be done on either. */
const BEHIND = 2;

/** A cell that is stored as a blob (blob.ts). The bytes need not outlive the call that they are given to. */
export function content(bytes: Uint8Array, level = 1): Content {
  return { content: bytes, level };
}

export interface WriteStatement {
  run(...cells: readonly Cell[]): void;
  /** Runs once for each `width` cells, none of which is `content`; as one job, which crosses faster than many. */
  runAll(width: number, cells: readonly PlainCell[]): void;
}

export class WriteQueue {
  readonly #path: string;
  /** Of this thread; undefined once the other one writes. */
  #runner: JobRunner | undefined;
  /**
   * What wrote in this thread, until the other one has the file open: a connection that closes as the last one
   * moves all of the log into the file, and both threads would wait for the disk.
   */
  #former: JobRunner | undefined;
  #thread: WriteThread | undefined;
  /** How to make the statements and tables again, over there. */
  readonly #setup: Job[] = [];
  #statements = 0;
  #tables = 0;
  #textTables = 0;
  #jobs: Job[] = [];
  readonly #memory = new MessageMemory();

  constructor(path: string) {
    this.#path = path;
    this.#runner = new JobRunner(path);
  }

  prepare(sql: string): WriteStatement {
    this.#prepare({ do: 'prepare', sql });
    const statement = this.#statements++;
    return {
      run: (...cells) => this.#add({ do: 'run', statement, cells }),
      runAll: (width, cells) => {
        if (cells.length > 0) this.#add({ do: 'runAll', statement, width, cells });
      },
    };
  }

  table(name: string, columns: readonly string[], verb: RowTable['verb'] = 'INSERT'): RowColumns {
    this.#prepare({ do: 'table', table: { table: name, columns, verb } });
    const table = this.#tables++;
    return new RowColumns(columns.length, (rows) => this.#add({ do: 'rows', table, rows }));
  }

  /** A table that gets rows of a number and a text, `columns` in this order. */
  textTable(name: string, columns: readonly [string, string]): (rows: TextBlock) => void {
    this.#prepare({ do: 'textTable', name, columns });
    const table = this.#textTables++;
    return (rows) => this.#add({ do: 'texts', table, rows });
  }

  /** Rows of `width` numbers and a content, for the parameters of a statement in this order (blob-rows.ts). */
  blobTable(sql: string, width: number, storeBelow?: number): BlobColumns {
    this.#prepare({ do: 'prepare', sql });
    const statement = this.#statements++;
    return new BlobColumns(width, storeBelow, (rows) => this.#add({ do: 'blobs', statement, rows }));
  }

  /** The block, of which nothing is kept when this returns. */
  block(block: BlockImage): void {
    this.#add({ do: 'block', block });
  }

  /** Notes the digest of all blocks in the file. */
  contentDigest(): void {
    this.#add({ do: 'contentDigest' });
  }

  /** See lane-groups.ts. */
  group(group: LaneGroup): void {
    this.#add({ do: 'group', group });
  }

  /** Ends the transaction and begins the next. */
  commit(): void {
    this.#add({ do: 'commit' });
  }

  /** Ends the transaction; `sql` runs without one. Nothing but `settle` may follow. */
  end(sql = ''): void {
    this.#add({ do: 'end', sql });
  }

  /** Makes the trace one file again. */
  settle(): void {
    this.#closeFormer();
    this.#add({ do: 'settle' });
  }

  /** Starts the thread, which takes a while; without one (a bundle that lacks it) everything stays in this thread. */
  startThread(): void {
    this.#thread ??= WriteThread.start();
  }

  /** From now on the thread writes. To be called right after a commit. */
  handOver(): void {
    if (this.#runner === undefined || this.#thread === undefined) return;
    this.#former = this.#runner;
    this.#runner = undefined;
    this.#thread.post({ open: { path: this.#path, before: this.#former.rowsSoFar }, jobs: this.#setup });
  }

  /** Lets the thread begin with what was given. @throws TraceError what went wrong there */
  send(): void {
    if (this.#runner !== undefined || this.#thread === undefined || this.#jobs.length === 0) return;
    const message = this.#thread.post({ jobs: this.#jobs });
    this.#jobs = [];
    this.#thread.wait(MOST_WAITING);
    const done = message - this.#thread.waiting;
    this.#memory.send(message, done);
    if (done > 0) this.#closeFormer();
  }

  /** Returns when everything given is done. @throws as `send` */
  sync(): void {
    this.send();
    if (this.#runner === undefined) this.#thread?.wait(0);
  }

  /** Closes the file. What was not committed is gone. */
  close(): void {
    this.#runner?.close();
    this.#closeFormer();
    this.#thread?.close();
    this.#runner = undefined;
    this.#thread = undefined;
  }

  #closeFormer(): void {
    this.#former?.close();
    this.#former = undefined;
  }

  #prepare(job: Job): void {
    this.#setup.push(job);
    this.#add(job);
  }

  #add(job: Job): void {
    if (this.#runner !== undefined) this.#runner.run(job);
    else this.#jobs.push(this.#kept(job));
  }

  #prepared(block: BlockImage): BlockImage {
    return (this.#thread?.waiting ?? 0) > BEHIND ? { ...block, blobs: contentsOf(block) } : block;
  }

  /** The job with copies of what its giver will overwrite. */
  #kept(job: Job): Job {
    if (job.do === 'block') return { ...job, block: copyOfImage(this.#prepared(job.block), this.#memory) };
    if (job.do === 'rows')
      return { ...job, rows: { cells: this.#memory.numbers(job.rows.cells), wide: job.rows.wide } };
    if (job.do === 'blobs') {
      const { keys, ends, bytes } = job.rows;
      const memory = this.#memory;
      const kept = { keys: memory.numbers(keys), ends: memory.numbers(ends), bytes: memory.bytes(bytes) };
      return { ...job, rows: { ...job.rows, ...kept } };
    }
    if (job.do !== 'run' || !job.cells.some(isContent)) return job;
    return {
      ...job,
      cells: job.cells.map((cell) => (isContent(cell) ? { ...cell, content: this.#memory.bytes(cell.content) } : cell)),
    };
  }
}
