/**
 * The pointer on the timeline: click sets the cursor, drag on the ruler scrubs, drag on lanes selects a range, wheel
 * scrolls, Ctrl+wheel zooms at the pointer, Shift+wheel pans, Space+drag pans, double-click selects an episode.
 */
import { onBeforeUnmount, onMounted, type Ref, shallowRef } from 'vue';
import { commandFor, runCommand } from '../commands/index.ts';
import { counted } from '../format/number.ts';
import { SHAPE_WORDS, shapeOf } from '../format/interrupt-state.ts';
import { durationText, shortDuration } from '../format/time.ts';
import { laneFilter } from '../break-on.ts';
import { goToNearest, goToTime } from '../navigate.ts';
import { focusedPane } from '../panes.ts';
import { useBreakpoints } from '../stores/breakpoints.ts';
import { useTimeline, view } from '../stores/timeline.ts';
import { useTrace } from '../stores/trace.ts';
import { useUi } from '../stores/ui.ts';
import { RUN_STATES } from '../../core/session/vocabulary.ts';
import { episodeAt, nearestEdge, segmentAt, spotAt } from '../timeline/hit-test.ts';
import { firstAtOrAfter } from '../timeline/labels.ts';
import { type LaneRow } from '../timeline/lanes.ts';
import { length, pan, type Span, toTime, zoom } from '../timeline/scale.ts';
import { type Stage } from '../timeline/stage.ts';
import { backend, isCancelled } from '../transport.ts';
import { type LaneSupply } from './lane-data.ts';

interface Options {
  readonly canvas: Ref<HTMLCanvasElement | undefined>;
  readonly stage: Stage;
  readonly scrollY: Ref<number>;
  readonly supply: LaneSupply;
  readonly invalidate: () => void;
}

