/** Times and durations. A time is integer nanoseconds since the start of the trace. Pure. */
import { grouped, MINUS, significant } from './number.ts';

/** A time in seconds, cut into what is shown with gaps: whole seconds and three groups of three digits. */
export interface TimeParts {
  readonly whole: string;
  readonly groups: readonly [string, string, string];
}

export function timeParts(ns: number): TimeParts {
  const value = Math.round(Math.abs(ns));
  const digits = String(value % 1e9).padStart(9, '0');
  const whole = (ns < 0 && value > 0 ? MINUS : '') + String(Math.floor(value / 1e9));
  return { whole, groups: [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6, 9)] };
}

/** `4.182585412`: what is copied, without gaps. */
export function timeText(ns: number): string {
  const { whole, groups } = timeParts(ns);
  return `${whole}.${groups.join('')}`;
}

export interface Measure {
  readonly value: string;
  readonly unit: 's' | 'ms' | 'µs' | 'ns';
}

/** The largest first. */
export const TIME_UNITS = [
  { unit: 's', ns: 1e9 },
  { unit: 'ms', ns: 1e6 },
  { unit: 'µs', ns: 1e3 },
  { unit: 'ns', ns: 1 },
] as const;

/** A length of time in the unit that suits it: 29.4 µs for 29,412 ns. Nanoseconds have no decimals. */
function duration(ns: number, digits = 3): Measure {
  const size = Math.abs(ns);
  for (const { unit, ns: scale } of TIME_UNITS) {
    // 999.6 µs with three digits would read 1000 µs: it belongs to the next unit.
    const limit = scale - (scale / 2) * 10 ** -digits;
    if (size < limit && unit !== 'ns') continue;
    const value = unit === 'ns' ? String(Math.round(size)) : significant(size / scale, digits);
    return { value: Number(value.replaceAll(',', '')) >= 1e4 ? grouped(size / scale) : value, unit };
  }
  return { value: '0', unit: 'ns' };
}

/** `29.4 µs`. */
export function durationText(ns: number, digits = 3): string {
  const { value, unit } = duration(ns, digits);
  return `${value} ${unit}`;
}

/** `2.2 ms`, `748 µs`: a duration without zeros at the end of its decimals. */
export function shortDuration(ns: number, digits = 3): string {
  const { value, unit } = duration(ns, digits);
  return `${value.includes('.') ? value.replace(/\.?0+$/, '') : value} ${unit}`;
}

/** `+651.2` and `µs`, `−29.4` and `µs`; none at all has no sign, whichever of two events of one moment is first. */
export function delta(ns: number, digits = 3): Measure {
  const { value, unit } = duration(ns, digits);
  return { value: (ns < 0 ? MINUS : ns > 0 ? '+' : '') + value, unit };
}

/** The Δ column: microseconds with the nanoseconds after the point, or grouped and whole from 10 ms on. */
export function deltaMicros(ns: number): string {
  const micros = ns / 1000;
  if (Math.abs(micros) >= 10_000) return grouped(micros);
  return micros
    .toFixed(3)
    .replace('-', MINUS)
    .replace(/(\d)(?=\d{3}\.)/, '$1,');
}
