/** Where times and lanes are on the timeline's canvas. */
import { type Ref } from 'vue';
import { type LaneData } from '../../core/session/contract.ts';
import { useTimeline, view } from '../stores/timeline.ts';
import { type Spot, spotAt } from '../timeline/hit-test.ts';
import { type LaneRow } from '../timeline/lanes.ts';
import { length, toTime } from '../timeline/scale.ts';
import { type Stage } from '../timeline/stage.ts';
import { type LaneSupply } from './lane-data.ts';

/** Heights and widths are in CSS pixels from the canvas's upper left corner. */
export interface TimelinePlaces {
  width(): number;
  timeAt(x: number): number;
  nsPerPx(): number;
  spotAt(y: number): Spot;
  dataOf(row: LaneRow | undefined): LaneData | undefined;
}

export function timelinePlaces(stage: Stage, scrollY: Ref<number>, supply: LaneSupply): TimelinePlaces {
  const timeline = useTimeline();
  return {
    width: () => stage.width.value,
    timeAt: (x) => toTime(view.span, stage.width.value, x),
    nsPerPx: () => length(view.span) / Math.max(1, stage.width.value),
    spotAt: (y) => spotAt(timeline.layout, scrollY.value, y),
    dataOf: (row) => (row?.lane === undefined ? undefined : supply.tiles.value?.lanes.get(row.lane.id)),
  };
}
