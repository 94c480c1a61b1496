/** What passes between the backend and the process that runs one query. Both sides are ours. */
import { type Result, type SessionFailure } from '../contract.ts';

export type Row = Result<'sql.query'>['rows'][number];

export interface QueryJob {
  /** Of the trace, absolute. */
  readonly path: string;
  readonly sql: string;
  /** Most rows that are answered. */
  readonly rows: number;
  /** Most bytes of cells that are answered, as `sizeOf` of sql-cell.ts counts them. */
  readonly bytes: number;
}

export type FromQuery =
  | { readonly type: 'columns'; readonly columns: readonly string[] }
  | { readonly type: 'rows'; readonly rows: readonly Row[] }
  /** The last message. `truncated`: there were more rows than the limits allow. */
  | { readonly type: 'end'; readonly truncated: boolean }
  | { readonly type: 'failed'; readonly failure: SessionFailure };
