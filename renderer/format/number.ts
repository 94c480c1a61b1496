/** Numbers as people read them: groups of three, the real minus sign, sizes. Pure. */

/** U+2212; a hyphen is narrower than a digit and hangs too low. */
export const MINUS = '\u2212';

/** `412,958`. Rounds to an integer. */
export function grouped(value: number): string {
  const digits = String(Math.round(Math.abs(value)));
  const separated = digits.replace(/\B(?=(\d{3})+$)/g, ',');
  return value < 0 && separated !== '0' ? MINUS + separated : separated;
}

/** `#412,958`; the position before the first event has no number. */
export function eventLabel(seq: number): string {
  return seq < 0 ? 'before #0' : `#${grouped(seq)}`;
}

/** `1 event`, `2 events`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${grouped(value)} ${value === 1 ? one : many}`;
}

/** `12.3`, `123`, `1.23`: as many decimals as make `digits` significant ones, none beyond the integer part. */
export function significant(value: number, digits: number): string {
  // Rounded first: 0.9997 has as many decimals as 1.00, not as 0.999.
  const size = Number(Math.abs(value).toPrecision(digits));
  if (size === 0) return '0';
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return Math.abs(value).toFixed(Math.min(decimals, 9));
}

const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `2.31 GB`, decimal as disks are sold. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? String(Math.round(value)) : significant(value, 3)} ${SIZES[unit] ?? 'B'}`;
}
