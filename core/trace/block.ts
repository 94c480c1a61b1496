/**
 * The blobs of one block of at most 4096 events. What is kept:
 * - events: the columns of columns.ts; times and lines as differences.
 * - touched: every slot that the block changes, with its value at the block's start and at its end. It crosses the
 *   whole block in either direction from anywhere inside, and it is the dictionary and the starting point from which
 *   `changes` rebuilds the value before each change.
 * - changes: per event how many; the distinct pairs of an index into the touched table and a value after; per change
 *   the number of its pair.
 * - lives: which events are a leg of which life; only of blocks that have any.
 * - keyframe: the value of every slot at the block's start; only some blocks have one (writer.ts says which).
 *
 * Invariant: start state + changes = start state + touched.after = end state; end state + touched.before = start state.
 * Decoding bounds: counts are checked against the block's event count, the trace's slot count and the bytes at hand.
 */
import { type EventColumns } from './columns.ts';

export const BLOCK_SHIFT = 12;
/** Events a block; event `seq` is in block `seq >> BLOCK_SHIFT`. */
export const BLOCK_EVENTS = 1 << BLOCK_SHIFT;
/** Blocks a chunk: the stretch of one transaction, of postings and of the finest tiles. */
export const CHUNK_BLOCKS = 64;
/** Changes that a block may own: a reset of 131,072 slots once every eighth event is far below. */
export const CHANGE_LIMIT = 1 << 26;

export interface BlockEvents extends EventColumns {
  readonly firstSeq: number;
}

/** The slots that a block changes, with the value at its start and its end, as columns. */
export interface TouchedSlots {
  readonly count: number;
  readonly slot: Uint32Array;
  readonly beforeLo: Uint32Array;
  readonly beforeHi: Uint32Array;
  readonly afterLo: Uint32Array;
  readonly afterHi: Uint32Array;
  /** Bit 0: known at the start, bit 1: known at the end. */
  readonly known: Uint8Array;
}

/** All changes of a block: those of its event `i` have index `start[i]` … `start[i + 1]` − 1. */
export interface BlockChanges {
  readonly count: number;
  readonly start: Uint32Array;
  readonly slot: Uint32Array;
  readonly beforeLo: Uint32Array;
  readonly beforeHi: Uint32Array;
  readonly afterLo: Uint32Array;
  readonly afterHi: Uint32Array;
  /** Bit 0: known before, bit 1: known after (as in the journal). */
  readonly known: Uint8Array;
  /** Index of the change's slot in `touched`. */
  readonly local: Uint32Array;
  readonly touched: TouchedSlots;
  /** Those of the slots whose entry of `touched` has a number other than 0 here: much cheaper than all. */
  ofTouched(wanted: Uint8Array): SlotChanges;
}

/** Some changes of a block, in order. The columns can be longer than `count`. */
export interface SlotChanges extends Pick<
  BlockChanges,
  'local' | 'beforeLo' | 'beforeHi' | 'afterLo' | 'afterHi' | 'known'
> {
  readonly count: number;
  /** Index of the event in the block. */
  readonly event: Uint32Array;
}

/** Legs of lives among a block's events, ordered as they came. */
export interface BlockLives {
  readonly count: number;
  /** Index of the event in the block. */
  readonly event: Uint32Array;
  readonly life: Float64Array;
  /** Index of LEGS. */
  readonly leg: Uint8Array;
}
