/** Numbers as the person wants them written (settings). What templates and lanes call; the forms are in format/hex.ts. */
import { priorityHex, shortHex, upperHex } from './format/hex.ts';
import { useUi } from './stores/ui.ts';

/** `0x10` or `16`. */
export function priorityText(priority: number): string {
  return useUi().priorityStyle === 'decimal' ? String(priority) : hexText(priorityHex(priority));
}

/** A text that was made elsewhere: its hexadecimal numbers in the chosen case. */
export function hexText(text: string): string {
  return useUi().hexUpper ? upperHex(text) : text;
}

/** A value without leading zeros. */
export function valueText(value: string): string {
  return hexText(shortHex(value));
}
