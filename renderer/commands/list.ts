/** The event list and its filter. */
import { rowFilter } from '../break-on.ts';
import { paneActions } from '../panes.ts';
import { useFilter } from '../stores/filter.ts';
import { useTrace } from '../stores/trace.ts';
import { useUi } from '../stores/ui.ts';
import { inGroup } from './command.ts';

const move = (rows: number) => () => paneActions('events')?.move?.(rows);
const page = (pages: 1 | -1) => () => paneActions('events')?.page?.(pages);

export const LIST_COMMANDS = inGroup('Event list', [
  ['list.down', 'Next row', 'J Down', 'events', move(1), { keyOnly: true }],
  ['list.up', 'Previous row', 'K Up', 'events', move(-1), { keyOnly: true }],
  ['list.page.down', 'Next page', 'PgDn', 'events', page(1), { keyOnly: true }],
  ['list.page.up', 'Previous page', 'PgUp', 'events', page(-1), { keyOnly: true }],
  [
    'list.enter',
    'Set the cursor to the row',
    'Enter',
    'events',
    () => paneActions('events')?.enter?.(),
    { keyOnly: true },
  ],
  ['filter', 'Filter the event list', '/', 'session', editFilter],
  ['filter.only', 'Keep only events like this one', '=', 'session', () => filterByRow(false)],
  ['filter.hide', 'Hide events like this one', '-', 'session', () => filterByRow(true)],
  ['filter.clear', 'Clear filters', '\\', 'session', () => useFilter().clear()],
  ['list.copy', 'Copy the row as text', 'Ctrl+C', 'events', () => paneActions('events')?.copy?.(false)],
  ['list.copy.link', 'Copy a link to the event', 'Ctrl+Shift+C', 'events', () => paneActions('events')?.copy?.(true)],
]);

async function editFilter(): Promise<void> {
  await useUi().showLower('events');
  paneActions('events')?.edit?.();
}

async function filterByRow(hide: boolean): Promise<void> {
  const row = useTrace().moment?.row;
  if (row !== undefined) await useFilter().add(rowFilter(row, hide));
}
