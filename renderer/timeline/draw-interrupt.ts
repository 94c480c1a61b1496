/**
 * An interrupt lane: bars whose height and pattern are the state, marks at the moments of its lives, and for the
 * selected lane connectors to the vCPU and the durations between the moments.
 */
import { type LaneData } from '../../core/session/contract.ts';
import { LEGS } from '../../core/session/vocabulary.ts';
import { SHAPE_OF_CODE, SHAPE_WORDS, SHAPES } from '../format/interrupt-state.ts';
import { shortDuration } from '../format/time.ts';
import { arrowHead, type Brush, dashed, fill, hline, measure, ring, snap, vline, write } from './brush.ts';
import { type Bars, firstEndingAfter, makeBars, mergeColumns } from './columns.ts';
import { drawLineBar, isLine } from './draw-line.ts';
import { place } from './labels.ts';
import { type LaneRow } from './lanes.ts';
import { type Scene } from './scene.ts';
import { toPx } from './scale.ts';

const bars = makeBars();
const DISABLED = SHAPES.indexOf('disabled');
const NOTE = { face: 'sans', size: 9.5 } as const;
const WORD = { face: 'sans', size: 9 } as const;
/** Marks of the same kind closer than this are left out: they would run into each other. */
const MARK_ROOM = 5;

/** Width that each connector has on average, at least. */
const CONNECTOR_ROOM = 16;

export interface InterruptMeasures {
  /** y of the baseline: bars stand on it. */
  readonly base: number;
  readonly full: number;
  readonly half: number;
}

function measuresOf(row: LaneRow, y: number): InterruptMeasures {
  return row.selected ? { base: y + 32, full: 16, half: 9 } : { base: y + 14, full: 11, half: 6 };
}

/** Bars of a lane in the current window; valid until the next call. */
export function interruptBars(scene: Scene, data: LaneData): Bars {
  mergeColumns(data, scene.span, scene.width, SHAPE_OF_CODE, 'gravest', bars);
  return bars;
}

export function drawInterrupt(brush: Brush, scene: Scene, row: LaneRow, y: number, data: LaneData | undefined): Bars {
  const { context } = brush;
  const { base, full } = measuresOf(row, y);
  if (row.selected) fill(brush, 'bg-sel', 0, y, scene.width, row.height, 0.55);
  if (data === undefined) {
    dashed(brush, [0, base - 0.5], [scene.width, base - 0.5], 'st-inactive', [1, 3], 0.5);
    bars.count = 0;
    return bars;
  }
  hline(brush, 0, scene.width, base - 1, 'st-inactive', 0.55);
  const drawn = interruptBars(scene, data);
  for (let index = 0; index < drawn.count; index++) {
    if (isLine(drawn.shape[index])) {
      drawLineBar(brush, drawn, index, data.exact, { base, top: base - full });
      continue;
    }
    const [x, width] = snap(drawn.x[index] ?? 0, drawn.width[index] ?? 0);
    context.globalAlpha = drawn.alpha[index] ?? 1;
    drawBar(brush, row, y, drawn.shape[index] ?? 0, x, width);
    context.globalAlpha = 1;
    if (drawn.shape[index] === DISABLED) disabledWord(brush, scene, row, y, x, x + width);
  }
  return drawn;
}

