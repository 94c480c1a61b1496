/**
 * Quantities as text for people, the same in every list and report (ui.md §3): durations with three significant
 * digits, times in seconds to the nanosecond, counts in groups of three.
 */

const DURATION_UNITS = [
  { unit: 'ns', ns: 1 },
  { unit: 'µs', ns: 1e3 },
  { unit: 'ms', ns: 1e6 },
  { unit: 's', ns: 1e9 },
] as const;

/** `0 ns`, `29.4 µs`, `1.23 ms`, `−5.00 s`. The minus sign is U+2212. */
export function durationText(ns: number): string {
  const size = Math.abs(ns);
  const sign = ns < 0 ? '−' : '';
  if (size < 1000) return `${sign}${Math.round(size)} ns`;
  for (const { unit, ns: each } of DURATION_UNITS.slice(1)) {
    const text = threeDigits(size / each);
    // 999.9 µs rounds to a thousand of its unit: the next one says it better.
    if (unit === 's' || Number(text) < 1000) return `${sign}${text} ${unit}`;
  }
  return `${sign}${size} ns`;
}

const NS_BY_UNIT: ReadonlyMap<string, number> = new Map([
  ...DURATION_UNITS.map(({ unit, ns }) => [unit, ns] as const),
  ['us', 1e3],
]);

/** Nanoseconds of `+1.5ms`, `-2 s`, `300 µs`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = ''] = /^([+-]?\d{1,12}(?:\.\d{1,9})?) ?(ns|us|µs|ms|s)$/.exec(text.trim()) ?? [];
  const each = NS_BY_UNIT.get(unit);
  return number === undefined || each === undefined ? undefined : Math.round(Number(number) * each);
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** Time since the start in seconds with nine decimals: `4.182585123`. `ns` is an integer from 0. */
export function secondsText(ns: number): string {
  const digits = String(ns).padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** `211,613`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 line`, `2,000 lines`. */
export function countOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `512 B`, `1.05 MB`: powers of a thousand. */
export function bytesText(bytes: number): string {
  let value = bytes;
  for (const unit of BYTE_UNITS) {
    const text = unit === 'B' ? String(value) : threeDigits(value);
    if (Number(text) < 1000 || unit === 'TB') return `${text} ${unit}`;
    value /= 1000;
  }
  return `${bytes} B`;
}

/**
 * Text that may come from anywhere, safe on a terminal and in one line: control characters, and those that turn the
 * direction of text, are written as escapes (`\x1b`, `\u202e`).
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

// oxlint-disable-next-line no-control-regex -- control characters are what this finds
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
