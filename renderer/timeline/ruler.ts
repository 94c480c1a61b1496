/**
 * Where the ruler puts its ticks and what it writes: a base in the gutter (`4.180 s`) and offsets from it at the ticks
 * (`+1.2 ms`), so that a label stays short however long the trace is. They are times since the start, or of the recording's clock. Pure.
 */
import { type Clock } from '../format/clock.ts';
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
  /** What the offsets count from; empty when they are whole times. */
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

export interface RulerOptions {
  /** Least distance between ticks in pixels. */
  readonly spacing?: number;
  /** What the labels are times of; undefined: they count from the start of the trace. */
  readonly clock?: Clock | undefined;
  /** Nothing says what offsets would count from: labels are whole times. */
  readonly baseless?: boolean;
}

export function ruler(span: Span, width: number, { spacing = 78, clock, baseless = false }: RulerOptions = {}): Ruler {
  const size = length(span);
  const step = tickStep((size / width) * spacing);
  const decade = 10 ** Math.ceil(Math.log10(size));
  // From here on times are the clock's: ticks stand at its round times, not at those since the start.
  const zero = clock === undefined ? 0 : startOf(clock);
  const [left, right] = [span.from + zero, span.to + zero];
  const isDaytime = clock?.unit === 'UTC';
  const base = baseless ? 0 : Math.max(0, Math.floor(left / decade) * decade);
  const isBased = base > 0 || (isDaytime && !baseless);
  const farthest = Math.max(right - base, step);
  const { unit, ns } =
    TIME_UNITS.find((candidate) => farthest >= candidate.ns && step >= candidate.ns / 1000) ?? NANOSECONDS;
  const decimals = Math.max(0, Math.ceil(-Math.log10(step / ns) - 1e-9));
  const ticks: Tick[] = [];
  const first = Math.ceil((left - base) / step - 1e-9);
  const last = Math.floor((right - base) / step + 1e-9);
  for (let index = first; index <= last; index++) {
    const offset = index * step;
    const time = base + offset - zero;
    const sign = offset < 0 ? MINUS : isBased ? '+' : '';
    const label =
      isDaytime && baseless
        ? { value: timeOfDay(offset, decimalsOf(step)), unit: '' }
        : { value: sign + (Math.abs(offset) / ns).toFixed(decimals), unit };
    ticks.push({ time, px: toPx(span, width, time), ...label });
  }
  return { base: isBased ? baseText(base, decade, isDaytime) : '', ticks };
}

/** `4.180 s`, `21:55:42.900`: enough decimals to tell the base from its neighbours, in groups of three. */
function baseText(base: number, decade: number, isDaytime: boolean): string {
  const decimals = Math.min(9, Math.ceil(decimalsOf(decade) / 3) * 3);
  return isDaytime ? timeOfDay(base, decimals) : `${(base / SECOND).toFixed(decimals)} s`;
}

const SECOND = 1e9;
const DAY = 86_400;

/** Digits of a second that times so far apart differ in. */
const decimalsOf = (apart: number): number => Math.max(0, Math.ceil(9 - Math.log10(apart) - 1e-9));

/** Nanoseconds of the clock at the start of the trace: of the day, or since the host started. */
function startOf({ unit, seconds, nanos }: Clock): number {
  return (unit === 'UTC' ? seconds % DAY : seconds) * SECOND + nanos;
}

/** Nanoseconds since midnight as hours, minutes and seconds; past the next midnight they begin again. */
function timeOfDay(ns: number, decimals: number): string {
  const seconds = Math.floor(ns / SECOND);
  const day = new Date((((seconds % DAY) + DAY) % DAY) * 1000).toISOString().slice(11, 19);
  const fraction = String(ns - seconds * SECOND)
    .padStart(9, '0')
    .slice(0, decimals);
  return fraction === '' ? day : `${day}.${fraction}`;
}
