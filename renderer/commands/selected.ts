/** A condition for what is selected: the focused register or row, else the selected lane. */
import { breakOnLane, breakOnPath, breakOnRow } from '../break-on.ts';
import { focusedPane } from '../panes.ts';
import { useTrace } from '../stores/trace.ts';

export function selectedCondition(): string | undefined {
  const trace = useTrace();
  const pane = focusedPane();
  // In the inspector the focus tells a register from a cell of the matrix.
  const isInRegisters = document.activeElement?.closest('[data-part=registers]') !== null;
  if (pane === 'inspector' && isInRegisters && trace.selection.register !== undefined)
    return breakOnPath(trace.selection.register);
  const row = pane === 'events' ? trace.moment?.row : undefined;
  if (row !== undefined) return breakOnRow(row);
  return trace.selectedLane === undefined ? undefined : breakOnLane(trace.selectedLane);
}
