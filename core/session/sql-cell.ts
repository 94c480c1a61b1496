/**
 * A cell of an SQL answer for JSON: integers beyond 2^53 as decimal text, blobs as hexadecimal text, long text cut.
 */
import { type Result } from './contract.ts';

type Cell = Result<'sql.query'>['rows'][number][number];

/** Characters shown of one cell. */
const CELL_LIMIT = 1_000_000;

export function sqlCell(value: unknown): Cell {
  if (value === null || typeof value === 'number') return value;
  if (typeof value === 'string') return value.slice(0, CELL_LIMIT);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  return value instanceof Uint8Array ? Buffer.from(value.subarray(0, CELL_LIMIT / 2)).toString('hex') : String(value);
}
