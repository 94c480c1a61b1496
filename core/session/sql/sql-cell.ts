/**
 * A cell of an SQL answer for JSON: integers beyond 2^53 as decimal text, blobs as hexadecimal text, long text cut.
 */
import { type Row } from './messages.ts';

type Cell = Row[number];

/** Characters shown of one cell. */
const CELL_LIMIT = 1_000_000;
/** Of a number or NULL, and beside the characters of a text. */
const CELL_BYTES = 8;

export function sqlCell(value: unknown): Cell {
  if (value === null || typeof value === 'number') return value;
  if (typeof value === 'string') return value.slice(0, CELL_LIMIT);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  return value instanceof Uint8Array ? Buffer.from(value.subarray(0, CELL_LIMIT / 2)).toString('hex') : String(value);
}

/** About how many bytes a row takes on its way. */
export function sizeOf(row: Row): number {
  return row.reduce<number>((sum, cell) => sum + CELL_BYTES + (typeof cell === 'string' ? cell.length : 0), 0);
}
