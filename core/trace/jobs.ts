/**
 * What a writer asks of SQLite, as plain data. A job can be done at once or cross to another thread (write-queue.ts);
 * either way jobs are done in the order in which they were given, by one connection (write-jobs.ts).
 *
 * `rows` is the frequent one: up to 4096 rows of numbers in one typed array. A cell that needs compressing is given as
 * `Content`, so that this work too is done where the job is.
 */
import { type BlobRows } from './blob-rows.ts';
import { type BlockImage } from './block-image.ts';
import { type LaneGroup } from './lane-groups.ts';
import { type RowBlock, type RowTable, type TextBlock } from './rows.ts';
import { type Step } from './steps.ts';

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
  /** For the assembler, whose jobs are done here at once. */
  | { readonly do: 'assemble'; readonly step: Step }
  | { readonly do: 'commit' }
  /** Ends the transaction without a new one and runs `sql`. */
  | { readonly do: 'end'; readonly sql: string }
  /** Done when everything before it is, also what was passed on to another thread. */
  | { readonly do: 'sync' }
  /** Makes the trace one file again (file.ts). */
  | { readonly do: 'settle' };

export function isContent(cell: Cell): cell is Content {
  return typeof cell === 'object' && cell !== null && 'content' in cell;
}
