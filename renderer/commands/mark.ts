/** Places and conditions that a person sets: go to, bookmarks, breakpoints. */
import { toggleBreakpoint } from '../breakpoint-actions.ts';
import { paneActions } from '../panes.ts';
import { chooseText, saveText } from '../text-files.ts';
import { useBookmarks } from '../stores/bookmarks.ts';
import { useBreakpoints } from '../stores/breakpoints.ts';
import { useFindings } from '../stores/findings.ts';
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
  ['finding.next', 'Next finding', 'N', 'session', () => goToFinding('forward')],
  ['finding.previous', 'Previous finding', 'Shift+N', 'session', () => goToFinding('backward')],
  ['breakpoint.add', 'Break on what is selected', 'F9 B', 'session', breakOnSelection],
  ['breakpoint.edit', 'New breakpoint…', 'Shift+F9', 'session', newBreakpoint],
  ['breakpoint.toggle', 'Enable or disable the selected breakpoint', 'Ctrl+F9', 'session', toggleSelected],
  ['breakpoint.export', 'Save the breakpoints to a file', '', 'session', saveBreakpoints],
  ['breakpoint.import', 'Add breakpoints from a file…', '', 'session', addBreakpoints],
  ['breakpoint.messages', 'Messages of breakpoints', '', 'session', () => useUi().showDock('messages')],
  ['breakpoint.remove', 'Remove the selected breakpoint', 'Delete', 'dock', removeBreakpoint],
]);

async function breakOnSelection(): Promise<void> {
  const condition = selectedCondition();
  if (condition === undefined) useUi().notify('note', 'Choose a lane, an event, a PPI cell or a register first.');
  else await useBreakpoints().add(condition);
}

async function showBookmarks(): Promise<void> {
  await useUi().showDock('bookmarks');
  paneActions('dock')?.focus();
}

async function goToFinding(direction: 'forward' | 'backward'): Promise<void> {
  const findings = useFindings();
  const ui = useUi();
  await ui.showDock('findings');
  const seq = findings.near(direction);
  if (seq !== undefined) await useTrace().goTo(seq);
  else ui.announce(findings.list.length === 0 ? 'Nothing was found.' : 'No more findings that way.');
}

function newBreakpoint(): void {
  const ui = useUi();
  ui.editedBreakpoint = 0;
  ui.openDialog('breakpoint', selectedCondition() ?? '');
}

async function saveBreakpoints(): Promise<void> {
  const name = (useTrace().info?.fileName ?? 'trace').replace(/\.gscope$/, '');
  saveText(`${name}.breakpoints.json`, await useBreakpoints().exported());
}

async function addBreakpoints(): Promise<void> {
  const text = await chooseText('.json,application/json');
  if (text === undefined) return;
  const added = await useBreakpoints().adopt(text);
  useUi().notify('note', `${added === 1 ? 'One breakpoint was' : `${added} breakpoints were`} added.`);
}

async function toggleSelected(): Promise<void> {
  const chosen = useBreakpoints().selected?.breakpoint;
  if (chosen !== undefined) await toggleBreakpoint(chosen);
}

async function removeBreakpoint(): Promise<void> {
  const breakpoints = useBreakpoints();
  if (breakpoints.selected !== undefined) await breakpoints.remove(breakpoints.selected.breakpoint);
}
