import { describe, expect, it } from 'vitest';
import { SHAPES } from '../../../renderer/format/interrupt-state.ts';
import { type Brush } from '../../../renderer/timeline/brush.ts';
import { type Bars, makeBars } from '../../../renderer/timeline/columns.ts';
import { drawLineBar, isLine } from '../../../renderer/timeline/draw-line.ts';
import { type Palette } from '../../../renderer/timeline/palette.ts';

const DOTS = 'dots';
const LINE = 'blue';

interface Box {
  readonly style: string;
  readonly alpha: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Bars one behind the other as [shape, width, segment]. */
function barsOf(list: readonly (readonly [shape: string, width: number, segment: number, alpha?: number])[]): Bars {
  const bars = makeBars(16);
  let x = 0;
  for (const [index, [shape, width, segment, alpha]] of list.entries()) {
    bars.x[index] = x;
    bars.width[index] = width;
    bars.shape[index] = SHAPES.findIndex((one) => one === shape);
    bars.segment[index] = segment;
    bars.alpha[index] = alpha ?? 1;
    x += width;
  }
  bars.count = list.length;
  return bars;
}

/** The boxes that a bar fills, on a lane of 11 pixels from y = 3 down. */
function drawn(bars: Bars, index: number, exact = true): Box[] {
  const boxes: Box[] = [];
  const context = {
    fillStyle: '',
    globalAlpha: 1,
    fillRect(x: number, y: number, width: number, height: number) {
      boxes.push({ style: this.fillStyle, alpha: this.globalAlpha, x, y, width, height });
    },
  };
  const palette = { color: { data: LINE }, pattern: { unknown: DOTS } };
  // All that a line's bar takes of a canvas and of a palette.
  const brush = { context, palette } as unknown as Brush & { readonly palette: Palette };
  drawLineBar(brush, bars, index, exact, { base: 14, top: 3 });
  return boxes;
}
const uprights = (boxes: readonly Box[]): number[] =>
  boxes.filter(({ style, width, height }) => style === LINE && width === 1 && height === 11).map(({ x }) => x);

describe('the bar of a line', () => {
  const bars = barsOf([
    ['line-low', 20, 0],
    ['line-high', 30, 1],
    ['line-low', 10, 2],
  ]);

  it('stands over dots in any case: pending and active are not known', () => {
    for (const index of [0, 1, 2]) {
      const [behind] = drawn(bars, index);
      expect(behind).toMatchObject({ style: DOTS, y: 3, height: 11, width: bars.width[index] });
      expect(behind?.alpha).toBeLessThan(0.6);
    }
  });

  it('runs at the top while it is high and at the bottom while it is low', () => {
    expect(drawn(bars, 0)[1]).toMatchObject({ style: LINE, alpha: 1, x: 0, width: 20, y: 12, height: 2 });
    expect(drawn(bars, 1)[1]).toMatchObject({ style: LINE, alpha: 1, x: 20, width: 30, y: 3, height: 2 });
  });

  it('has an upright edge where both levels were told, and none where one is not known', () => {
    expect(uprights(drawn(bars, 1))).toEqual([20, 49]);
    const lost = barsOf([
      ['line-low', 20, 0],
      ['unknown', 5, 1],
      ['line-high', 30, 2],
      ['unknown', 10, 3],
    ]);
    expect(uprights(drawn(lost, 2))).toEqual([]);
    expect(uprights(drawn(barsOf([['line-high', 30, 0]]), 0))).toEqual([]);
  });

  it('is a block as dense as it was high where several steps are squeezed into it', () => {
    const squeezed = barsOf([['line-high', 3, -1, 0.5]]);
    expect(drawn(squeezed, 0)[1]).toMatchObject({ style: LINE, alpha: 0.5, y: 3, height: 11 });
    // A column of a server's answer has a segment, and is no stretch either.
    expect(drawn(barsOf([['line-high', 3, 7, 0.5]]), 0, false)[1]).toMatchObject({ alpha: 0.5, height: 11 });
  });

  it('is that of no other shape', () => {
    expect(SHAPES.filter((_, shape) => isLine(shape))).toEqual(['line-low', 'line-high']);
    expect(isLine(undefined)).toBe(false);
  });
});
