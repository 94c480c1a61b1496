/** A condition for what is selected: the focused register or row, else the selected lane. */
import { breakOnLane, breakOnPath, breakOnRow } from '../break-on.ts';
import { focusedPane } from '../panes.ts';
import { useTrace } from '../stores/trace.ts';

export function selectedCondition(): string | undefined {
  const trace = useTrace();
  const pane = focusedPane();
  if (pane === 'inspector' && trace.selection.register !== undefined) return breakOnPath(trace.selection.register);
  const row = pane === 'events' ? trace.moment?.row : undefined;
  if (row !== undefined) return breakOnRow(row);
  return trace.selectedLane === undefined ? undefined : breakOnLane(trace.selectedLane);
}
