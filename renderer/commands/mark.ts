/** Places and conditions that a person sets: go to, bookmarks, breakpoints. */
import { paneActions } from '../panes.ts';
import { useBookmarks } from '../stores/bookmarks.ts';
import { useBreakpoints } from '../stores/breakpoints.ts';
import { useTrace } from '../stores/trace.ts';
import { useUi } from '../stores/ui.ts';
import { inGroup } from './command.ts';
import { selectedCondition } from './selected.ts';

export const MARK_COMMANDS = inGroup('Go and mark', [
  ['go.to', 'Go to an event or time', 'G', 'session', () => useUi().openDialog('go-to'), { hint: 'go to' }],
  [
    'bookmark.toggle',
    'Toggle a bookmark at the cursor',
    'M',
    'session',
    () => useBookmarks().toggle(useTrace().target),
  ],
  ['bookmark.note', 'Edit the note of the bookmark', 'Shift+M', 'session', () => useUi().openDialog('bookmark')],
  ['bookmark.list', 'List of bookmarks', "'", 'session', showBookmarks],
  ['breakpoint.add', 'Break on what is selected', 'F9 B', 'session', breakOnSelection],
  ['breakpoint.edit', 'New breakpoint…', 'Shift+F9', 'session', newBreakpoint],
  ['breakpoint.toggle', 'Enable or disable the selected breakpoint', 'Ctrl+F9', 'session', toggleBreakpoint],
  ['breakpoint.remove', 'Remove the selected breakpoint', 'Delete', 'dock', removeBreakpoint],
]);

async function breakOnSelection(): Promise<void> {
  const condition = selectedCondition();
  if (condition === undefined) useUi().notify('note', 'Choose a lane, an event, a PPI cell or a register first.');
  else await useBreakpoints().add(condition);
}

function showBookmarks(): void {
  const ui = useUi();
  ui.dockOpen = true;
  ui.dockTab = 'bookmarks';
  paneActions('dock')?.focus();
}

function newBreakpoint(): void {
  const ui = useUi();
  ui.editedBreakpoint = 0;
  ui.openDialog('breakpoint', selectedCondition() ?? '');
}

async function toggleBreakpoint(): Promise<void> {
  const breakpoints = useBreakpoints();
  const chosen = breakpoints.selected?.breakpoint;
  if (chosen !== undefined) await breakpoints.change(chosen, { ...chosen, enabled: !chosen.enabled });
}

async function removeBreakpoint(): Promise<void> {
  const breakpoints = useBreakpoints();
  if (breakpoints.selected !== undefined) await breakpoints.remove(breakpoints.selected.breakpoint);
}
