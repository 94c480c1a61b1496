/** Who does a writer's jobs (jobs.ts), in the thread that records or in one of its own. */
import Database from 'better-sqlite3';
import { Assembler } from './assembler.ts';
import { runBlobs } from './blob-rows.ts';
import { BlockStore } from './block-store.ts';
import { wrap } from './blob.ts';
import { EventRows, type RowsSoFar } from './event-rows.ts';
import { settle } from './file.ts';
import { type Cell, type Content, type Job, isContent } from './jobs.ts';
import { saveLaneGroup } from './lane-groups.ts';
import { RowBatch, TextBatch } from './rows.ts';
import { type Step } from './steps.ts';
import { Writes } from './writes.ts';

/** Does jobs over a connection of its own. A transaction is open from the start and after each commit. */
export class JobRunner {
  readonly #path: string;
  readonly #db: Database.Database;
  readonly #statements: Database.Statement[] = [];
  readonly #tables: RowBatch[] = [];
  readonly #textTables: TextBatch[] = [];
  readonly #blocks: BlockStore;
  readonly #events: EventRows;
  #assembler: Assembler | undefined;

  /** The file must hold the tables already. `before`: of the runner that this one goes on for. */
  constructor(path: string, before?: RowsSoFar) {
    this.#path = path;
    this.#db = new Database(path, { fileMustExist: true });
    this.#db.pragma('synchronous = NORMAL');
    // Pages are appended and hardly read again; a transaction may spill into the log.
    this.#db.pragma('cache_size = -8192');
    // 16 MiB: the log is moved into the file while writing goes on, so that the end has little of it left.
    this.#db.pragma('wal_autocheckpoint = 2000');
    this.#db.exec('BEGIN');
    this.#blocks = new BlockStore(this.#db);
    this.#events = new EventRows(this.#db, before);
  }

  run(job: Job): void {
    switch (job.do) {
      case 'rows':
        this.#tables[job.table]?.write(job.rows);
        return;
      case 'run':
        this.#statements[job.statement]?.run(...job.cells.map(bound));
        return;
      case 'runAll':
        for (let at = 0; at < job.cells.length; at += job.width)
          this.#statements[job.statement]?.run(...job.cells.slice(at, at + job.width));
        return;
      case 'prepare':
        this.#statements.push(this.#db.prepare(job.sql));
        return;
      case 'table':
        this.#tables.push(new RowBatch(this.#db, job.table));
        return;
      case 'textTable':
        this.#textTables.push(new TextBatch(this.#db, job.name, job.columns));
        return;
      case 'texts':
        this.#textTables[job.table]?.write(job.rows);
        return;
      case 'blobs': {
        const statement = this.#statements[job.statement];
        if (statement !== undefined) runBlobs(statement, job.rows);
        return;
      }
      case 'block':
        this.#events.write(job.block);
        this.#blocks.write(job.block);
        return;
      case 'contentDigest':
        this.#db
          .prepare("REPLACE INTO meta(key, value) VALUES ('content_digest', ?)")
          .run(this.#blocks.contentDigest());
        return;
      case 'group':
        saveLaneGroup(this.#db, job.group);
        return;
      case 'assemble':
        this.#assemble(job.step);
        return;
      case 'commit':
        this.#db.exec('COMMIT; BEGIN');
        return;
      case 'end':
        this.#db.exec('COMMIT');
        this.#db.exec(job.sql);
        return;
      case 'sync':
        return;
      case 'settle':
        settle(this.#path, this.#db);
    }
  }

  /** For the runner that goes on. */
  get rowsSoFar(): RowsSoFar {
    return this.#events.soFar;
  }

  #assemble(step: Step): void {
    if (step.do !== 'begin') {
      this.#assembler?.do(step);
      return;
    }
    const run = (job: Job): void => this.run(job);
    const { length: statements } = this.#statements;
    const prepared = { statements, tables: this.#tables.length, textTables: this.#textTables.length };
    this.#assembler = new Assembler(new Writes(run, run, prepared), step.slots);
  }

  /** What no commit has made lasting is gone. */
  close(): void {
    this.#db.close();
  }
}

/** The blob of a content, compressed. */
const blobOf = ({ content, level }: Content): Uint8Array => wrap(content, level);

const bound = (cell: Cell): Exclude<Cell, Content> => (isContent(cell) ? blobOf(cell) : cell);
