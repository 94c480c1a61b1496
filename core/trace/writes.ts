/**
 * What the parts of a writer see of SQLite: statements and tables that only take. What they are given becomes jobs
 * (jobs.ts), done in order by one connection, at once or in another thread (write-queue.ts).
 */
import { type BlockImage } from './block-image.ts';
import { BlobColumns } from './blob-rows.ts';
import { type Cell, type Content, type Job, type PlainCell } from './jobs.ts';
import { type LaneGroup } from './lane-groups.ts';
import { RowColumns, type RowTable, type TextBlock } from './rows.ts';

/** A cell that is stored as a blob (blob.ts). The bytes need not outlive the call that they are given to. */
export function content(bytes: Uint8Array, level = 1): Content {
  return { content: bytes, level };
}

export interface WriteStatement {
  run(...cells: readonly Cell[]): void;
  /** Runs once for each `width` cells, none of which is `content`; as one job, which crosses faster than many. */
  runAll(width: number, cells: readonly PlainCell[]): void;
}

/** How many of each whoever does the jobs has already. */
export interface Prepared {
  readonly statements: number;
  readonly tables: number;
  readonly textTables: number;
}

export class Writes {
  readonly #prepare: (job: Job) => void;
  readonly #add: (job: Job) => void;
  #statements: number;
  #tables: number;
  #textTables: number;

  /** `prepare` gets the jobs that make a statement or table, `add` the others. */
  constructor(prepare: (job: Job) => void, add: (job: Job) => void, { statements, tables, textTables }: Prepared) {
    this.#prepare = prepare;
    this.#add = add;
    this.#statements = statements;
    this.#tables = tables;
    this.#textTables = textTables;
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
}
