/** All events whose text is understood, by name. To add some: a file of rows here, and a meaning in `../attribution` and `../observe`. */
import { EXCEPTION_ROWS, type ExceptionEvent } from './exceptions.ts';
import { FLAT_RANGES, type FlatEvent } from './flat-ranges.ts';
import { GICV2_ROWS } from './gicv2.ts';
import { GICV3_CPU_ROWS, GICV3_FRAME_ROWS } from './gicv3.ts';
import { GICV3_ITS_ROWS } from './gicv3-its.ts';
import { type Gicv5Event, GICV5_ROWS } from './gicv5.ts';
import { MACHINE_ROWS, type MachineEvent } from './machine.ts';
import { RANGES } from './ranges.ts';
import { type EventRow, eventRows } from './row.ts';

const EVENT_ROWS: readonly EventRow[] = eventRows(
  [
    ...GICV5_ROWS,
    ...MACHINE_ROWS,
    ...GICV3_CPU_ROWS,
    ...GICV3_FRAME_ROWS,
    ...GICV3_ITS_ROWS,
    ...GICV2_ROWS,
    ...EXCEPTION_ROWS,
  ],
  new Map(Object.entries({ ...RANGES, ...FLAT_RANGES })),
);

export type KnownEvent = Gicv5Event | MachineEvent | FlatEvent | ExceptionEvent;

/** Rows by the hash of their names; names with equal hashes share a list. */
const byHash = new Map<number, readonly EventRow[]>();
for (const row of EVENT_ROWS) {
  const hash = row.nameBytes.reduce(nextHash, 0);
  byHash.set(hash, [...(byHash.get(hash) ?? []), row]);
}

/** The hash of a name that goes on with this byte; 0 at its start. */
export function nextHash(hash: number, byte: number): number {
  return (Math.imul(hash, 31) + byte) | 0;
}

/** The row of the name in `bytes[start … end)`, whose hash is given. */
export function eventRow(hash: number, bytes: Uint8Array, start: number, end: number): EventRow | undefined {
  const rows = byHash.get(hash);
  if (rows === undefined) return undefined;
  for (const row of rows) if (isName(row.nameBytes, bytes, start, end)) return row;
  return undefined;
}

function isName(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}

const exceptions = EVENT_ROWS.filter(({ isException }) => isException);

/** The row of a `-d int` line, whose first words are the name. */
export function exceptionRow(bytes: Uint8Array, start: number, end: number): EventRow | undefined {
  return exceptions.find(({ nameBytes }) => {
    const stop = start + nameBytes.length;
    return stop <= end && isName(nameBytes, bytes, start, stop);
  });
}

const byName: ReadonlyMap<string, EventRow> = new Map(EVENT_ROWS.map((row) => [row.name, row]));

/** Whether the text of this event is understood. */
export function isKnownEvent(name: string): boolean {
  return byName.has(name);
}

/** Rows are numbered from 0 up to this. */
export const EVENT_COUNT = EVENT_ROWS.length;

/** The row of this number. */
export function rowAt(index: number): EventRow | undefined {
  return EVENT_ROWS[index];
}

export function rowNamed(name: string): EventRow | undefined {
  return byName.get(name);
}

const FIRST_BYTES: ReadonlySet<number> = new Set(EVENT_ROWS.map(({ nameBytes }) => nameBytes[0] ?? 0));

/** Whether a name in the table begins with this byte. */
export function startsEvent(byte: number): boolean {
  return FIRST_BYTES.has(byte);
}

/** Whether this is the beginning of an event's name, as a line that was cut short ends. */
export function isCutName(word: string): boolean {
  return EVENT_ROWS.some(({ name }) => name.length > word.length && name.startsWith(word));
}

/** A value per event, as a list by the row's number. */
export function perEvent<T>(values: Readonly<Partial<Record<KnownEvent, T>>>): readonly (T | undefined)[] {
  const byEvent: ReadonlyMap<string, T> = new Map(Object.entries(values));
  return EVENT_ROWS.map((row) => byEvent.get(row.name));
}
