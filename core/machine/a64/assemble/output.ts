/**
 * The layout of a program while its statements are read: items one after the other, each with an offset and a size,
 * to be filled in once all names are known.
 */
import { type Mismatch } from '../text/tokens.ts';
import { type LineEntry } from './program.ts';
import { type Place } from './symbols.ts';

export const MAX_OUTPUT = 16 * 1024 * 1024;

/** Fills the bytes of an item; answers what is wrong with its statement. */
export type Write = (bytes: DataView, place: Place) => Mismatch | undefined;

export interface Item {
  readonly offset: number;
  readonly size: number;
  readonly line: number;
  readonly order: number;
  readonly kind: LineEntry['kind'];
  readonly write: Write;
}

export class Output {
  readonly origin: bigint;
  readonly items: Item[] = [];
  size = 0;

  constructor(origin: bigint) {
    this.origin = origin;
  }

  get here(): bigint {
    return this.origin + BigInt(this.size);
  }

  /** False when the program would become larger than 16 MiB. */
  append(item: Omit<Item, 'offset'>): boolean {
    if (this.size + item.size > MAX_OUTPUT) return false;
    this.items.push({ ...item, offset: this.size });
    this.size += item.size;
    return true;
  }
}

const NOP = 0xd503_201f;

/** Padding: a byte value, or without one NOPs where they fit and zeros elsewhere. */
export function padding(value: number | undefined): Write {
  return (bytes) => {
    const words = value === undefined && bytes.byteLength % 4 === 0;
    if (words) for (let at = 0; at < bytes.byteLength; at += 4) bytes.setUint32(at, NOP, true);
    else for (let at = 0; at < bytes.byteLength; at++) bytes.setUint8(at, value ?? 0);
    return undefined;
  };
}
