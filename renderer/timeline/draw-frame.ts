/**
 * One frame of the timeline, from the back to the front: grid, lanes, veil over the future, labels that must stay
 * readable, hits, cursor. Draws only what is visible; returns what it drew.
 */
import { shortDuration } from '../format/time.ts';
import { SHAPES } from '../format/interrupt-state.ts';
import { type Brush, dashed, fill, hline, measure, vline, write } from './brush.ts';
import { drawExec, execNames } from './draw-exec.ts';
import { drawHighTimes } from './draw-line.ts';
import {
  connectorsFit,
  drawDurations,
  drawInterrupt,
  drawMarks,
  drawSelectedNote,
  interruptBars,
  shapeNames,
} from './draw-interrupt.ts';
import { drawValue, type MaskedRange } from './draw-value.ts';
import { flagText } from './labels.ts';
import { type LaneRow } from './lanes.ts';
import { type Ruler } from './ruler.ts';
import { type DrawnLane, LANES_TOP, RULER_HEIGHT, type Scene } from './scene.ts';
import { length, toPx } from './scale.ts';

const MASKED = SHAPES.indexOf('masked');

export function drawFrame(brush: Brush, scene: Scene, marks: Ruler): DrawnLane[] {
  const { context, palette } = brush;
  context.fillStyle = palette.color['bg-1'];
  context.fillRect(0, 0, scene.width, scene.height);
  context.textBaseline = 'alphabetic';
  drawGrid(brush, scene, marks);

  context.save();
  context.beginPath();
  context.rect(0, LANES_TOP, scene.width, scene.height - LANES_TOP);
  context.clip();
  const drawn = drawLanes(brush, scene);
  drawRange(brush, scene);
  drawVeil(brush, scene);
  for (const row of visibleRows(scene)) {
    if (row.kind === 'interrupt' && row.selected) drawSelectedNote(brush, scene, row, laneY(scene, row));
  }
  context.restore();

  drawRulerLabels(brush, scene, marks);
  drawHits(brush, scene);
  drawBookmarks(brush, scene);
  drawCursor(brush, scene);
  return drawn;
}

/** y of a lane on the canvas. */
function laneY(scene: Scene, row: LaneRow): number {
  return LANES_TOP + row.y - scene.scrollY;
}

function visibleRows(scene: Scene): LaneRow[] {
  return scene.rows.filter((row) => {
    const y = laneY(scene, row);
    return y + row.height > LANES_TOP && y < scene.height;
  });
}

function drawGrid(brush: Brush, scene: Scene, marks: Ruler): void {
  for (const { px } of marks.ticks) {
    vline(brush, px, RULER_HEIGHT, scene.height, 'line-1');
    vline(brush, px, RULER_HEIGHT - 5, RULER_HEIGHT, 'line-2');
  }
  hline(brush, 0, scene.width, RULER_HEIGHT - 1, 'line-1');
}

function drawLanes(brush: Brush, scene: Scene): DrawnLane[] {
  const drawn: DrawnLane[] = [];
  for (const rule of scene.layout.rules) hline(brush, 0, scene.width, LANES_TOP + rule - scene.scrollY, 'line-1');
  const late: (() => void)[] = [];
  for (const row of visibleRows(scene)) {
    const y = laneY(scene, row);
    const data = row.lane === undefined ? undefined : scene.tiles?.lanes.get(row.lane.id);
    const note = (bars: number, shapes: readonly string[], count = 0): void => {
      drawn.push({ id: row.id, y, height: row.height, bars, shapes, marks: count });
    };
    if (row.kind === 'exec') {
      const bars = drawExec(brush, scene, y, data);
      note(bars.count, execNames(bars));
    } else if (row.kind === 'interrupt') {
      const bars = drawInterrupt(brush, scene, row, y, data);
      const shapes = shapeNames(bars);
      const count = bars.count;
      if (data !== undefined && data.markTime.length > 0) {
        if (row.selected) {
          const exec = scene.layout.rows.find(({ kind, group }) => kind === 'exec' && group === row.group);
          const execY = exec === undefined || !connectorsFit(scene, data) ? undefined : laneY(scene, exec);
          // Connectors cross other lanes: they are drawn when all lanes are.
          late.push(() => {
            drawMarks(brush, scene, row, y, data, execY);
            if (row.lane?.lineAlone === true) drawHighTimes(brush, scene, y, data, interruptBars(scene, data));
            else drawDurations(brush, scene, y, data);
          });
          note(count, shapes, data.markTime.length);
        } else note(count, shapes, drawMarks(brush, scene, row, y, data));
      } else note(count, shapes);
    } else if (row.kind === 'value' && row.lane !== undefined) {
      const masked = maskedRanges(scene, row.group);
      note(drawValue(brush, scene, y, row.height, data, scene.priorities(row.lane), masked), ['value']);
    } else if (row.kind === 'fold') {
      drawFold(brush, scene, row, y);
      note(0, ['fold']);
    }
  }
  for (const draw of late) draw();
  return drawn;
}

