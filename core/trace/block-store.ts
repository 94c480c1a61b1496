/**
 * Writes blocks: their blobs, the row in the table of blocks, and keyframes where they pay; and keeps the content
 * digest over what is final.
 *
 * A block gets a keyframe when the changes since the last keyframe weigh as much as the state itself, or every 16
 * blocks that changed anything. So the cost per event stays flat for machines with 100,000 slots, and a seek crosses
 * at most 8 tables of touched slots.
 */
import { createHash } from 'node:crypto';
import { type Journal, KNOWN_BEFORE } from '../state/journal.ts';
import { type StateVector } from '../state/state-vector.ts';
import { type BlockBuilder } from './block-builder.ts';
import { changeBytes, touchedBytes } from './block-changes.ts';
import { eventBytes } from './block-events.ts';
import { lifeBytes } from './block-lives.ts';
import { BLOCK_EVENTS } from './block.ts';
import { keyframeBytes } from './keyframe.ts';
import { type WriteQueue, type WriteStatement, content } from './write-queue.ts';

const KEYFRAME_BLOCKS = 16;
/** Bytes of a slot in a keyframe, and of a change, before compression. */
const SLOT_BYTES = 9;
const CHANGE_BYTES = 12;
/** Changes and keyframes of up to this size are small already, and much faster to read so (distinct.ts). */
const STORED_BELOW = 16 * 1024;

export class BlockStore {
  readonly #block: WriteStatement;
  readonly #events: WriteStatement;
  readonly #changes: WriteStatement;
  readonly #touched: WriteStatement;
  readonly #lives: WriteStatement;
  readonly #keyframes: WriteStatement;
  readonly #hash = createHash('sha256');
  /** Content of the keyframe of the block being filled, if it has one. */
  #keyframe: Uint8Array | undefined;
  #blocksSince = 0;
  #changesSince = 0;

  constructor(queue: WriteQueue, journal: Journal) {
    this.#block = queue.prepare(
      'REPLACE INTO block(id, first_seq, count, first_time, last_time, changes, keyframe) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#events = queue.prepare('REPLACE INTO block_events(id, data) VALUES (?, ?)');
    this.#changes = queue.prepare('REPLACE INTO block_changes(id, data) VALUES (?, ?)');
    this.#touched = queue.prepare('REPLACE INTO block_touched(id, data) VALUES (?, ?)');
    this.#lives = queue.prepare('REPLACE INTO block_lives(id, data) VALUES (?, ?)');
    this.#keyframes = queue.prepare('REPLACE INTO keyframe(id, data) VALUES (?, ?)');
    this.#keyframe = keyframeBytes(stateBefore(journal)).slice();
  }

  /** Writes block `id` as far as it goes; `final`: it will not grow. `moments`: see `lifeBytes`. */
  write(id: number, block: BlockBuilder, moments: readonly number[], final: boolean): void {
    const { columns, count, changes } = block;
    this.#blob(this.#events, id, eventBytes(columns, count), final);
    this.#blob(this.#touched, id, touchedBytes(block.touched), final);
    this.#blob(this.#changes, id, changeBytes(changes, count), final, STORED_BELOW);
    if (moments.length > 0) this.#lives.run(id, content(lifeBytes(moments, id)));
    if (this.#keyframe !== undefined) this.#keyframes.run(id, content(this.#keyframe, 1, STORED_BELOW));
    const first = columns.time[0] ?? 0;
    const last = columns.time[count - 1] ?? 0;
    const keyframe = this.#keyframe === undefined ? 0 : 1;
    this.#block.run(id, id * BLOCK_EVENTS, count, first, last, changes.count, keyframe);
  }

  /** The next block begins with this state; the last one made so many changes. */
  next(state: StateVector, changes: number): void {
    this.#changesSince += changes;
    if (changes > 0) this.#blocksSince++;
    this.#keyframe = undefined;
    if (!this.#keyframeIsDue(state.size)) return;
    this.#keyframe = keyframeBytes(state).slice();
    this.#changesSince = 0;
    this.#blocksSince = 0;
  }

  /** SHA-256 over the content of all blocks; ends the digest. */
  contentDigest(): string {
    return this.#hash.digest('hex');
  }

  #keyframeIsDue(slots: number): boolean {
    if (this.#changesSince === 0) return false;
    return this.#blocksSince >= KEYFRAME_BLOCKS || this.#changesSince * CHANGE_BYTES >= slots * SLOT_BYTES;
  }

  #blob(statement: WriteStatement, id: number, bytes: Uint8Array, final: boolean, storeBelow?: number): void {
    if (final) this.#hash.update(bytes);
    statement.run(id, content(bytes, 1, storeBelow));
  }
}

/** The state before anything in the journal's log happened. */
function stateBefore(journal: Journal): StateVector {
  if (journal.count === 0) return journal.state;
  const state = journal.state.clone();
  for (let i = journal.count - 1; i >= 0; i--) {
    const slot = journal.slot[i] ?? 0;
    state.lo[slot] = journal.beforeLo[i] ?? 0;
    state.hi[slot] = journal.beforeHi[i] ?? 0;
    state.known[slot] = (journal.known[i] ?? 0) & KNOWN_BEFORE;
  }
  return state;
}
