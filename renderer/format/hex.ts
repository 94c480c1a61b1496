/** 64-bit values in hexadecimal, cut into what is dimmed and what is shown. Pure. */

export interface HexDigit {
  readonly digit: string;
  /** A leading zero: repeats what the width says. */
  readonly dim: boolean;
  /** Differs from the other value. */
  readonly changed: boolean;
}

/**
 * The digits of a value from the most significant down.
 * @param value `0x…`
 * @param bits width of the register: 64 gives 16 digits
 * @param other a value to compare with; digits that differ are `changed`
 */
export function hexDigits(value: string, bits: number, other?: string | null): HexDigit[] {
  const width = Math.max(1, Math.ceil(bits / 4));
  const text = padded(value, width);
  const before = other === undefined || other === null ? text : padded(other, text.length);
  const firstSet = text.search(/[^0]/);
  const lead = firstSet < 0 ? text.length - 1 : firstSet;
  return Array.from(text, (digit, index) => ({ digit, dim: index < lead, changed: digit !== before[index] }));
}

/** `0x1f` without leading zeros, for words such as "was 0x1f". */
export function shortHex(value: string): string {
  const digits = value.slice(2).replace(/^0+/, '');
  return digits === '' ? '0' : `0x${digits}`;
}

/** `0x0000000078000001`: what is copied. */
export function fullHex(value: string, bits: number): string {
  return `0x${padded(value, Math.ceil(bits / 4))}`;
}

/** Every `0x…` in a text with its letters in upper case. */
export function upperHex(text: string): string {
  return text.replace(/0x([0-9a-f_]+)/g, (_, digits: string) => `0x${digits.toUpperCase()}`);
}

/** Priorities in hexadecimal always have two digits. */
export function priorityHex(priority: number): string {
  return `0x${priority.toString(16).padStart(2, '0')}`;
}

function padded(value: string, width: number): string {
  return value.slice(2).padStart(width, '0');
}
