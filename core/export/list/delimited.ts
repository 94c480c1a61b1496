/** Events as comma- and tab-separated values with a heading. */
import { type Cell, csvLine, tsvLine } from '../../state/delimited.ts';
import { EVENT_MEMBERS, eventMembers, type ExportEvent } from '../event.ts';
import { recordFormat } from './records.ts';

const cells = (event: ExportEvent): Cell[] => {
  const members = eventMembers(event);
  return EVENT_MEMBERS.map((member) => members[member]);
};

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