function drawBar(brush: Brush, row: LaneRow, y: number, shape: number, x: number, width: number): void {
  const { context, palette } = brush;
  const { color, pattern } = palette;
  const { base, full, half } = measuresOf(row, y);
  const top = base - full;
  const box = (fillStyle: string | CanvasPattern, from: number, height: number): void => {
    context.fillStyle = fillStyle;
    context.fillRect(x, from, width, height);
    if (palette.outlined && width > 2) {
      context.strokeStyle = color['tx-1'];
      context.lineWidth = 1;
      context.strokeRect(x + 0.5, from + 0.5, width - 1, height - 1);
    }
  };
  switch (SHAPES[shape]) {
    case 'disabled':
      dottedBase(brush, x, width, base);
      return;
    case 'pending-disabled':
      dottedBase(brush, x, width, base);
      outline(brush, x, base - half, width, half - 1);
      return;
    case 'pending':
      box(color['st-pending'], base - half, half);
      return;
    case 'masked':
      box(pattern.masked, base - half, half);
      outline(brush, x, base - half, width, half - 1);
      return;
    case 'active':
      box(color['st-active'], top, full);
      return;
    case 'active-pending':
      box(pattern.activePending, top, full);
      box(color['st-pending'], top - 3, 4);
      return;
    case 'unknown':
      // There may be much of it before a trace says anything: visible, but quiet.
      context.globalAlpha *= 0.6;
      box(pattern.unknown, top, full);
      return;
    case 'inactive':
    case 'line-low':
    case 'line-high':
    case undefined:
      return;
  }
}

function outline(brush: Brush, x: number, y: number, width: number, height: number): void {
  const { context, palette } = brush;
  context.strokeStyle = palette.color['st-masked'];
  context.lineWidth = 1;
  if (width > 2) context.strokeRect(x + 0.5, y + 0.5, width - 1, height);
  else {
    context.fillStyle = palette.color['st-masked'];
    context.fillRect(x, y, width, height + 1);
  }
}

function dottedBase(brush: Brush, x: number, width: number, base: number): void {
  fill(brush, 'bg-1', x, base - 1, width, 1);
  dashed(brush, [x, base - 0.5], [x + width, base - 0.5], 'st-inactive', [2, 4], 0.9);
}

function disabledWord(brush: Brush, scene: Scene, row: LaneRow, y: number, left: number, right: number): void {
  const bounds = { left: 2, right: scene.width - 2 };
  const cursor = scene.cursor === undefined ? undefined : toPx(scene.span, scene.width, scene.cursor.time);
  const label = place(['disabled'], left, right, bounds, (text) => measure(brush, WORD, text) + 16, cursor);
  if (label === undefined) return;
  const { base } = measuresOf(row, y);
  fill(brush, row.selected ? 'bg-sel' : 'bg-1', label.x, base - 9, measure(brush, WORD, label.text) + 8, 11);
  write(brush, label.text, label.x + 4, base - 1, WORD, 'tx-3');
}

/** Moments of lives. Returns how many were drawn. */
export function drawMarks(brush: Brush, scene: Scene, row: LaneRow, y: number, data: LaneData, execY?: number): number {
  const { base, full } = measuresOf(row, y);
  const { markTime, markLeg } = data;
  const last: number[] = LEGS.map(() => -Infinity);
  let drawn = 0;
  for (let index = firstEndingAfter(markTime, scene.span.from) - 1; index < markTime.length; index++) {
    const time = markTime[index];
    if (time === undefined || time < scene.span.from) continue;
    if (time > scene.span.to) break;
    const leg = markLeg[index] ?? 0;
    const x = Math.round(toPx(scene.span, scene.width, time));
    if (x - (last[leg] ?? -Infinity) < MARK_ROOM) continue;
    last[leg] = x;
    drawn++;
    const center = x + 0.5;
    // Of a line alone the raise is all that is seen of an injection.
    const name = LEGS[leg] === 'raised' && row.lane?.lineAlone === true ? 'pending' : LEGS[leg];
    switch (name) {
      case 'pending':
        if (row.selected && execY !== undefined) {
          vline(brush, x, execY + 15, base - 14, 'tx-1');
          arrowHead(brush, center, base - 10, 1, 5, 'tx-1');
        } else arrowHead(brush, center, y + 7.5, 1, 3.6, 'tx-2');
        break;
      case 'acknowledged':
        if (row.selected && execY !== undefined) {
          vline(brush, x, execY + 19, base - full - 2, 'tx-1');
          arrowHead(brush, center, execY + 17, -1, 5, 'tx-1');
        }
        ring(brush, center, base - full, row.selected ? 2.5 : 2, 'tx-1');
        break;
      case 'deactivated':
        vline(brush, x, base - full - (row.selected ? 3 : 2), base, 'tx-1');
        if (row.selected) hline(brush, x, x + 4, base - full - 3, 'tx-1');
        break;
      case 'dropped':
        vline(brush, x, base, base + 3, 'tx-2');
        break;
      case 'raised':
      case undefined:
        drawn--;
    }
  }
  return drawn;
}

