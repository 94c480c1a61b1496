/** What all searches share: the hits inside one block. */
import { BLOCK_EVENTS, BLOCK_SHIFT } from '../../trace/block.ts';
import { type Query } from './query.ts';
import { type SearchableTrace } from './searchable.ts';

export type Direction = 'forward' | 'backward';

export interface Hit {
  readonly seq: number;
  readonly time: number;
  /** Absent: the event names none. */
  readonly vcpu?: number;
}

/** An event's facts for a hit. */
export function hitAt(trace: SearchableTrace, seq: number): Hit {
  const events = trace.events(seq >> BLOCK_SHIFT);
  const i = seq & (BLOCK_EVENTS - 1);
  const vcpu = events.vcpu[i] ?? -1;
  return { seq, time: events.time[i] ?? 0, ...(vcpu < 0 ? {} : { vcpu }) };
}

/** While others ran, the trace may have grown. */
export async function refreshed(rest: Promise<void>, queries: readonly Query[]): Promise<void> {
  await rest;
  for (const query of queries) query.refresh();
}

/** Index in the block of the hit nearest to `inside`, itself included; −1: none. */
export function nearestInBlock(query: Query, block: number, inside: number, forward: boolean): number {
  const known = query.knownHitsIn(block);
  const size = query.trace.eventsIn(block);
  if (known === 0) return -1;
  if (known === size) return inside;
  const { bytes } = query.mask(block);
  if (!forward) return inside < 0 ? -1 : bytes.lastIndexOf(1, inside);
  const at = bytes.indexOf(1, inside);
  return at < size ? at : -1;
}

/** Indices in the block of all hits from `inside` on, nearest first. */
export function* hitsInBlock(query: Query, block: number, inside: number, forward: boolean): Generator<number> {
  if (query.knownHitsIn(block) === 0) return;
  const { bytes } = query.mask(block);
  const step = forward ? 1 : -1;
  const end = forward ? query.trace.eventsIn(block) : -1;
  for (let at = inside; at !== end; at += step) if (bytes[at] === 1) yield at;
}

export function holdsAt(query: Query, block: number, index: number): boolean {
  return query.knownHitsIn(block) !== 0 && query.mask(block).bytes[index] === 1;
}
