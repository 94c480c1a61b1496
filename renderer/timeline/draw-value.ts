/**
 * A value lane: the priority mask as a step line against the priorities in use. What lies above the line is signalled,
 * what lies below is masked; the line turns red while it stops something pending.
 */
import { type LaneData } from '../../core/session/contract.ts';
import { type Brush, dashed, fill, measure, write } from './brush.ts';
import { firstEndingAfter } from './columns.ts';
import { type Scene } from './scene.ts';
import { toPx } from './scale.ts';
import { type ValueScale, valueScale } from './value-scale.ts';

const WORD = { face: 'sans', size: 9 } as const;
/** Height of a line of words. */
const WORD_ROOM = 11;

export interface MaskedRange {
  readonly left: number;
  readonly right: number;
}

interface Step {
  readonly left: number;
  readonly right: number;
  readonly value: number;
}

export function drawValue(
  brush: Brush,
  scene: Scene,
  y: number,
  height: number,
  data: LaneData | undefined,
  priorities: readonly { readonly value: number; readonly label: string }[],
  masked: readonly MaskedRange[],
): number {
  if (data === undefined) {
    dashed(brush, [0, y + height / 2], [scene.width, y + height / 2], 'st-inactive', [1, 3], 0.5);
    return 0;
  }
  const steps = visibleSteps(scene, data);
  const scale = valueScale(
    priorities.map(({ value }) => value),
    [...new Set(steps.map(({ value }) => value))],
    height,
  );
  const { context, palette } = brush;
  if (steps.length > 0 && !palette.outlined) {
    context.globalAlpha = 0.07;
    context.fillStyle = palette.color.ok;
    for (const { left, right, value } of steps) context.fillRect(left, y + 3, right - left, scale.ofMask(value) - 3);
    context.globalAlpha = 1;
  }
  for (const { value } of priorities) {
    const at = Math.round(y + scale.ofPriority(value)) + 0.5;
    dashed(brush, [0, at], [scene.width, at], 'tx-3', [1, 3]);
  }
  line(brush, steps, y, scale, palette.color.ok);
  if (masked.length > 0) {
    context.save();
    context.beginPath();
    for (const { left, right } of masked) context.rect(left, y, right - left, height);
    context.clip();
    line(brush, steps, y, scale, palette.color.bad);
    context.restore();
  }
  let above = -Infinity;
  for (const { value, label } of priorities.toSorted((a, b) => a.value - b.value)) {
    const at = Math.round(y + scale.ofPriority(value));
    // Of words that would run into each other the most urgent priority's stay.
    if (at - above < WORD_ROOM) continue;
    above = at;
    fill(brush, 'bg-1', 4, at - 5, measure(brush, WORD, label) + 6, 10);
    write(brush, label, 7, at + 3, WORD, 'tx-3');
  }
  return steps.length;
}

/** Steps with a known value; runs of equal values are joined, and steps within one pixel keep the last value. */
function visibleSteps(scene: Scene, data: LaneData): Step[] {
  const steps: Step[] = [];
  for (let index = firstEndingAfter(data.end, scene.span.from); index < data.start.length; index++) {
    const from = data.start[index] ?? 0;
    if (from > scene.span.to) break;
    const value = data.value[index] ?? NaN;
    if (Number.isNaN(value)) continue;
    const left = Math.max(-2, toPx(scene.span, scene.width, from));
    const right = Math.min(scene.width + 2, toPx(scene.span, scene.width, data.end[index] ?? from));
    const last = steps.at(-1);
    if (last !== undefined && last.value === value && left - last.right < 1) {
      steps[steps.length - 1] = { left: last.left, right, value };
    } else steps.push({ left, right, value });
  }
  return steps;
}

function line(brush: Brush, steps: readonly Step[], y: number, scale: ValueScale, color: string): void {
  const { context } = brush;
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.beginPath();
  let end = -Infinity;
  for (const { left, right, value } of steps) {
    const at = Math.round(y + scale.ofMask(value)) + 0.5;
    if (left - end > 1) context.moveTo(left, at);
    else context.lineTo(left, at);
    context.lineTo(right, at);
    end = right;
  }
  context.stroke();
}
