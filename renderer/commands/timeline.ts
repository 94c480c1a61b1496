/** Zoom, pan, lanes, ranges. */
import { timeText } from '../format/time.ts';
import { paneActions } from '../panes.ts';
import { useFilter } from '../stores/filter.ts';
import { useTimeline, view } from '../stores/timeline.ts';
import { useTrace } from '../stores/trace.ts';
import { useUi } from '../stores/ui.ts';
import { groupOfFold } from '../timeline/lanes.ts';
import { inGroup } from './command.ts';

export const TIMELINE_COMMANDS = inGroup('Timeline', [
  ['zoom.in', 'Zoom in', 'W', 'session', () => useTimeline().zoomBy(0.5)],
  ['zoom.out', 'Zoom out', 'S', 'session', () => useTimeline().zoomBy(2)],
  ['pan.left', 'Pan left', 'A', 'session', () => useTimeline().panBy(-0.1), { keyOnly: true }],
  ['pan.right', 'Pan right', 'D', 'session', () => useTimeline().panBy(0.1), { keyOnly: true }],
  ['pan.page.left', 'Pan a page left', 'Shift+A', 'session', () => useTimeline().panBy(-0.9), { keyOnly: true }],
  ['pan.page.right', 'Pan a page right', 'Shift+D', 'session', () => useTimeline().panBy(0.9), { keyOnly: true }],
  ['pan.left.arrow', 'Pan left', 'Left', 'timeline', () => useTimeline().panBy(-0.1), { keyOnly: true }],
  ['pan.right.arrow', 'Pan right', 'Right', 'timeline', () => useTimeline().panBy(0.1), { keyOnly: true }],
  [
    'pan.page.left.arrow',
    'Pan a page left',
    'Shift+Left',
    'timeline',
    () => useTimeline().panBy(-0.9),
    { keyOnly: true },
  ],
  [
    'pan.page.right.arrow',
    'Pan a page right',
    'Shift+Right',
    'timeline',
    () => useTimeline().panBy(0.9),
    { keyOnly: true },
  ],
  ['lane.up', 'Lane above', 'Up', 'timeline', () => useTimeline().moveSelection(-1), { keyOnly: true }],
  ['lane.down', 'Lane below', 'Down', 'timeline', () => useTimeline().moveSelection(1), { keyOnly: true }],
  ['lane.group', 'Collapse or expand the lane group', 'Space', 'timeline', toggleGroup, { keyOnly: true }],
  ['lane.open', 'Open or close the selected line of lanes', 'Enter', 'timeline', openLine, { keyOnly: true }],
  ['lane.quiet', 'Show or fold all quiet lanes', 'Q', 'session', () => useTimeline().toggleAllFolds()],
  ['zoom.selection', 'Zoom to the selected range', 'Z', 'session', () => useTimeline().zoomToSelection()],
  ['zoom.previous', 'Previous zoom', 'Shift+Z', 'session', previousZoom],
  ['zoom.fit', 'Show the whole trace', '0', 'session', () => useTimeline().fitAll()],
  ['centre', 'Centre the cursor', 'C', 'session', () => useTimeline().centreCursor()],
  ['follow', 'Timeline follows the cursor', 'L', 'session', toggleFollow],
  ['lane.pin', 'Pin or unpin the selected lane', 'P', 'session', () => withLane((id) => useTimeline().togglePin(id))],
  ['lane.hide', 'Hide the selected lane', 'H', 'session', hideLane],
  ['lane.show', 'Show all hidden lanes', 'Shift+H', 'session', () => useTimeline().showAllLanes()],
  ['range', 'Mark the start, then the end of a range', 'R', 'session', () => useTimeline().markRange()],
  ['timeline.text', 'List the events that the timeline shows', 'Ctrl+Shift+T', 'session', timelineAsText],
]);

/** The list's filter set to what the timeline shows. */
async function timelineAsText(): Promise<void> {
  const range = useTimeline().range ?? view.span;
  const from = timeText(Math.max(0, range.from));
  const to = timeText(Math.max(0, range.to));
  await useFilter().add(`time:${from}s..${to}s`);
  await useUi().showLower('events');
  paneActions('events')?.focus();
}

function withLane(action: (id: string) => void): void {
  const id = useTrace().selectedLane?.id;
  if (id !== undefined) action(id);
}

function hideLane(): void {
  const trace = useTrace();
  const timeline = useTimeline();
  const { selectedLane } = trace;
  if (selectedLane === undefined || selectedLane.type === 'vcpu') return;
  timeline.moveSelection(1);
  timeline.toggleHidden(selectedLane.id);
}

function toggleGroup(): void {
  const { selection, selectedLane } = useTrace();
  const fold = groupOfFold(selection.lane);
  if (fold !== undefined) useTimeline().toggleFold(fold);
  else useTimeline().toggleGroup(selectedLane?.group ?? 'shared');
}

/** Of lines that stand for others: folds, and the first lines of groups. */
function openLine(): void {
  const { selection, selectedLane } = useTrace();
  const isLine = selectedLane === undefined ? selection.lane !== undefined : selectedLane.type === 'vcpu';
  if (isLine) toggleGroup();
}

function previousZoom(): void {
  view.previous();
}

function toggleFollow(): void {
  const timeline = useTimeline();
  timeline.follow = !timeline.follow;
  useUi().announce(timeline.follow ? 'The timeline follows the cursor' : 'The timeline stays where it is');
}
