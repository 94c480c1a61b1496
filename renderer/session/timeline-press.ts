/**
 * A press on the timeline and what comes of it: a click sets the cursor to the nearest event of the lane, or to the hit
 * whose flag it meets; a drag scrubs on the ruler, selects a range on lanes, and pans with Space or the middle button.
 */
import { laneFilter } from '../break-on.ts';
import { counted } from '../format/number.ts';
import { shortDuration } from '../format/time.ts';
import { goToNearest, goToTime } from '../navigate.ts';
import { useBreakpoints } from '../stores/breakpoints.ts';
import { useTimeline, view } from '../stores/timeline.ts';
import { useTrace } from '../stores/trace.ts';
import { useUi } from '../stores/ui.ts';
import { nearestEdge, type Spot } from '../timeline/hit-test.ts';
import { firstAtOrAfter } from '../timeline/labels.ts';
import { type LaneRow } from '../timeline/lanes.ts';
import { length, pan } from '../timeline/scale.ts';
import { backend, isCancelled } from '../transport.ts';
import { type TimelinePlaces } from './timeline-places.ts';

/** Pixels that a press may move and still be a click. */
const SLACK = 3;
const FLAG_WIDTH = 13;
/** How near to a boundary a click must be to land on it. */
const REACH = 8;

/** What dragging does. */
type Drag = 'pan' | 'scrub' | 'select';

/** Follows a press until the pointer is let go. */
export function press(
  element: HTMLElement,
  event: PointerEvent,
  spot: Spot,
  places: TimelinePlaces,
  panning: boolean,
): void {
  const timeline = useTimeline();
  const { timeAt, nsPerPx } = places;
  const x = event.offsetX;
  const origin = view.span;
  const onRuler = spot.zone === 'ruler' || spot.zone === 'hits';
  const drag: Drag = panning ? 'pan' : onRuler ? 'scrub' : 'select';
  let moved = false;
  element.setPointerCapture(event.pointerId);
  if (drag === 'scrub' && !goToFlag(spot, x, places)) void goToTime(timeAt(x), 'point');

  const dragged: Readonly<Record<Drag, (to: number) => void>> = {
    pan: (to) => view.set(pan(origin, (x - to) * nsPerPx(), view.duration)),
    scrub: (to) => void goToTime(timeAt(Math.min(Math.max(to, 0), places.width())), 'scrub'),
    select(to) {
      const [from = 0, end = 0] = [timeAt(x), timeAt(to)].toSorted((a, b) => a - b);
      timeline.range = { from: Math.max(0, from), to: Math.min(view.duration, end) };
    },
  };
  const onMove = ({ offsetX }: PointerEvent): void => {
    if (!moved && Math.abs(offsetX - x) < SLACK) return;
    moved = true;
    dragged[drag](offsetX);
  };
  const onEnd = (): void => {
    element.removeEventListener('pointermove', onMove);
    element.removeEventListener('lostpointercapture', onEnd);
    if (drag !== 'select') return;
    if (moved) void tellRange();
    else click(x, spot.row, places);
  };
  element.addEventListener('pointermove', onMove);
  element.addEventListener('lostpointercapture', onEnd);
}

/** To the hit whose flag is at `x`, if any. */
function goToFlag(spot: Spot, x: number, { timeAt }: TimelinePlaces): boolean {
  if (spot.zone !== 'hits') return false;
  const breakpoints = useBreakpoints();
  for (const { breakpoint, hits } of breakpoints.enabled) {
    if (hits === undefined) continue;
    // A flag stands to the right of its moment.
    const index = firstAtOrAfter(hits.times, timeAt(x - FLAG_WIDTH));
    const time = hits.times[index];
    if (time === undefined || time > timeAt(x + 1)) continue;
    breakpoints.selectedId = breakpoint.id;
    void useTrace().goTo(hits.seqs[index] ?? 0, 'point');
    return true;
  }
  return false;
}

/** Sets the cursor to the nearest event of the lane. */
function click(x: number, row: LaneRow | undefined, { timeAt, nsPerPx, dataOf }: TimelinePlaces): void {
  useTimeline().range = undefined;
  if (row !== undefined) useTrace().selectLane(row.id);
  const time = timeAt(x);
  const data = dataOf(row);
  const near = data?.exact === true ? nearestEdge(data, time, REACH * nsPerPx()) : undefined;
  void goToNearest(near ?? time, laneFilter(row?.lane));
}

/** Says how long the selected range is and how many events it has. */
export async function tellRange(): Promise<void> {
  const { range } = useTimeline();
  const id = useTrace().info?.id;
  if (range === undefined || id === undefined) return;
  try {
    const ends = await Promise.all(
      [range.from, range.to].map((time) => backend().call('nav.seqAtTime', { id, time: Math.round(time) })),
    );
    const events = (ends[1]?.seq ?? 0) - (ends[0]?.seq ?? 0);
    useUi().notify('note', `${shortDuration(length(range))} selected, ${counted(events, 'event')}. Z zooms to it.`);
  } catch (error) {
    if (!isCancelled(error)) throw error;
  }
}
