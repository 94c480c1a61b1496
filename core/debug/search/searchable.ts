/**
 * What the search engine needs of a trace. The reader of `.gscope` files offers it through `reader-trace.ts`; a
 * session being recorded and tests have their own. Blocks are those of the trace file: at most BLOCK_EVENTS events
 * with their changes, all full but the last.
 */
import { type BitRange } from '../../trace/interrupts.ts';
import { type BlockChanges, type BlockEvents, type TouchedSlots } from '../../trace/block.ts';
import { type EventType } from '../../trace/dictionary.ts';
import { type Leg } from '../../trace/life.ts';
import { type PostingKind, type Postings } from '../../trace/postings.ts';
import { type NameSpace } from '../condition/names.ts';

/** Names with the numbers that stand for them in columns. */
export interface TraceNames extends NameSpace {
  /** Index = type id. */
  readonly types: readonly EventType[];
  /** Index = name id; 0: none. */
  readonly texts: readonly string[];
  /** Number of the interrupt field that lives exactly there, as postings count it. */
  fieldId(range: BitRange): number | undefined;
}

/** A slot's value; an unknown one has value 0. */
export interface SlotWords {
  readonly lo: number;
  readonly hi: number;
  readonly known: boolean;
}

export interface SearchableTrace {
  /** Events. */
  readonly count: number;
  readonly blockCount: number;
  /** Time of the last event. */
  readonly duration: number;
  /** Blocks 0 … n − 1 are covered by postings; later ones are searched without. */
  readonly indexedBlocks: number;
  names(): TraceNames;
  eventsIn(block: number): number;
  firstTime(block: number): number;
  lastTime(block: number): number;
  events(block: number): BlockEvents;
  changes(block: number): BlockChanges;
  touched(block: number): TouchedSlots;
  /** A slot before the first event. */
  initial(slot: number): SlotWords;
  postings(kind: PostingKind, key: number): Postings;
  /**
   * Blocks in which one event has that edge of an interrupt field after the same field of that INTID on another vCPU.
   * @param kind `fieldChanged`, `fieldRose` or `fieldFell`
   */
  overlapBlocks(kind: PostingKind, field: number): readonly number[];
  /** Details of a block's events that have one, as JSON text by index in the block. */
  details(block: number): ReadonlyMap<number, string>;
  /**
   * Positions, ascending and each once, of the moments `to` of lives whose time since `from` lies in one of the
   * intervals (ns, both ends included). `from` undefined: since the life was raised, or pending where no raise was seen.
   */
  livesEnding(to: Leg, from: Leg | undefined, intervals: readonly (readonly [number, number])[]): Float64Array;
}

/** Index of a number in an ascending list, or where it would stand. */
export function lowerBound(list: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
