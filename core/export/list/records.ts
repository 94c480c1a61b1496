/** Formats that write one record for each event. */
import { type ExportEvent } from '../event.ts';
import { type ListFormat } from './format.ts';

/** Events a part holds. */
const PART = 1000;

interface RecordFormat {
  readonly title: string;
  readonly mediaType: string;
  readonly header: string;
  readonly record: (event: ExportEvent) => string;
}

export function recordFormat({ title, mediaType, header, record }: RecordFormat): ListFormat {
  return {
    title,
    mediaType,
    async part(source, request) {
      const found = request.from > request.to ? [] : await source.events(request.from, PART, request.filter);
      const wanted = found.filter(({ seq }) => seq <= request.to);
      const last = wanted.at(-1);
      const more = last !== undefined && wanted.length === PART && last.seq < request.to;
      return {
        text: (request.header ? header : '') + wanted.map(record).join(''),
        records: wanted.length,
        next: more ? last.seq + 1 : null,
      };
    },
  };
}
