/** What lies under a point of the timeline. Pure. */
import { type LaneData } from '../../core/session/contract.ts';
import { LEGS } from '../../core/session/vocabulary.ts';
import { shapeOf } from '../format/interrupt-state.ts';
import { firstEndingAfter } from './columns.ts';
import { type LaneLayout, type LaneRow, rowAt } from './lanes.ts';
import { LANES_TOP, RULER_HEIGHT } from './scene.ts';
import { type Span } from './scale.ts';

export type Zone = 'ruler' | 'hits' | 'lane' | 'empty';

export interface Spot {
  readonly zone: Zone;
  readonly row: LaneRow | undefined;
}

export function spotAt(layout: LaneLayout, scrollY: number, y: number): Spot {
  if (y < RULER_HEIGHT) return { zone: 'ruler', row: undefined };
  if (y < LANES_TOP) return { zone: 'hits', row: undefined };
  const row = rowAt(layout, y - LANES_TOP + scrollY);
  return { zone: row === undefined ? 'empty' : 'lane', row };
}

/** Index of the segment that covers `time`; undefined in gaps. */
export function segmentAt(data: LaneData, time: number): number | undefined {
  const index = firstEndingAfter(data.end, time);
  const start = data.start[index];
  return start !== undefined && start <= time ? index : undefined;
}

/** The boundary between segments or the mark that is nearest to `time`, within `reach` nanoseconds. */
export function nearestEdge(data: LaneData, time: number, reach: number): number | undefined {
  let best: number | undefined;
  const offer = (candidate: number | undefined): void => {
    if (candidate === undefined) return;
    const distance = Math.abs(candidate - time);
    if (distance <= reach && (best === undefined || distance < Math.abs(best - time))) best = candidate;
  };
  const at = firstEndingAfter(data.end, time);
  offer(data.start[at]);
  offer(data.start[at + 1]);
  const mark = firstEndingAfter(data.markTime, time);
  offer(data.markTime[mark - 1]);
  offer(data.markTime[mark]);
  return best;
}

/**
 * From pending (or acknowledge) to deactivate: the life around `time`, from the marks of a lane; of a line alone, whose
 * end nobody tells, for how long it was high.
 */
export function episodeAt(data: LaneData, time: number): Span | undefined {
  return lifeAt(data, time) ?? highAt(data, time);
}

function highAt(data: LaneData, time: number): Span | undefined {
  const { exact, code, start, end } = data;
  const index = segmentAt(data, time);
  if (index === undefined || !exact || shapeOf(code[index] ?? 0) !== 'line-high') return undefined;
  return { from: start[index] ?? 0, to: end[index] ?? 0 };
}

function lifeAt(data: LaneData, time: number): Span | undefined {
  let from: number | undefined;
  for (let index = 0; index < data.markTime.length; index++) {
    const at = data.markTime[index] ?? 0;
    const leg = LEGS[data.markLeg[index] ?? 0];
    if (leg === 'deactivated') {
      if (from !== undefined && time >= from && time <= at) return { from, to: at };
      from = undefined;
    } else if (from === undefined && leg !== 'dropped') from = at;
    if (from !== undefined && from > time) return undefined;
  }
  return undefined;
}