export interface PointerTip {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** Pixels that a press may move and still be a click. */
const SLACK = 3;
const FLAG_WIDTH = 13;
/** How near to a boundary a click must be to land on it. */
const REACH = 8;

export interface TimelinePointer {
  readonly tip: Ref<PointerTip | undefined>;
  down(event: PointerEvent): void;
  hover(event: PointerEvent): void;
  leave(): void;
  doubleClick(event: MouseEvent): void;
  /** @returns whether the wheel was used up; else it scrolls the lanes. */
  wheel(event: WheelEvent): boolean;
  /** Right-click. @returns the row that its menu is about */
  menu(event: MouseEvent): LaneRow | undefined;
}

export function usePointer({ canvas, stage, scrollY, supply }: Options): TimelinePointer {
  const trace = useTrace();
  const timeline = useTimeline();
  const tip = shallowRef<PointerTip | undefined>();
  let spaceHeld = false;
  let spaceUsed = false;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const timeAt = (x: number): number => toTime(view.span, stage.width.value, x);
  const nsPerPx = (): number => length(view.span) / Math.max(1, stage.width.value);
  const dataOf = (row: LaneRow | undefined) =>
    row?.lane === undefined ? undefined : supply.tiles.value?.lanes.get(row.lane.id);

  function rowUnder(event: MouseEvent): LaneRow | undefined {
    const box = canvas.value?.getBoundingClientRect();
    return box === undefined ? undefined : spotAt(timeline.layout, scrollY.value, event.clientY - box.top).row;
  }

  function down(event: PointerEvent): void {
    const element = canvas.value;
    if (element === undefined || (event.button !== 0 && event.button !== 1)) return;
    element.closest<HTMLElement>('[data-pane]')?.focus();
    hideTip();
    const x = event.offsetX;
    const spot = spotAt(timeline.layout, scrollY.value, event.offsetY);
    const origin = view.span;
    const panning = event.button === 1 || spaceHeld;
    const scrubbing = !panning && (spot.zone === 'ruler' || spot.zone === 'hits');
    let moved = false;
    spaceUsed = spaceHeld;
    element.setPointerCapture(event.pointerId);
    const flagged = spot.zone === 'hits' ? flaggedHit(x) : undefined;
    if (flagged !== undefined) {
      useBreakpoints().selectedId = flagged.breakpoint;
      void trace.goTo(flagged.seq, 'point');
    } else if (scrubbing) void goToTime(timeAt(x), 'point');

    const onMove = (move: PointerEvent): void => {
      const by = move.offsetX - x;
      if (!moved && Math.abs(by) < SLACK) return;
      moved = true;
      if (panning) view.set(pan(origin, -by * nsPerPx(), view.duration));
      else if (scrubbing) void goToTime(timeAt(Math.min(Math.max(move.offsetX, 0), stage.width.value)), 'scrub');
      else {
        const [from = 0, to = 0] = [timeAt(x), timeAt(move.offsetX)].toSorted((a, b) => a - b);
        timeline.range = { from: Math.max(0, from), to: Math.min(view.duration, to) };
      }
    };
    const onEnd = (): void => {
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('lostpointercapture', onEnd);
      if (panning || scrubbing) return;
      if (moved) void tellRange();
      else click(x, spot.row);
    };
    element.addEventListener('pointermove', onMove);
    element.addEventListener('lostpointercapture', onEnd);
  }

  /** The hit whose flag is at `x`, if any. */
  function flaggedHit(x: number): { readonly seq: number; readonly breakpoint: number } | undefined {
    for (const { breakpoint, hits } of useBreakpoints().enabled) {
      if (hits === undefined) continue;
      // A flag stands to the right of its moment.
      const index = firstAtOrAfter(hits.times, timeAt(x - FLAG_WIDTH));
      const time = hits.times[index];
      if (time !== undefined && time <= timeAt(x + 1)) return { seq: hits.seqs[index] ?? 0, breakpoint: breakpoint.id };
    }
    return undefined;
  }

  /** Sets the cursor to the nearest event of the lane. */
  function click(x: number, row: LaneRow | undefined): void {
    timeline.range = undefined;
    if (row !== undefined) trace.selectLane(row.id);
    const time = timeAt(x);
    const data = dataOf(row);
    const near = data?.exact === true ? nearestEdge(data, time, REACH * nsPerPx()) : undefined;
    void goToNearest(near ?? time, laneFilter(row?.lane));
  }

  async function tellRange(): Promise<void> {
    const { range } = timeline;
    const id = trace.info?.id;
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

  function doubleClick(event: MouseEvent): void {
    const row = rowUnder(event);
    const data = dataOf(row);
    const episode: Span | undefined = data === undefined ? undefined : episodeAt(data, timeAt(event.offsetX));
    if (episode === undefined) return;
    timeline.range = episode;
    void tellRange();
  }

  function wheel(event: WheelEvent): boolean {
    const box = canvas.value?.getBoundingClientRect();
    const x = box === undefined ? 0 : event.clientX - box.left;
    if (event.ctrlKey || event.metaKey) {
      const factor = Math.exp(Math.min(Math.max(event.deltaY, -120), 120) / 300);
      view.ease((goal) => zoom(goal, timeAt(Math.max(0, x)), factor, view.duration));
      return true;
    }
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
      view.set(pan(view.span, sideways * nsPerPx(), view.duration));
      return true;
    }
    return false;
  }

  function hover(event: PointerEvent): void {
    clearTimeout(resting);
    if (event.buttons !== 0) return;
    if (tip.value !== undefined) hideTip();
    resting = setTimeout(() => showTip(event.offsetX, event.offsetY), 350);
  }
  /** What the pointer rests on: state, since when, for how long. */
  function showTip(x: number, y: number): void {
    const { row } = spotAt(timeline.layout, scrollY.value, y);
    const data = dataOf(row);
    if (row?.lane === undefined || data === undefined || row.kind === 'value') return;
    const index = segmentAt(data, timeAt(x));
    if (index === undefined) return;
    const code = data.code[index] ?? 255;
    const ns = (data.end[index] ?? 0) - (data.start[index] ?? 0);
    const word = row.kind === 'exec' ? (RUN_STATES[code] ?? 'unknown') : SHAPE_WORDS[shapeOf(code)];
    const name = `${row.lane.label}${row.lane.sublabel === '' ? '' : ` ${row.lane.sublabel}`}`;
    const changes = data.transitions[index] ?? 0;
    const length =
      data.exact || changes < 2 ? durationText(ns) : `${counted(changes, 'change')} in ${durationText(ns)}`;
    const gutter = canvas.value?.offsetLeft ?? 0;
    const left = Math.min(gutter + x + 12, gutter + stage.width.value - 220);
    tip.value = { x: left, y: y + 16, text: `${name}: ${word}, ${length}` };
  }
  function hideTip(): void {
    clearTimeout(resting);
    tip.value = undefined;
  }

  function menu(event: MouseEvent): LaneRow | undefined {
    hideTip();
    return rowUnder(event);
  }

  const keyDown = (event: KeyboardEvent): void => {
    if (event.code !== 'Space' || spaceHeld || focusedPane() !== 'timeline') return;
    spaceHeld = true;
    spaceUsed = false;
  };
  const keyUp = (event: KeyboardEvent): void => {
    if (event.code !== 'Space' || !spaceHeld) return;
    spaceHeld = false;
    if (!spaceUsed && commandFor(['Space'])?.id === 'lane.group') void runCommand('lane.group');
  };
  onMounted(() => {
    window.addEventListener('keydown', keyDown);
    window.addEventListener('keyup', keyUp);
  });
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', keyDown);
    window.removeEventListener('keyup', keyUp);
    clearTimeout(resting);
  });

  return { tip, down, hover, leave: hideTip, doubleClick, wheel, menu };
}