/** Lanes without bars need no more than where they are. */
function drawFold(brush: Brush, scene: Scene, row: LaneRow, y: number): void {
  if (row.selected) fill(brush, 'bg-sel', 0, y, scene.width, row.height, 0.55);
  const middle = y + row.height / 2;
  dashed(brush, [0, middle], [scene.width, middle], 'st-inactive', [1, 5], 0.5);
}

/** Where an interrupt of the group is held back. */
function maskedRanges(scene: Scene, group: string): MaskedRange[] {
  const ranges: MaskedRange[] = [];
  for (const row of scene.rows) {
    if (row.group !== group || row.kind !== 'interrupt' || row.lane === undefined) continue;
    const data = scene.tiles?.lanes.get(row.lane.id);
    if (data === undefined) continue;
    const bars = interruptBars(scene, data);
    for (let index = 0; index < bars.count; index++) {
      if (bars.shape[index] !== MASKED) continue;
      const left = bars.x[index] ?? 0;
      ranges.push({ left, right: left + (bars.width[index] ?? 0) });
    }
  }
  return ranges;
}

function drawRange(brush: Brush, scene: Scene): void {
  if (scene.range === undefined) return;
  const left = toPx(scene.span, scene.width, scene.range.from);
  const right = toPx(scene.span, scene.width, scene.range.to);
  fill(brush, 'accent', left, LANES_TOP, right - left, scene.height - LANES_TOP, 0.12);
  vline(brush, left, LANES_TOP, scene.height, 'accent');
  vline(brush, right, LANES_TOP, scene.height, 'accent');
}

function drawVeil(brush: Brush, scene: Scene): void {
  if (scene.cursor === undefined || brush.palette.veil === 0) return;
  const x = Math.max(0, toPx(scene.span, scene.width, scene.cursor.time));
  if (x < scene.width) fill(brush, 'bg-1', x, RULER_HEIGHT, scene.width - x, scene.height, brush.palette.veil);
}

const TICK = { face: 'mono', size: 10 } as const;

function drawRulerLabels(brush: Brush, scene: Scene, marks: Ruler): void {
  const flag = cursorFlag(brush, scene);
  for (const { px, value, unit } of marks.ticks) {
    const x = px + 4;
    const width = measure(brush, TICK, `${value} ${unit}`);
    if (x < 0 || x + width > scene.width) continue;
    // Never under the cursor's flag.
    if (flag !== undefined && x + width > flag.left - 4 && x < flag.left + flag.width + 4) continue;
    write(brush, value, x, 16, TICK, 'tx-3');
    write(brush, unit, x + measure(brush, TICK, `${value} `), 16, TICK, 'tx-4');
  }
  if (scene.range !== undefined) {
    const left = toPx(scene.span, scene.width, scene.range.from);
    const right = toPx(scene.span, scene.width, scene.range.to);
    hline(brush, left, right, RULER_HEIGHT - 2, 'accent');
    const text = shortDuration(length(scene.range));
    const width = measure(brush, TICK, text);
    const x = (left + right) / 2;
    if (x > 0 && x < scene.width) {
      fill(brush, 'accent', x - width / 2 - 5, 4, width + 10, 15);
      write(brush, text, x, 15, TICK, 'tx-inv', 'center');
    }
  }
}

