/**
 * The pointer on the timeline: presses (timeline-press.ts), wheel scrolls, Ctrl+wheel zooms at the pointer, Shift+wheel
 * pans, a double-click selects an episode, and resting tells what is there.
 */
import { onBeforeUnmount, type Ref, shallowRef } from 'vue';
import { useTimeline, view } from '../stores/timeline.ts';
import { episodeAt } from '../timeline/hit-test.ts';
import { type LaneRow } from '../timeline/lanes.ts';
import { pan, zoom } from '../timeline/scale.ts';
import { type Stage } from '../timeline/stage.ts';
import { type LaneSupply } from './lane-data.ts';
import { laneTip } from './lane-tip.ts';
import { useSpaceKey } from './space-key.ts';
import { timelinePlaces } from './timeline-places.ts';
import { press, tellRange } from './timeline-press.ts';

interface Options {
  readonly canvas: Ref<HTMLCanvasElement | undefined>;
  readonly stage: Stage;
  readonly scrollY: Ref<number>;
  readonly supply: LaneSupply;
}

export interface PointerTip {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

/** How long the pointer rests before it is told what is there, in ms. */
const REST = 350;
/** Room that a tip is given at the right edge. */
const TIP_WIDTH = 220;
/** Most that one turn of the wheel counts for. */
const MOST_TURN = 120;

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
  const timeline = useTimeline();
  const places = timelinePlaces(stage, scrollY, supply);
  const space = useSpaceKey();
  const tip = shallowRef<PointerTip | undefined>();
  let resting: ReturnType<typeof setTimeout> | undefined;
  onBeforeUnmount(() => clearTimeout(resting));

  function hideTip(): void {
    clearTimeout(resting);
    tip.value = undefined;
  }
  function showTip(x: number, y: number): void {
    const { row } = places.spotAt(y);
    const text = laneTip(row, places.dataOf(row), places.timeAt(x));
    if (text === undefined) return;
    const gutter = canvas.value?.offsetLeft ?? 0;
    const left = Math.min(gutter + x + 12, gutter + stage.width.value - TIP_WIDTH);
    tip.value = { x: left, y: y + 16, text };
  }
  function rowUnder(event: MouseEvent): LaneRow | undefined {
    const box = canvas.value?.getBoundingClientRect();
    return box === undefined ? undefined : places.spotAt(event.clientY - box.top).row;
  }

  return {
    tip,
    leave: hideTip,
    down(event) {
      const element = canvas.value;
      if (element === undefined || (event.button !== 0 && event.button !== 1)) return;
      element.closest<HTMLElement>('[data-pane]')?.focus();
      hideTip();
      press(element, event, places.spotAt(event.offsetY), places, space.takenByPress() || event.button === 1);
    },
    hover(event) {
      clearTimeout(resting);
      if (event.buttons !== 0) return;
      if (tip.value !== undefined) hideTip();
      resting = setTimeout(() => showTip(event.offsetX, event.offsetY), REST);
    },
    doubleClick(event) {
      const data = places.dataOf(rowUnder(event));
      const episode = data === undefined ? undefined : episodeAt(data, places.timeAt(event.offsetX));
      if (episode === undefined) return;
      timeline.range = episode;
      void tellRange();
    },
    wheel(event) {
      const x = event.clientX - (canvas.value?.getBoundingClientRect().left ?? event.clientX);
      if (event.ctrlKey || event.metaKey) {
        const factor = Math.exp(Math.min(Math.max(event.deltaY, -MOST_TURN), MOST_TURN) / 300);
        view.ease((goal) => zoom(goal, places.timeAt(Math.max(0, x)), factor, view.duration));
        return true;
      }
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (Math.abs(sideways) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return false;
      view.set(pan(view.span, sideways * places.nsPerPx(), view.duration));
      return true;
    },
    menu(event) {
      hideTip();
      return rowUnder(event);
    },
  };
}