/** Whether lines from the marks in sight to the vCPU would still be told apart, and leave in sight what they cross. */
export function connectorsFit({ span, width }: Pick<Scene, 'span' | 'width'>, { markTime }: LaneData): boolean {
  const marks = firstEndingAfter(markTime, span.to) - firstEndingAfter(markTime, span.from);
  return marks * CONNECTOR_ROOM <= width;
}

/** Durations of the lives in the selected lane, where there is room between one end and the next beginning. */
export function drawDurations(brush: Brush, scene: Scene, y: number, data: LaneData): void {
  const { markTime, markLeg } = data;
  const cursor = scene.cursor === undefined ? undefined : toPx(scene.span, scene.width, scene.cursor.time);
  let pending: number | undefined;
  let acknowledged: number | undefined;
  for (let index = 0; index < markTime.length; index++) {
    const time = markTime[index] ?? 0;
    switch (LEGS[markLeg[index] ?? 0]) {
      case 'pending':
        if (acknowledged === undefined) pending = time;
        break;
      case 'acknowledged':
        acknowledged = time;
        break;
      case 'deactivated': {
        const x = toPx(scene.span, scene.width, time);
        if (acknowledged !== undefined && x > 0 && x < scene.width) {
          const next = nextPending(markTime, markLeg, index);
          const room = next === undefined ? scene.width : toPx(scene.span, scene.width, next);
          const ack = pending === undefined ? '' : `ack ${shortDuration(acknowledged - pending)}`;
          const end = `deactivate ${shortDuration(time - acknowledged)}`;
          const forms = [ack === '' ? end : `${ack} · ${end}`, ack, shortDuration(time - (pending ?? acknowledged))];
          const from = x + 4;
          const bounds = { left: 0, right: Math.min(room, scene.width) };
          const label = place(forms, from, room, bounds, (text) => measure(brush, NOTE, text), cursor);
          // A label that had to jump over the cursor would no longer stand beside its bar.
          if (label !== undefined && label.x < from + 8) write(brush, label.text, label.x, y + 12, NOTE, 'tx-2');
        }
        pending = undefined;
        acknowledged = undefined;
        break;
      }
      case 'raised':
      case 'dropped':
      case undefined:
        break;
    }
  }
}

function nextPending(times: Float64Array, legs: Uint8Array, from: number): number | undefined {
  for (let index = from + 1; index < times.length; index++)
    if (LEGS[legs[index] ?? 0] === 'pending') return times[index];
  return undefined;
}

/** Above the veil: what the selected interrupt is doing at the cursor. */
export function drawSelectedNote(brush: Brush, scene: Scene, row: LaneRow, y: number): void {
  if (scene.selectedNote === '' || scene.cursor === undefined) return;
  const x = toPx(scene.span, scene.width, scene.cursor.time);
  if (x < -1 || x > scene.width) return;
  const type = { face: 'sans', size: 10, weight: 500 } as const;
  const { base, full } = measuresOf(row, y);
  const width = measure(brush, type, scene.selectedNote);
  const left = x + 10 + width > scene.width - 4 ? x - 10 - width : x + 10;
  if (left < 4) return;
  fill(brush, 'bg-sel', left - 3, base - full - 8, width + 6, 13, 0.85);
  write(brush, scene.selectedNote, left, base - full + 2, type, 'tx-pending');
}

/** Words for the shapes that a frame drew in a lane. */
export function shapeNames(drawn: Bars): string[] {
  const seen = new Set<string>();
  for (let index = 0; index < drawn.count; index++) {
    const shape = SHAPES[drawn.shape[index] ?? 0];
    if (shape !== undefined) seen.add(SHAPE_WORDS[shape]);
  }
  return [...seen];
}