const FLAG = { face: 'sans', size: 9, weight: 700 } as const;

function drawHits(brush: Brush, scene: Scene): void {
  const { context, palette } = brush;
  for (const flag of scene.flags) {
    const { px, count, colour } = flag;
    const own = colour === '' ? palette.color.hit : colour;
    const x = Math.round(px);
    const text = flagText(flag);
    const width = Math.max(13, measure(brush, FLAG, text) + 7);
    if (count === 1) {
      context.setLineDash([2, 3]);
      context.strokeStyle = own;
      context.globalAlpha = 0.22;
      context.beginPath();
      context.moveTo(x + 0.5, RULER_HEIGHT + 2);
      context.lineTo(x + 0.5, scene.height);
      context.stroke();
      context.setLineDash([]);
      context.globalAlpha = 1;
    }
    // One hit is a full flag; several are a quieter one with their number.
    context.fillStyle = count === 1 ? own : palette.color['hit-soft'];
    context.fillRect(x, RULER_HEIGHT + 2, width, 10);
    context.fillStyle = own;
    context.fillRect(x, RULER_HEIGHT + 2, 1, 13);
    write(brush, text, x + width / 2, RULER_HEIGHT + 10, FLAG, count === 1 ? 'tx-inv' : 'hit', 'center');
  }
}

function drawBookmarks(brush: Brush, scene: Scene): void {
  const { context, palette } = brush;
  for (const time of scene.bookmarks) {
    const x = Math.round(toPx(scene.span, scene.width, time));
    if (x < -6 || x > scene.width + 6) continue;
    context.fillStyle = palette.color.accent;
    context.beginPath();
    context.moveTo(x - 3, 0);
    context.lineTo(x + 3, 0);
    context.lineTo(x + 3, 8);
    context.lineTo(x, 5.5);
    context.lineTo(x - 3, 8);
    context.closePath();
    context.fill();
  }
}

const CURSOR = { face: 'mono', size: 10.5, weight: 600 } as const;

/** Where the cursor's flag stands; undefined while the cursor is outside the window. */
function cursorFlag(
  brush: Brush,
  scene: Scene,
): { readonly left: number; readonly width: number; readonly x: number } | undefined {
  if (scene.cursor === undefined) return undefined;
  const x = toPx(scene.span, scene.width, scene.cursor.time);
  if (x < 0 || x > scene.width) return undefined;
  const width = measure(brush, CURSOR, scene.cursor.label) + 14;
  return { left: Math.min(Math.max(2, Math.round(x - width / 2)), scene.width - width - 2), width, x: Math.round(x) };
}

function drawCursor(brush: Brush, scene: Scene): void {
  const { context, palette } = brush;
  if (scene.ghost !== undefined) {
    const x = toPx(scene.span, scene.width, scene.ghost);
    if (x >= 0 && x <= scene.width) vline(brush, x, RULER_HEIGHT - 4, scene.height, 'cursor', 0.4);
  }
  const flag = cursorFlag(brush, scene);
  if (flag === undefined || scene.cursor === undefined) return;
  vline(brush, flag.x, RULER_HEIGHT - 4, scene.height, 'cursor');
  context.fillStyle = palette.color.cursor;
  context.beginPath();
  context.roundRect(flag.left, 3, flag.width, 17, 3);
  context.fill();
  context.beginPath();
  context.moveTo(flag.x - 3.5, 19.5);
  context.lineTo(flag.x + 4.5, 19.5);
  context.lineTo(flag.x + 0.5, 24.5);
  context.closePath();
  context.fill();
  write(brush, scene.cursor.label, flag.left + flag.width / 2, 15.2, CURSOR, 'tx-inv', 'center');
}
