/** Values out of raw rows of a file that nobody vouches for: each is checked, and what is wrong is damage. */
import { damaged } from './errors.ts';

function cell(row: unknown, index: number): unknown {
  return Array.isArray(row) ? row[index] : undefined;
}

export function integer(row: unknown, index: number, what: string): number {
  const value = cell(row, index);
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw damaged(what, `column ${index} is ${String(value)}, wanted an integer`);
  return value;
}

/** An integer from 0 to `most`. */
export function upTo(most: number, row: unknown, index: number, what: string): number {
  const value = integer(row, index, what);
  if (value < 0 || value > most) throw damaged(what, `column ${index} is ${value}, wanted 0 to ${most}`);
  return value;
}

export function optionalUpTo(most: number, row: unknown, index: number, what: string): number | undefined {
  return cell(row, index) === null ? undefined : upTo(most, row, index, what);
}

export function optionalInteger(row: unknown, index: number, what: string): number | undefined {
  return cell(row, index) === null ? undefined : integer(row, index, what);
}

export function text(row: unknown, index: number, what: string): string {
  const value = cell(row, index);
  if (typeof value !== 'string') throw damaged(what, `column ${index} is ${typeof value}, wanted text`);
  return value;
}

export function optionalText(row: unknown, index: number, what: string): string | undefined {
  return cell(row, index) === null ? undefined : text(row, index, what);
}

export function blob(row: unknown, index: number, what: string): Uint8Array {
  const value = cell(row, index);
  if (!(value instanceof Uint8Array)) throw damaged(what, `column ${index} is ${typeof value}, wanted a blob`);
  return value;
}

/** Parses JSON text of the file; anything but an object is damage. */
export function jsonObject(json: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw damaged(what, 'it is not JSON', error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(what, 'it is no object');
  // Checked just above: a plain object, whose properties are unknown.
  return value as Readonly<Record<string, unknown>>;
}
