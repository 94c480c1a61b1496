/**
 * Turns the segments of a lane into what is drawn: bars where a segment is at least two pixels wide, merged pixel
 * columns where it is not. A column shows the worst class in it and how much of it is covered, never fainter than
 * LEAST_ALPHA, so that zooming out drops detail but nothing exceptional.
 *
 * Cost: one pass over the visible segments (found by binary search); at most two rectangles per pixel column. The
 * caller reuses `Bars`, so a frame allocates nothing.
 */
import { type Span } from './scale.ts';

/** Opacity below which a mark would be overlooked. */
export const LEAST_ALPHA = 0.35;
/** Narrower than this, a segment is merged into columns. */
const NARROW = 2;

/** Parallel arrays; only the first `count` entries are valid. */
export interface Bars {
  count: number;
  x: Float32Array;
  width: Float32Array;
  /** Index into the class table of the lane. */
  shape: Uint8Array;
  alpha: Float32Array;
  /** Index of the segment, −1 for merged columns. */
  segment: Int32Array;
}

export function makeBars(capacity = 4096): Bars {
  return {
    count: 0,
    x: new Float32Array(capacity),
    width: new Float32Array(capacity),
    shape: new Uint8Array(capacity),
    alpha: new Float32Array(capacity),
    segment: new Int32Array(capacity),
  };
}

export interface Segments {
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly code: Uint16Array;
  /** 255 where the segment is all of its state. */
  readonly share: Uint8Array;
}

/** First index whose end is after `time`. */
export function firstEndingAfter(ends: Float64Array, time: number): number {
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What a merged column shows: the gravest class in it (interrupts), or the one that lasts longest (run states). */
export type Choice = 'gravest' | 'longest';

/** Coverage of the column being merged, per class. */
const covered = new Float64Array(16);

/**
 * @param shapeOf class (below 16) of each code; a higher class is graver. Class 0 is the background, never drawn.
 */
export function mergeColumns(
  segments: Segments,
  span: Span,
  width: number,
  shapeOf: Uint8Array,
  choice: Choice,
  into: Bars,
): void {
  const { start, end, code, share } = segments;
  const scale = width / (span.to - span.from);
  into.count = 0;
  let column = -1;
  let seen = 0;

  const flush = (): void => {
    if (column >= 0 && seen > 0) {
      const shape = choice === 'gravest' ? 31 - Math.clz32(seen) : longest(seen);
      add(into, column, 1, shape, Math.max(LEAST_ALPHA, Math.min(1, covered[shape] ?? 0)), -1);
    }
    column = -1;
    seen = 0;
    covered.fill(0);
  };

  for (let index = firstEndingAfter(end, span.from); index < start.length; index++) {
    const from = start[index] ?? 0;
    if (from >= span.to) break;
    const shape = shapeOf[code[index] ?? 0] ?? 0;
    const left = (from - span.from) * scale;
    const right = ((end[index] ?? 0) - span.from) * scale;
    const part = (share[index] ?? 255) / 255;
    if (right - left >= NARROW) {
      flush();
      if (shape === 0) continue;
      const x = Math.max(left, -4);
      add(into, x, Math.min(right, width + 4) - x, shape, Math.max(LEAST_ALPHA, part), index);
      continue;
    }
    const at = Math.floor(left);
    if (at !== column) {
      flush();
      column = at;
    }
    if (shape === 0) continue;
    seen |= 1 << shape;
    covered[shape] = (covered[shape] ?? 0) + Math.max(0, right - left) * part;
  }
  flush();
}

function longest(seen: number): number {
  let best = 31 - Math.clz32(seen);
  for (let shape = 1; shape < covered.length; shape++) {
    if ((seen & (1 << shape)) !== 0 && (covered[shape] ?? 0) > (covered[best] ?? 0)) best = shape;
  }
  return best;
}

function add(bars: Bars, x: number, width: number, shape: number, alpha: number, segment: number): void {
  const last = bars.count - 1;
  // Neighbouring columns that look the same become one rectangle.
  if (
    segment < 0 &&
    last >= 0 &&
    bars.segment[last] === -1 &&
    bars.shape[last] === shape &&
    Math.abs((bars.alpha[last] ?? 0) - alpha) < 0.06 &&
    Math.abs((bars.x[last] ?? 0) + (bars.width[last] ?? 0) - x) < 0.01
  ) {
    bars.width[last] = (bars.width[last] ?? 0) + width;
    return;
  }
  if (bars.count === bars.x.length) grow(bars);
  const index = bars.count++;
  bars.x[index] = x;
  bars.width[index] = width;
  bars.shape[index] = shape;
  bars.alpha[index] = alpha;
  bars.segment[index] = segment;
}

function grow(bars: Bars): void {
  const larger = makeBars(bars.x.length * 2);
  larger.x.set(bars.x);
  larger.width.set(bars.width);
  larger.shape.set(bars.shape);
  larger.alpha.set(bars.alpha);
  larger.segment.set(bars.segment);
  const { x, width, shape, alpha, segment } = larger;
  Object.assign(bars, { x, width, shape, alpha, segment });
}
