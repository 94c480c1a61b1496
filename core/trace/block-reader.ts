/**
 * Reads the blobs of blocks (block.ts says what they hold), and keeps the last ones that were decoded, least recently
 * used first out. What a blob holds is unpacked when it is asked for.
 *
 * Each statement locks the file and looks whether a writer left something to take back: 3 of its 4 µs. So what a jump
 * needs of a block that nothing was read of comes with one statement (`enter`).
 */
import type Database from 'better-sqlite3';
import { type Layout } from '../state/layout.ts';
import { StateVector } from '../state/state-vector.ts';
import { decodeEvents } from './block-events.ts';
import { type BlockTable } from './block-table.ts';
import { type BlockEvents, type TouchedSlots } from './block.ts';
import { unwrap } from './blob.ts';
import { damaged } from './errors.ts';
import { guarded } from './file.ts';
import { loadKeyframe } from './keyframe.ts';
import { LruCache } from './lru.ts';
import { blob } from './row-values.ts';
import { StoredChanges } from './stored-changes.ts';
import { StoredTouched } from './stored-touched.ts';

const EVENT_BLOCKS_CACHED = 96;
/**
 * A few for each place that is looked at (cursor, baseline, searches). More would only help traces so short that they
 * fit: a jump is to cost the same however long the trace is.
 */
const CHANGE_BLOCKS_CACHED = 16;
const TOUCHED_CACHED = 1024;

/** The blobs by table, with what they are called when one is damaged or missing. */
const PARTS = {
  events: { table: 'block_events', name: 'events', missing: 'its events are missing' },
  touched: { table: 'block_touched', name: 'touched slots', missing: 'its touched slots are missing' },
  changes: { table: 'block_changes', name: 'changes', missing: 'its changes are missing' },
  keyframe: { table: 'keyframe', name: 'keyframe', missing: 'its keyframe is missing' },
} as const;

type Part = keyof typeof PARTS;

const nameOf = (part: Part, block: number): string => `${PARTS[part].name} of block ${block}`;

export class BlockReader {
  readonly #path: string;
  readonly #blocks: BlockTable;
  readonly #layout: Layout;
  readonly #statements;
  readonly #events = new LruCache<number, BlockEvents>(EVENT_BLOCKS_CACHED);
  readonly #changes = new LruCache<number, StoredChanges>(CHANGE_BLOCKS_CACHED);
  readonly #touched = new LruCache<number, TouchedSlots>(TOUCHED_CACHED);
  readonly #initial = new StateVector();

  constructor(path: string, db: Database.Database, blocks: BlockTable, layout: Layout) {
    this.#path = path;
    this.#blocks = blocks;
    this.#layout = layout;
    const select = (part: Part): string => `SELECT data FROM ${PARTS[part].table} WHERE id = ?`;
    const prepare = (part: Part): Database.Statement<[number]> => db.prepare<[number]>(select(part)).raw();
    this.#statements = {
      events: prepare('events'),
      touched: prepare('touched'),
      changes: prepare('changes'),
      keyframe: prepare('keyframe'),
      // Not a join, which takes 10 µs more.
      enter: db
        .prepare<[number, number, number]>(
          `SELECT (${select('keyframe')}), (${select('touched')}), (${select('changes')})`,
        )
        .raw(),
    };
  }

  /** The event columns. @throws TraceError `damaged`, RangeError when there is no such block, as all of these */
  events(block: number): BlockEvents {
    const cached = this.#events.get(block);
    if (cached !== undefined) return cached;
    const count = this.#blocks.count(block);
    return this.#events.set(block, decodeEvents(this.#blob('events', block), block, count));
  }

  /** The changes, with values before and after. */
  changes(block: number): StoredChanges {
    const cached = this.#changes.get(block);
    if (cached !== undefined) return cached;
    const count = this.#blocks.count(block);
    const touched = this.touched(block);
    return this.#changes.set(block, new StoredChanges(this.#blob('changes', block), touched, block, count));
  }

  /** Every slot that the block changes, with its value at the block's start and end. */
  touched(block: number): TouchedSlots {
    const cached = this.#touched.get(block);
    if (cached !== undefined) return cached;
    this.#blocks.count(block);
    return this.#touched.set(block, new StoredTouched(this.#blob('touched', block), block, this.#layout.size));
  }

  /** Loads the keyframe at the start of a block, which must have one, into `state`. */
  keyframe(block: number, state: StateVector): void {
    this.#load(this.#blob('keyframe', block), block, state);
  }

  /** The same, when changes of the block are to be made next: they come along. */
  enter(block: number, state: StateVector): void {
    if (this.#changes.has(block)) {
      this.keyframe(block, state);
      return;
    }
    const count = this.#blocks.count(block);
    const row = guarded(this.#path, () => this.#statements.enter.get(block, block, block));
    this.#load(part(row, 0, 'keyframe', block), block, state);
    const touched = new StoredTouched(part(row, 1, 'touched', block), block, this.#layout.size);
    this.#touched.set(block, touched);
    this.#changes.set(block, new StoredChanges(part(row, 2, 'changes', block), touched, block, count));
  }

  /** The unpacked bytes of a part of a block: what the content digest covers. */
  content(of: 'events' | 'changes' | 'touched', block: number): Uint8Array {
    return unwrap(this.#blob(of, block), nameOf(of, block));
  }

  /** Forgets a block that has grown. */
  forget(block: number): void {
    this.#events.delete(block);
    this.#changes.delete(block);
    this.#touched.delete(block);
  }

  #load(bytes: Uint8Array, block: number, state: StateVector): void {
    state.growTo(this.#layout);
    this.#initial.growTo(this.#layout);
    loadKeyframe(bytes, block, state, this.#initial);
  }

  #blob(of: Part, block: number): Uint8Array {
    const row = guarded(this.#path, () => this.#statements[of].get(block));
    return part(row ?? NO_ROW, 0, of, block);
  }
}

const NO_ROW = [null];

/** A blob of a row that has null where there is none. */
function part(row: unknown, index: number, of: Part, block: number): Uint8Array {
  if (Array.isArray(row) && row[index] === null) throw damaged(`block ${block}`, PARTS[of].missing);
  return blob(row, index, nameOf(of, block));
}
