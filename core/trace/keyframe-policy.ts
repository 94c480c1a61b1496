/**
 * Which blocks get a keyframe, and what is in it: the state at the block's start.
 *
 * A block gets one when the changes since the last keyframe weigh as much as the state itself, or every 16 blocks that
 * changed anything. So the cost per event stays flat for machines with 100,000 slots, and a seek crosses at most 8
 * tables of touched slots.
 */
import { type StateVector } from '../state/state-vector.ts';
import { keyframeBytes } from './keyframe.ts';

const KEYFRAME_BLOCKS = 16;
/** Bytes of a slot in a keyframe, and of a change, before compression. */
const SLOT_BYTES = 9;
const CHANGE_BYTES = 12;

export class KeyframePolicy {
  #keyframe: Uint8Array | undefined;
  #blocksSince = 0;
  #changesSince = 0;

  /** The first block begins with this state. */
  constructor(state: StateVector) {
    this.#keyframe = keyframeBytes(state).slice();
  }

  /** Content of the keyframe of the block being filled, if it has one. */
  get keyframe(): Uint8Array | undefined {
    return this.#keyframe;
  }

  /** The next block begins with this state; the last one made so many changes. */
  next(state: StateVector, changes: number): void {
    this.#changesSince += changes;
    if (changes > 0) this.#blocksSince++;
    this.#keyframe = undefined;
    if (!this.#isDue(state.size)) return;
    this.#keyframe = keyframeBytes(state).slice();
    this.#changesSince = 0;
    this.#blocksSince = 0;
  }

  #isDue(slots: number): boolean {
    if (this.#changesSince === 0) return false;
    return this.#blocksSince >= KEYFRAME_BLOCKS || this.#changesSince * CHANGE_BYTES >= slots * SLOT_BYTES;
  }
}
