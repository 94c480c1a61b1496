/**
 * Lines of comma- and tab-separated values. CSV is RFC 4180: fields with commas, quotes or line ends stand in quotes,
 * lines end with CR LF. TSV has no quoting: tab, line ends and backslash are written `\t`, `\n`, `\r`, `\\` (the form of
 * text/tab-separated-values that databases read). `null` is an empty field.
 *
 * Text of a trace may come from anybody, and both are opened by spreadsheets, which run a cell that begins with `=` as
 * a program, and shown on terminals, which obey control characters. So text that is no number gets an apostrophe before
 * `=`, `+`, `-` or `@`, and control characters other than tabs and line ends become escapes (`\x1b`).
 */
import { printable } from './units.ts';

export type Cell = string | number | null;

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

function cellText(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const text = cell
    .split(/([\t\r\n]+)/)
    .map((part, index) => (index % 2 === 0 ? printable(part) : part))
    .join('');
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}

export function csvLine(fields: readonly Cell[]): string {
  const quoted = fields.map((field) => {
    const text = cellText(field);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(',')}\r\n`;
}

const TSV_ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };

export function tsvLine(fields: readonly Cell[]): string {
  const escaped = fields.map((field) =>
    cellText(field).replace(/[\t\n\r\\]/g, (character) => TSV_ESCAPES[character] ?? ''),
  );
  return `${escaped.join('\t')}\n`;
}
