/** Small strokes that all drawing code shares: crisp lines, text with a measured width. */
import { type Palette, type Token } from './palette.ts';

/** Widths are measured once per font and text. */
const widths = new Map<string, number>();
const MOST_WIDTHS = 4096;

export interface Brush {
  readonly context: CanvasRenderingContext2D;
  readonly palette: Palette;
}

export type Face = 'sans' | 'mono';
export interface Type {
  readonly face: Face;
  readonly size: number;
  readonly weight?: number;
}

function font(palette: Palette, type: Type): string {
  return `${type.weight ?? 400} ${type.size}px ${palette[type.face]}`;
}

export function measure(brush: Brush, type: Type, text: string): number {
  const name = font(brush.palette, type);
  const key = `${name}\n${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  brush.context.font = name;
  const { width } = brush.context.measureText(text);
  if (widths.size > MOST_WIDTHS) widths.clear();
  widths.set(key, width);
  return width;
}

/** Forgets measured widths: the fonts changed. */
export function forgetWidths(): void {
  widths.clear();
}

/** A horizontal hairline on whole pixels. */
export function hline(brush: Brush, x0: number, x1: number, y: number, token: Token, alpha = 1): void {
  const { context, palette } = brush;
  context.globalAlpha = alpha;
  context.fillStyle = palette.color[token];
  context.fillRect(x0, Math.floor(y), x1 - x0, 1);
  context.globalAlpha = 1;
}

export function vline(brush: Brush, x: number, y0: number, y1: number, token: Token, alpha = 1): void {
  const { context, palette } = brush;
  context.globalAlpha = alpha;
  context.fillStyle = palette.color[token];
  context.fillRect(Math.floor(x), y0, 1, y1 - y0);
  context.globalAlpha = 1;
}

export function dashed(
  brush: Brush,
  from: readonly [number, number],
  to: readonly [number, number],
  token: Token,
  dash: readonly number[],
  alpha = 1,
): void {
  const { context, palette } = brush;
  context.globalAlpha = alpha;
  context.strokeStyle = palette.color[token];
  context.lineWidth = 1;
  context.setLineDash([...dash]);
  context.beginPath();
  context.moveTo(from[0], from[1]);
  context.lineTo(to[0], to[1]);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

export function write(
  brush: Brush,
  text: string,
  x: number,
  y: number,
  type: Type,
  token: Token,
  align: CanvasTextAlign = 'left',
): void {
  const { context, palette } = brush;
  context.font = font(palette, type);
  context.fillStyle = palette.color[token];
  context.textAlign = align;
  context.fillText(text, x, y);
}

export function fill(brush: Brush, token: Token, x: number, y: number, width: number, height: number, alpha = 1): void {
  const { context, palette } = brush;
  context.globalAlpha = alpha;
  context.fillStyle = palette.color[token];
  context.fillRect(x, y, width, height);
  context.globalAlpha = 1;
}

/** Left edge and width of a bar on whole pixels, at least one wide. */
export function snap(x: number, width: number): readonly [number, number] {
  const left = Math.round(x);
  return [left, Math.max(1, Math.round(x + width) - left)];
}

/** Points down (`direction` 1) or up (−1); `y` is the tip. */
export function arrowHead(brush: Brush, x: number, y: number, direction: 1 | -1, size: number, token: Token): void {
  const { context, palette } = brush;
  context.fillStyle = palette.color[token];
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - size * 0.7, y - direction * size);
  context.lineTo(x + size * 0.7, y - direction * size);
  context.closePath();
  context.fill();
}

export function ring(brush: Brush, x: number, y: number, radius: number, token: Token): void {
  const { context, palette } = brush;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = palette.color['bg-1'];
  context.fill();
  context.strokeStyle = palette.color[token];
  context.lineWidth = radius > 2 ? 1.25 : 1;
  context.stroke();
}
