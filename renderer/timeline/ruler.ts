/**
 * Where the ruler puts its ticks and what it writes: a base in the gutter (`4.180 s`) and offsets from it at the ticks
 * (`+1.2 ms`), so that a label stays short however long the trace is. Pure.
 */
import { MINUS } from '../format/number.ts';
import { TIME_UNITS } from '../format/time.ts';
import { length, type Span, toPx } from './scale.ts';

export interface Tick {
  readonly time: number;
  readonly px: number;
  /** Number part, `+1.2`; empty on ticks between labels. */
  readonly value: string;
  readonly unit: string;
}

export interface Ruler {
  /** What the offsets count from; empty when they count from the start of the trace. */
  readonly base: string;
  readonly ticks: readonly Tick[];
}

const NANOSECONDS = { unit: 'ns', ns: 1 } as const;

/** The smallest of 1, 2, 5 × 10ⁿ that is at least `least`; never below one nanosecond. */
export function tickStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10;
  return Math.max(1, step * power);
}

/**
 * @param spacing least distance between ticks in pixels
 */
export function ruler(span: Span, width: number, spacing = 78): Ruler {
  const size = length(span);
  const step = tickStep((size / width) * spacing);
  const decade = 10 ** Math.ceil(Math.log10(size));
  const from = Math.max(0, Math.floor(Math.max(0, span.from) / decade) * decade);
  const base = from > 0 ? from : 0;
  const farthest = Math.max(span.to - base, step);
  const { unit, ns } =
    TIME_UNITS.find((candidate) => farthest >= candidate.ns && step >= candidate.ns / 1000) ?? NANOSECONDS;
  const decimals = Math.max(0, Math.ceil(-Math.log10(step / ns) - 1e-9));
  const ticks: Tick[] = [];
  const first = Math.ceil((span.from - base) / step - 1e-9);
  const last = Math.floor((span.to - base) / step + 1e-9);
  for (let index = first; index <= last; index++) {
    const offset = index * step;
    const time = base + offset;
    const sign = offset < 0 ? MINUS : base > 0 ? '+' : '';
    const value = sign + (Math.abs(offset) / ns).toFixed(decimals);
    ticks.push({ time, px: toPx(span, width, time), value, unit });
  }
  return { base: base > 0 ? baseText(base, decade) : '', ticks };
}

/** `4.180 s`: enough decimals to tell the base from its neighbours, in groups of three. */
function baseText(base: number, decade: number): string {
  const needed = Math.max(0, Math.ceil(9 - Math.log10(decade)));
  const decimals = Math.min(9, Math.ceil(needed / 3) * 3);
  return `${(base / 1e9).toFixed(decimals)} s`;
}
