/**
 * The machine at any position of a trace. Position p means: after event p; −1 is before everything.
 *
 * A jump starts at the nearest known state: where the cursor is, or a keyframe before or after the target. Whole
 * blocks are crossed with their tables of touched slots, in either direction; inside the target block the changes
 * are made from its start on, since that takes the least decoding (stored-changes.ts). Cost of a jump: one keyframe, at
 * most 8 small tables, the changes of at most 4096 events at 3 ns each. A step: the changes of one event.
 */
import { type Seq, type SlotId, seq } from '../state/brand.ts';
import { digest } from '../state/digest.ts';
import { StateVector } from '../state/state-vector.ts';
import { BLOCK_EVENTS, BLOCK_SHIFT, type BlockChanges } from './block.ts';
import { type TraceReader } from './reader.ts';

/** Before the first event. */
const START: Seq = seq(-1);

/** What loading a keyframe costs, in blocks crossed. */
const KEYFRAME_COST = 2;

export class Cursor {
  readonly #reader: TraceReader;
  readonly #state: StateVector;
  #position: number = START;
  /** The block that the state is in, and how many of its events are applied (0 … its count). */
  #block = 0;
  #applied = 0;
  #started = false;

  constructor(reader: TraceReader) {
    this.#reader = reader;
    this.#state = StateVector.initial(reader.layout);
    this.#start();
  }

  get position(): Seq {
    return seq(this.#position);
  }

  /** The state after the event at `position`. It changes with the cursor: clone what must stay. */
  get state(): StateVector {
    return this.#state;
  }

  /** Value of a slot here, undefined when unknown. */
  value(slot: SlotId): bigint | undefined {
    return this.#state.value(slot);
  }

  digest(): bigint {
    return digest(this.#state);
  }

  /** @throws RangeError when the position is outside −1 … count − 1 */
  seek(position: Seq): this {
    const { count } = this.#reader;
    if (!Number.isInteger(position) || position < START || position >= count)
      throw new RangeError(`no position ${position}; the trace has events 0 … ${count - 1}`);
    this.#state.growTo(this.#reader.layout);
    if (position === this.#position) return this;
    this.#start();
    const done = position + 1;
    // A position at the very end of a block belongs to that block, so that the last one needs no successor.
    const block = done === 0 ? 0 : (done - 1) >> BLOCK_SHIFT;
    const applied = done - block * BLOCK_EVENTS;
    if (block !== this.#block) this.#reach(block, applied);
    this.#within(applied);
    this.#position = position;
    return this;
  }

  /** Moves by a number of events, stopping at the ends; returns whether it moved that far. */
  step(by: number): boolean {
    const target = Math.min(Math.max(this.#position + by, START), this.#reader.count - 1);
    const all = target === this.#position + by;
    this.seek(seq(target));
    return all;
  }

  /** Loads the state before everything, once there is one: a live trace may be empty at first. */
  #start(): void {
    if (this.#started || this.#reader.count === 0) return;
    this.#reader.keyframe(0, this.#state);
    this.#started = true;
  }

  /** Brings the state to the start of `block`, or to its end if that is where it is to be. */
  #reach(block: number, applied: number): void {
    const { blocks } = this.#reader;
    const atEnd = applied === blocks.count(block);
    const edge = atEnd ? block + 1 : block;
    // Edges: edge e is the start of block e. The state inside block b reaches edge b or b + 1 with one table.
    const here = this.#block < edge ? this.#block + 1 : this.#block;
    let cost = Math.abs(edge - here) + 1;
    let keyframe = -1;
    for (let k = Math.min(edge, blocks.length - 1), limit = edge - cost; k >= 0 && k >= limit; k--)
      if (blocks.hasKeyframe(k)) {
        if (edge - k + KEYFRAME_COST < cost) {
          cost = edge - k + KEYFRAME_COST;
          keyframe = k;
        }
        break;
      }
    for (let k = edge + 1, limit = edge + cost; k < blocks.length && k <= limit; k++)
      if (blocks.hasKeyframe(k)) {
        if (k - edge + KEYFRAME_COST < cost) keyframe = k;
        break;
      }
    let at: number;
    if (keyframe >= 0) {
      if (keyframe === block && !atEnd) this.#reader.enter(keyframe, this.#state);
      else this.#reader.keyframe(keyframe, this.#state);
      at = keyframe;
    } else {
      this.#cross(this.#block, here > this.#block);
      at = here;
    }
    while (at < edge) this.#cross(at++, true);
    while (at > edge) this.#cross(--at, false);
    this.#block = block;
    this.#applied = atEnd ? blocks.count(block) : 0;
  }

  /** Sets the slots that a block changes to their values at its end or start. */
  #cross(block: number, forward: boolean): void {
    if (this.#reader.blocks.changes(block) === 0) return;
    const { lo, hi, known } = this.#state;
    const touched = this.#reader.touched(block);
    const fromLo = forward ? touched.afterLo : touched.beforeLo;
    const fromHi = forward ? touched.afterHi : touched.beforeHi;
    const shift = forward ? 1 : 0;
    for (let i = 0; i < touched.count; i++) {
      const slot = touched.slot[i] ?? 0;
      lo[slot] = fromLo[i] ?? 0;
      hi[slot] = fromHi[i] ?? 0;
      known[slot] = ((touched.known[i] ?? 0) >> shift) & 1;
    }
  }

  /** Moves inside the current block until `applied` of its events are done. */
  #within(applied: number): void {
    if (applied === this.#applied) return;
    if (this.#reader.blocks.changes(this.#block) > 0) {
      const changes = this.#reader.changes(this.#block);
      if (applied > this.#applied) changes.apply(this.#state, this.#applied, applied);
      else this.#undo(changes, applied);
    }
    this.#applied = applied;
  }

  /** Takes back changes of the current block until `applied` of its events are done. */
  #undo(changes: BlockChanges, applied: number): void {
    const { lo, hi, known } = this.#state;
    const { slot, start, beforeLo, beforeHi } = changes;
    const to = start[applied] ?? 0;
    for (let i = (start[this.#applied] ?? 0) - 1; i >= to; i--) {
      const id = slot[i] ?? 0;
      lo[id] = beforeLo[i] ?? 0;
      hi[id] = beforeHi[i] ?? 0;
      known[id] = (changes.known[i] ?? 0) & 1;
    }
  }
}
