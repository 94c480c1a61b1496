/**
 * Comma- and tab-separated values with a heading. CSV is RFC 4180: fields with commas, quotes or line ends stand in
 * quotes, lines end with CR LF. TSV has no quoting: tab, line ends and backslash are written `\t`, `\n`, `\r`, `\\`
 * (the form of text/tab-separated-values that databases read). `null` is an empty field.
 */
import { EVENT_MEMBERS, eventMembers, type ExportEvent } from '../event.ts';
import { recordFormat } from './records.ts';

type Cell = string | number | null;

const cells = (event: ExportEvent): Cell[] => {
  const members = eventMembers(event);
  return EVENT_MEMBERS.map((member) => members[member]);
};

export function csvLine(fields: readonly Cell[]): string {
  const quoted = fields.map((field) => {
    const text = field === null ? '' : String(field);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  });
  return `${quoted.join(',')}\r\n`;
}

const TSV_ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };

export function tsvLine(fields: readonly Cell[]): string {
  const escaped = fields.map((field) =>
    (field === null ? '' : String(field)).replace(/[\t\n\r\\]/g, (character) => TSV_ESCAPES[character] ?? ''),
  );
  return `${escaped.join('\t')}\n`;
}

export const csv = recordFormat({
  title: 'Events as comma-separated values',
  mediaType: 'text/csv',
  header: csvLine(EVENT_MEMBERS),
  record: (event) => csvLine(cells(event)),
});

export const tsv = recordFormat({
  title: 'Events as tab-separated values',
  mediaType: 'text/tab-separated-values',
  header: tsvLine(EVENT_MEMBERS),
  record: (event) => tsvLine(cells(event)),
});
