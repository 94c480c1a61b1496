/**
 * The minimap: one density row per vCPU (up to eight, then neighbours are merged), hit ticks, bookmarks, the window's
 * handle. Measures in CSS pixels; `draw` is the only part that touches a canvas.
 */
import { type Clock } from '../format/clock.ts';
import { type Brush, fill, write } from './brush.ts';
import { ruler } from './ruler.ts';
import { type Span, toPx } from './scale.ts';

const MINIMAP = { rowTop: 9, row: 7, rowStep: 8, ticksTop: 43, handleTop: 6.5, handleHeight: 42 } as const;
const MOST_ROWS = 8;
/** The handle is never drawn narrower. */
export const LEAST_HANDLE = 5;

export interface Density {
  readonly rows: number;
  readonly columns: number;
  readonly cells: Uint32Array;
}

/**
 * Rows as they are drawn: opacity 0 … 1 per column. The last row of the answer holds the events without a vCPU; it is
 * shown only when no other row has any.
 */
export function densityRows(density: Density): Float32Array[] {
  const { rows, columns, cells } = density;
  const all = Array.from({ length: rows }, (_, row) => cells.subarray(row * columns, (row + 1) * columns));
  const named = all.slice(0, -1);
  const used = named.some((row) => row.some((count) => count > 0)) ? named : all.slice(-1);
  const merge = Math.ceil(used.length / MOST_ROWS);
  const sums: Float32Array[] = [];
  let most = 1;
  for (let first = 0; first < used.length; first += merge) {
    const sum = new Float32Array(columns);
    for (const row of used.slice(first, first + merge)) {
      row.forEach((count, column) => (sum[column] = (sum[column] ?? 0) + count));
    }
    most = sum.reduce((a, b) => Math.max(a, b), most);
    sums.push(sum);
  }
  // By the logarithm: a column with one event is visible beside one with thousands.
  const scale = Math.log1p(most);
  return sums.map((sum) => sum.map((count) => (count === 0 ? 0 : 0.18 + (0.82 * Math.log1p(count)) / scale)));
}

/** Left edge and width of the window's handle, kept inside the map. */
export function handleOf(span: Span, whole: Span, width: number): { readonly left: number; readonly width: number } {
  const left = toPx(whole, width, span.from);
  const right = toPx(whole, width, span.to);
  const size = Math.max(LEAST_HANDLE, right - left);
  const middle = (left + right) / 2;
  return { left: Math.min(Math.max(middle - size / 2, 0.5), width - size - 0.5), width: size };
}

export interface MinimapScene {
  readonly width: number;
  readonly height: number;
  /** What the map shows: the whole trace, without margins. */
  readonly whole: Span;
  /** Where the trace ends, to which rows and hits reach; before the end of `whole` if it is very short. */
  readonly duration: number;
  readonly span: Span;
  readonly rows: readonly Float32Array[];
  readonly hits: readonly { readonly histogram: Uint32Array; readonly current: boolean }[];
  readonly bookmarks: readonly number[];
  readonly cursor: number | undefined;
  readonly ghost: number | undefined;
  /** What the labels are times of; undefined: they count from the start of the trace. */
  readonly clock: Clock | undefined;
}

const LABEL = { face: 'mono', size: 9 } as const;

export function drawMinimap(brush: Brush, scene: MinimapScene): void {
  const { context, palette } = brush;
  const { width, height, whole } = scene;
  context.fillStyle = palette.color['bg-1'];
  context.fillRect(0, 0, width, height);
  const rowHeight = scene.rows.length > 4 ? 4 : scene.rows.length > 2 ? MINIMAP.row : scene.rows.length > 1 ? 12 : 16;
  const rowStep = rowHeight + (scene.rows.length > 4 ? 0.5 : 1);
  const start = Math.max(0, toPx(whole, width, 0));
  const end = Math.max(toPx(whole, width, scene.duration), start + 2);
  scene.rows.forEach((row, index) => {
    const y = MINIMAP.rowTop + index * rowStep;
    fill(brush, 'bg-inset', start, y, end - start, rowHeight);
    context.fillStyle = palette.color['guest-edge'];
    const step = (end - start) / row.length;
    row.forEach((alpha, column) => {
      if (alpha === 0) return;
      context.globalAlpha = alpha;
      context.fillRect(start + column * step, y, Math.ceil(step), rowHeight);
    });
    context.globalAlpha = 1;
  });
  for (const { histogram, current } of scene.hits) {
    const step = (end - start) / histogram.length;
    const most = histogram.reduce((a, b) => Math.max(a, b), 1);
    histogram.forEach((count, column) => {
      if (count === 0) return;
      const alpha = (current ? 0.55 : 0.35) + 0.45 * Math.sqrt(count / most);
      fill(brush, 'hit', Math.round(start + column * step), MINIMAP.ticksTop, 2, 7, alpha);
    });
  }
  context.fillStyle = palette.color.accent;
  for (const time of scene.bookmarks) {
    const x = Math.round(toPx(whole, width, time));
    context.beginPath();
    context.moveTo(x - 3, 1);
    context.lineTo(x + 3, 1);
    context.lineTo(x + 3, 8);
    context.lineTo(x, 5.8);
    context.lineTo(x - 3, 8);
    context.fill();
  }
  context.textBaseline = 'alphabetic';
  const marks = ruler({ from: Math.max(0, whole.from), to: whole.to }, width, {
    spacing: 90,
    clock: scene.clock,
    baseless: true,
  });
  for (const { time, value, unit } of marks.ticks) {
    const x = toPx(whole, width, time);
    if (time > 0 && x > 12 && x < width - 20)
      write(brush, `${value} ${unit}`.trim(), x, height - 2, LABEL, 'tx-3', 'center');
  }
  const line = (time: number | undefined, alpha: number): void => {
    if (time !== undefined) fill(brush, 'cursor', Math.round(toPx(whole, width, time)), 4, 1, 46, alpha);
  };
  line(scene.ghost, 0.4);
  line(scene.cursor, 0.9);
  const handle = handleOf(scene.span, whole, width);
  context.beginPath();
  context.roundRect(handle.left, MINIMAP.handleTop, handle.width, MINIMAP.handleHeight, 1.5);
  // A window over everything would only grey the map.
  context.globalAlpha = handle.width < width * 0.98 ? 0.14 : 0;
  context.fillStyle = palette.color.cursor;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = palette.color.cursor;
  context.lineWidth = 1;
  context.stroke();
}
