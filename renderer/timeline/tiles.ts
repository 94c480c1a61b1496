/**
 * Lane data for the canvas. What is kept: one answer of `timeline.lanes` that covers about three visible spans at a
 * power-of-two resolution. Panning within it and zooming by less than two ask nothing; beyond that one question is on
 * its way at a time and the old answer stays on screen, stretched, until the new one replaces it in one frame.
 * Answers for another trace or an older generation are dropped.
 */
import { type LaneData } from '../../core/session/contract.ts';
import { length, type Span } from './scale.ts';

/** What one answer covers. */
export interface Coverage {
  readonly from: number;
  readonly to: number;
  /** Nanoseconds per column, a power of two. */
  readonly resolution: number;
  readonly columns: number;
  /** Names of the lanes, in the order asked. */
  readonly lanes: string;
}

/** Most columns that the contract allows in one question. */
const MOST_COLUMNS = 8192;

/** What to ask for a window of `width` pixels. */
export function coverageFor(span: Span, width: number, duration: number, lanes: readonly string[]): Coverage {
  const size = length(span);
  const resolution = 2 ** Math.floor(Math.log2(Math.max(size / Math.max(width, 1), 1)));
  const room = MOST_COLUMNS * resolution;
  const margin = Math.min(size, Math.max(0, (room - size) / 2 - resolution));
  const align = (time: number): number => Math.floor(time / resolution) * resolution;
  const from = Math.max(0, align(span.from - margin));
  const to = Math.max(from + resolution, Math.min(align(span.to + margin) + resolution, align(duration) + resolution));
  const columns = Math.min(MOST_COLUMNS, Math.max(1, Math.ceil((to - from) / resolution)));
  return { from, to, resolution, columns, lanes: lanes.join(' ') };
}

/** Whether an answer still serves a window: it covers it, and its resolution is neither too coarse nor far too fine. */
export function serves(have: Coverage, want: Coverage, span: Span, duration: number): boolean {
  return (
    have.lanes === want.lanes &&
    have.from <= Math.max(0, span.from) &&
    have.to >= Math.min(duration, span.to) &&
    have.resolution <= want.resolution &&
    have.resolution * 4 > want.resolution
  );
}

export interface Tiles {
  readonly coverage: Coverage;
  readonly lanes: ReadonlyMap<string, LaneData>;
}
