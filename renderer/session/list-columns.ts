/** Widths of the event list's columns in pixels, 0: as wide as the list makes them. They persist. */
import { computed, type ComputedRef } from 'vue';
import { remembered } from '../remember.ts';
import { useTrace } from '../stores/trace.ts';

const RESIZABLE = ['seq', 'time', 'delta', 'name'] as const;
export type ResizableColumn = (typeof RESIZABLE)[number];

const LEAST: Readonly<Record<ResizableColumn, number>> = { seq: 40, time: 60, delta: 40, name: 80 };
const MOST = 900;
/** A time of day, or an uptime of days, takes more room than the time since the start. */
const CLOCK_WIDTH = '136px';

export interface ListColumns {
  /** For the list's style attribute: `--time: 120px`; columns without a width of their own are left out. */
  readonly style: ComputedRef<Readonly<Record<string, string>>>;
  readonly least: (column: ResizableColumn) => number;
  readonly most: number;
  resize(column: ResizableColumn, width: number): void;
  reset(column: ResizableColumn): void;
}

export function useListColumns(): ListColumns {
  const trace = useTrace();
  const widths = {
    seq: remembered<number>('column-seq', 0),
    time: remembered<number>('column-time', 0),
    delta: remembered<number>('column-delta', 0),
    name: remembered<number>('column-name', 0),
  };
  return {
    style: computed(() =>
      Object.fromEntries(
        RESIZABLE.flatMap((column) => {
          const width = widths[column].value;
          if (width === 0 && column === 'time' && trace.clock !== undefined) return [['--time', CLOCK_WIDTH]];
          return width > 0 ? [[`--${column}`, `${Math.min(Math.max(width, LEAST[column]), MOST)}px`]] : [];
        }),
      ),
    ),
    least: (column) => LEAST[column],
    most: MOST,
    resize: (column, width) => void (widths[column].value = width),
    reset: (column) => void (widths[column].value = 0),
  };
}
