/**
 * A lane of which the line alone is known: the line as a step line, high or low, over the dots that say that pending and
 * active are not known. Where dots stand without a line, that is not known either. A step from one level to the other is
 * upright only where both were told: what was lost in between has no edge. Pixel columns with several steps are a
 * block, as dense as the line was high.
 */
import { type LaneData } from '../../core/session/contract.ts';
import { SHAPES } from '../format/interrupt-state.ts';
import { durationText } from '../format/time.ts';
import { type Brush, fill, measure, snap, vline, write } from './brush.ts';
import { type Bars } from './columns.ts';
import { type Placed, place } from './labels.ts';
import { type Scene } from './scene.ts';
import { toPx } from './scale.ts';

const LOW = SHAPES.indexOf('line-low');
const HIGH = SHAPES.indexOf('line-high');
export const isLine = (shape: number | undefined): boolean => shape === LOW || shape === HIGH;

/** Of the dots behind a line: quieter than where nothing is known at all. */
const BEHIND = 0.35;
const THICK = 2;
const NOTE = { face: 'sans', size: 9.5 } as const;

/** Where a lane's line runs, in pixels from above. */
interface Levels {
  /** Lower edge. */
  readonly base: number;
  /** Upper edge. */
  readonly top: number;
}

/** Bar `index`, which is a line; `exact`: it is one stretch, not what many were squeezed into. */
export function drawLineBar(brush: Brush, drawn: Bars, index: number, exact: boolean, { base, top }: Levels): void {
  const { context, palette } = brush;
  const [x, width] = snap(drawn.x[index] ?? 0, drawn.width[index] ?? 0);
  const isHigh = drawn.shape[index] === HIGH;
  context.globalAlpha = BEHIND;
  context.fillStyle = palette.pattern.unknown;
  context.fillRect(x, top, width, base - top);
  context.globalAlpha = 1;
  if (isHigh && (!exact || drawn.segment[index] === -1)) {
    fill(brush, 'data', x, top, width, base - top, drawn.alpha[index] ?? 1);
    return;
  }
  fill(brush, 'data', x, isHigh ? top : base - THICK, width, THICK);
  if (!isHigh) return;
  if (rises(drawn, index)) vline(brush, x, top, base, 'data');
  if (falls(drawn, index)) vline(brush, x + width - 1, top, base, 'data');
}

const rises = (drawn: Bars, index: number): boolean => drawn.shape[index - 1] === LOW && touches(drawn, index - 1);
const falls = (drawn: Bars, index: number): boolean => drawn.shape[index + 1] === LOW && touches(drawn, index);

/** Whether the bar after `index` begins where that one ends. */
function touches({ count, x, width }: Bars, index: number): boolean {
  if (index < 0 || index + 1 >= count) return false;
  return Math.abs((x[index] ?? 0) + (width[index] ?? 0) - (x[index + 1] ?? 0)) < 1;
}

/** In the selected lane: for how long the line was high, above that stretch, or behind its fall where it is too short. */
export function drawHighTimes(brush: Brush, scene: Scene, y: number, data: LaneData, drawn: Bars): void {
  if (!data.exact) return;
  const cursor = scene.cursor === undefined ? undefined : toPx(scene.span, scene.width, scene.cursor.time);
  for (let index = 0; index < drawn.count; index++) {
    const segment = drawn.segment[index] ?? -1;
    // Only of both edges' times is there a duration.
    if (drawn.shape[index] !== HIGH || segment < 0 || !rises(drawn, index) || !falls(drawn, index)) continue;
    const time = durationText((data.end[segment] ?? 0) - (data.start[segment] ?? 0));
    const forms = [`high ${time}`, time];
    const label =
      timeLabel(brush, scene, drawn, index, forms, cursor) ?? timeLabel(brush, scene, drawn, index + 1, forms, cursor);
    if (label !== undefined) write(brush, label.text, label.x, y + 12, NOTE, 'tx-2');
  }
}

/** Room beside the arrow of an injection, and to an edge. */
const ROOM = 6;

/** A label that begins where a bar does and ends with it. */
function timeLabel(
  brush: Brush,
  { width }: Scene,
  drawn: Bars,
  index: number,
  forms: readonly string[],
  cursor: number | undefined,
): Placed | undefined {
  const from = Math.max(0, drawn.x[index] ?? 0) + ROOM;
  const to = Math.min(width, (drawn.x[index] ?? 0) + (drawn.width[index] ?? 0)) - ROOM;
  const label = place(forms, from, to, { left: 0, right: width }, (text) => measure(brush, NOTE, text), cursor);
  // One that had to jump over the cursor would no longer stand beside its edge.
  return label !== undefined && label.x < from + ROOM ? label : undefined;
}
