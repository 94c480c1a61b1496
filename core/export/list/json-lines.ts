/** One JSON document a line, as `gicscope events --json` prints them. */
import { eventMembers } from '../event.ts';
import { recordFormat } from './records.ts';

export const jsonLines = recordFormat({
  title: 'Events as JSON Lines',
  mediaType: 'application/jsonl',
  header: '',
  record: (event) => `${JSON.stringify(eventMembers(event))}\n`,
});
