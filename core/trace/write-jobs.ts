/**
 * What a writer asks of SQLite, as plain data, and who does it. A job can be done at once or cross to another thread
 * (write-queue.ts); either way jobs are done in the order in which they were given, by one connection.
 *
 * `rows` is the frequent one: up to 4096 rows of numbers in one typed array. A cell that needs compressing is given as
 * `Content`, so that this work too is done where the job is.
 */
import Database from 'better-sqlite3';
import { type BlobRows, runBlobs } from './blob-rows.ts';
import { type BlockImage } from './block-image.ts';
import { BlockStore } from './block-store.ts';
import { wrap } from './blob.ts';
import { EventRows, type RowsSoFar } from './event-rows.ts';
import { settle } from './file.ts';
import { type LaneGroup, saveLaneGroup } from './lane-groups.ts';
import { RowBatch, type RowBlock, type RowTable, TextBatch, type TextBlock } from './rows.ts';

/** Bytes that become a blob of the file: see `wrap`. */
export interface Content {
  readonly content: Uint8Array;
  readonly level: number;
}

export type PlainCell = number | bigint | string | null;
/** Bytes are stored as they are. */
export type Cell = PlainCell | Uint8Array | Content;

export type Job =
  | { readonly do: 'prepare'; readonly sql: string }
  | { readonly do: 'run'; readonly statement: number; readonly cells: readonly Cell[] }
  | {
      readonly do: 'runAll';
      readonly statement: number;
      readonly width: number;
      readonly cells: readonly PlainCell[];
    }
  | { readonly do: 'table'; readonly table: RowTable }
  | { readonly do: 'rows'; readonly table: number; readonly rows: RowBlock }
  | { readonly do: 'textTable'; readonly name: string; readonly columns: readonly [string, string] }
  | { readonly do: 'texts'; readonly table: number; readonly rows: TextBlock }
  | { readonly do: 'blobs'; readonly statement: number; readonly rows: BlobRows }
  | { readonly do: 'block'; readonly block: BlockImage }
  /** Notes the digest of all blocks; none may follow. */
  | { readonly do: 'contentDigest' }
  | { readonly do: 'group'; readonly group: LaneGroup }
  | { readonly do: 'commit' }
  /** Ends the transaction without a new one and runs `sql`. */
  | { readonly do: 'end'; readonly sql: string }
  /** Makes the trace one file again (file.ts). */
  | { readonly do: 'settle' };

/** Does jobs over a connection of its own. A transaction is open from the start and after each commit. */
export class JobRunner {
  readonly #path: string;
  readonly #db: Database.Database;
  readonly #statements: Database.Statement[] = [];
  readonly #tables: RowBatch[] = [];
  readonly #textTables: TextBatch[] = [];
  readonly #blocks: BlockStore;
  readonly #events: EventRows;

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
      case 'commit':
        this.#db.exec('COMMIT; BEGIN');
        return;
      case 'end':
        this.#db.exec('COMMIT');
        this.#db.exec(job.sql);
        return;
      case 'settle':
        settle(this.#path, this.#db);
    }
  }

  /** For the runner that goes on. */
  get rowsSoFar(): RowsSoFar {
    return this.#events.soFar;
  }

  /** What no commit has made lasting is gone. */
  close(): void {
    this.#db.close();
  }
}

export function isContent(cell: Cell): cell is Content {
  return typeof cell === 'object' && cell !== null && 'content' in cell;
}

/** The blob of a content, compressed. */
const blobOf = ({ content, level }: Content): Uint8Array => wrap(content, level);

const bound = (cell: Cell): Exclude<Cell, Content> => (isContent(cell) ? blobOf(cell) : cell);
