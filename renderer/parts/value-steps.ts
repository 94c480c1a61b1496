/** Columns of a value's lowest and highest as the paths of a step line. Pure. */

export interface Steps {
  /** The value, column by column. */
  readonly line: string;
  /** Columns in which it takes several values. */
  readonly bars: string;
  /** Columns in which nobody knows it. */
  readonly unknown: string;
}

/** Room above and below the line, so that it is not cut. */
const MARGIN = 3;

/** @param height of the picture; each column is one unit wide */
export function steps(low: Float64Array, high: Float64Array, height: number): Steps {
  let least = Infinity;
  let most = -Infinity;
  for (const value of low) if (value < least) least = value;
  for (const value of high) if (value > most) most = value;
  // A value that never changes is a line in the middle.
  const y = (value: number): number =>
    most === least ? height / 2 : round(height - MARGIN - ((value - least) / (most - least)) * (height - 2 * MARGIN));
  let line = '';
  let bars = '';
  let unknown = '';
  let isDrawn = false;
  for (let column = 0; column < low.length; column++) {
    const [from = NaN, to = NaN] = [low[column], high[column]];
    if (Number.isNaN(from) || Number.isNaN(to)) {
      unknown += `M${column} 0h1v${height}h-1z`;
      isDrawn = false;
      continue;
    }
    line += isDrawn ? `V${y(from)}H${column + 1}` : `M${column} ${y(from)}H${column + 1}`;
    isDrawn = true;
    if (from !== to) bars += `M${column} ${y(to)}h1V${y(from)}h-1z`;
  }
  return { line, bars, unknown };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
