/** All events whose text is understood, by name. To add some: a file of rows here, and a meaning in `../attribution` and `../observe`. */
import { type Gicv5Event, GICV5_ROWS } from './gicv5.ts';
import { MACHINE_ROWS, type MachineEvent } from './machine.ts';
import { RANGES } from './ranges.ts';
import { type EventRow, eventRows } from './row.ts';

export const EVENT_ROWS: readonly EventRow[] = eventRows(
  [...GICV5_ROWS, ...MACHINE_ROWS],
  new Map(Object.entries(RANGES)),
);

export type KnownEvent = Gicv5Event | MachineEvent;

const byName: ReadonlyMap<string, EventRow> = new Map(EVENT_ROWS.map((row) => [row.name, row]));

export function eventRow(name: string): EventRow | undefined {
  return byName.get(name);
}

/** A value per event, as a list by the row's number. */
export function perEvent<T>(values: Readonly<Partial<Record<KnownEvent, T>>>): readonly (T | undefined)[] {
  const byEvent: ReadonlyMap<string, T> = new Map(Object.entries(values));
  return EVENT_ROWS.map((row) => byEvent.get(row.name));
}
