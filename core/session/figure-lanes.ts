/** The lanes of a report's figure: exact states of vCPUs and interrupts in a window. */
import { type FigureLane } from '../export/report/data.ts';
import { drawLane } from '../trace/lanes.ts';
import { UNKNOWN_CODE } from '../trace/lane-kinds.ts';
import { type OpenTrace } from './open-trace.ts';

/** Enough for every state change of a few hundred events to be drawn by itself. */
const COLUMNS = 4096;
const UNKNOWN_STATE = 255;

/** Quiet lanes are left out, and those whose states change too often to be drawn one by one. */
export function figureLanes(trace: OpenTrace, from: number, to: number): FigureLane[] {
  const window = { start: from, end: Math.max(to, from + 1), columns: COLUMNS };
  const lanes: FigureLane[] = [];
  for (const { stored, lane } of trace.lanes.byId().values()) {
    if (lane.type === 'value' || lane.quiet) continue;
    const drawing = drawLane(trace.reader, stored, window);
    if (drawing.mode !== 'segments') continue;
    const unknown = lane.type === 'vcpu' ? UNKNOWN_STATE : 0;
    const segments = Array.from(drawing.time, (start, index) => {
      const code = drawing.code[index] ?? UNKNOWN_CODE;
      return { start, end: drawing.time[index + 1] ?? window.end, code: code === UNKNOWN_CODE ? unknown : code };
    });
    lanes.push({ type: lane.type, label: lane.label, sublabel: lane.sublabel, segments });
  }
  return lanes;
}
