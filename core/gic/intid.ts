/**
 * Interrupt identifiers of all GIC generations, and the one spelling of an interrupt that state, traces and
 * conditions share.
 *
 * GICv5 (gicv5-registers §1): bits 31:29 type (1 PPI, 2 LPI, 3 SPI), bits 23:0 number, the rest zero.
 * GICv3 and GICv2 (gicv3-behaviour §2): one flat number space cut into ranges.
 * An `InterruptKey` (`ppi27`, `spi33`, `lpi8`, `sgi3`) is used in slot paths. Its number is the one that Arm's
 * documents print for that generation: GICv5 SPI 5 is `spi5`, GICv3 INTID 33 is `spi33`.
 */
import { type Brand } from '../state/brand.ts';

/** A GICv5 identifier with its type bits. */
export type Intid = Brand<number, 'Intid'>;

export type InterruptType = 'ppi' | 'lpi' | 'spi';
export type FlatType = InterruptType | 'sgi';

/** `ppi27`, `spi33`, `lpi8`, `sgi3`. */
export type InterruptKey = `${FlatType}${number}`;

/** Any interrupt, as type and number. */
export interface Interrupt {
  readonly type: FlatType;
  readonly number: number;
}

const V5_TYPES: readonly (InterruptType | undefined)[] = [undefined, 'ppi', 'lpi', 'spi'];
const V5_CODES: Readonly<Record<InterruptType, number>> = { ppi: 1, lpi: 2, spi: 3 };
const LABELS: Readonly<Record<FlatType, string>> = { ppi: 'PPI', lpi: 'LPI', spi: 'SPI', sgi: 'SGI' };

const NUMBER_MASK = 0xff_ffff;

/** The range of architected and implementation defined PPIs of GICv5. */
export const V5_PPI_COUNT = 128;

/**
 * Makes a GICv5 identifier.
 * @throws RangeError when the number does not fit 24 bits, or 7 bits for a PPI.
 */
export function intid(type: InterruptType, number: number): Intid {
  const limit = type === 'ppi' ? V5_PPI_COUNT : NUMBER_MASK + 1;
  if (!Number.isInteger(number) || number < 0 || number >= limit)
    throw new RangeError(`${LABELS[type]} ${number}: the number must be an integer from 0 to ${limit - 1}`);
  return (((V5_CODES[type] << 29) | number) >>> 0) as Intid;
}

/** Reads a GICv5 identifier from the low 32 bits of a value; undefined when its type is reserved or bits 28:24 are set. */
export function splitIntid(value: number): { readonly type: InterruptType; readonly number: number } | undefined {
  const type = V5_TYPES[(value >>> 29) & 7];
  if (type === undefined || (value & 0x1f00_0000) !== 0) return undefined;
  return { type, number: value & NUMBER_MASK };
}

/** `PPI 27` for 0x2000001B; a reserved type gives `reserved 0x…`. */
export function formatIntid(value: number): string {
  const parts = splitIntid(value);
  return parts === undefined ? `reserved 0x${(value >>> 0).toString(16)}` : `${LABELS[parts.type]} ${parts.number}`;
}

/**
 * The ranges of the GICv3 number space. Extended PPIs and SPIs and LPIs do not exist in GICv2.
 * `special` numbers are answers (1023: nothing pending), not interrupts.
 */
export const FLAT_RANGES: readonly {
  readonly first: number;
  readonly last: number;
  readonly type: FlatType | 'special' | 'reserved';
}[] = [
  { first: 0, last: 15, type: 'sgi' },
  { first: 16, last: 31, type: 'ppi' },
  { first: 32, last: 1019, type: 'spi' },
  { first: 1020, last: 1023, type: 'special' },
  { first: 1024, last: 1055, type: 'reserved' },
  { first: 1056, last: 1119, type: 'ppi' },
  { first: 1120, last: 4095, type: 'reserved' },
  { first: 4096, last: 5119, type: 'spi' },
  { first: 5120, last: 8191, type: 'reserved' },
  { first: 8192, last: NUMBER_MASK, type: 'lpi' },
];

/** The answer "nothing to acknowledge" of GICv3 and GICv2. */
export const SPURIOUS = 1023;
/** The first LPI of GICv3. */
export const FIRST_LPI = 8192;

/** What a GICv3 number is; undefined when it is negative, fractional or wider than 24 bits. */
export function flatType(number: number): FlatType | 'special' | 'reserved' | undefined {
  if (!Number.isInteger(number)) return undefined;
  return FLAT_RANGES.find((range) => number >= range.first && number <= range.last)?.type;
}

/** `SGI 3`, `PPI 27`, `SPI 33`, `LPI 8192`, `none (1023)`, `special 1021`. */
export function formatFlatIntid(number: number): string {
  const type = flatType(number);
  if (number === SPURIOUS) return 'none (1023)';
  if (type === undefined) return `out of range ${number}`;
  return type === 'special' || type === 'reserved' ? `${type} ${number}` : `${LABELS[type]} ${number}`;
}

/** The key of a GICv3 or GICv2 number; undefined when it is not an interrupt. */
export function keyOfFlatIntid(number: number): InterruptKey | undefined {
  const type = flatType(number);
  return type === undefined || type === 'special' || type === 'reserved' ? undefined : `${type}${number}`;
}

const KEY = /^(ppi|spi|lpi|sgi)(0|[1-9][0-9]{0,7})$/;
const LABEL = /^(PPI|SPI|LPI|SGI)[ ]?(0|[1-9][0-9]{0,7})$/i;

/** Reads a key such as `ppi27`; undefined when it is not one. */
export function parseKey(key: string): Interrupt | undefined {
  return KEY.test(key) ? parseInterrupt(key) : undefined;
}

/** Reads `PPI 27`, `ppi27`, `spi 33` …; undefined when it is not an interrupt's name. */
export function parseInterrupt(text: string): Interrupt | undefined {
  const match = LABEL.exec(text.trim());
  if (match === null) return undefined;
  const type = FLAT_TYPES.get((match[1] ?? '').toLowerCase());
  const number = Number(match[2]);
  return type === undefined || number > NUMBER_MASK ? undefined : { type, number };
}

const FLAT_TYPES: ReadonlyMap<string, FlatType> = new Map<string, FlatType>([
  ['ppi', 'ppi'],
  ['spi', 'spi'],
  ['lpi', 'lpi'],
  ['sgi', 'sgi'],
]);

/** `PPI 27` for `{ type: 'ppi', number: 27 }`. */
export function formatInterrupt(interrupt: Interrupt): string {
  return `${LABELS[interrupt.type]} ${interrupt.number}`;
}

export function keyOf(interrupt: Interrupt): InterruptKey {
  return `${interrupt.type}${interrupt.number}`;
}
