/**
 * Slots that a layout gained, as numbers: what whoever assembles a trace knows of them (assembler.ts). Names stay with
 * the layout.
 */
import { type Journal, KNOWN_BEFORE } from '../state/journal.ts';
import { type Layout } from '../state/layout.ts';
import { type StateVector } from '../state/state-vector.ts';
import { LANE_KINDS, laneOfSlot } from './lane-kinds.ts';
import { type MessageMemory } from './message-memory.ts';

/** Slots numbered from `first` on, with their values; longer arrays are not allowed. */
export interface ClaimedSlots {
  readonly first: number;
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  readonly known: Uint8Array;
  /** LANE_WORDS numbers for each slot that feeds a lane: slot, index of LANE_KINDS, lsb, width. */
  readonly lanes: Float64Array;
}

export const LANE_WORDS = 4;

/** The slots of a layout from `first` on, at their initial values. */
export function claimedSince(layout: Layout, first: number): ClaimedSlots {
  const count = layout.size - first;
  const lo = new Uint32Array(count);
  const hi = new Uint32Array(count);
  const known = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const initial = layout.slots[first + i]?.initial;
    if (initial === undefined) continue;
    lo[i] = Number(initial & 0xffffffffn);
    hi[i] = Number(initial >> 32n);
    known[i] = 1;
  }
  return { first, lo, hi, known, lanes: lanesOf(layout, first) };
}

/** All slots of a journal, with their values before anything in its log happened. */
export function slotsBefore(journal: Journal): ClaimedSlots {
  const { state, count } = journal;
  const lo = state.lo.slice(0, state.size);
  const hi = state.hi.slice(0, state.size);
  const known = state.known.slice(0, state.size);
  for (let i = count - 1; i >= 0; i--) {
    const slot = journal.slot[i] ?? 0;
    lo[slot] = journal.beforeLo[i] ?? 0;
    hi[slot] = journal.beforeHi[i] ?? 0;
    known[slot] = (journal.known[i] ?? 0) & KNOWN_BEFORE;
  }
  return { first: 0, lo, hi, known, lanes: lanesOf(journal.layout, 0) };
}

/** Lets a state have the slots. */
export function addSlots(state: StateVector, { first, lo, hi, known }: ClaimedSlots): void {
  const size = first + lo.length;
  if (size > state.lo.length) {
    const capacity = Math.max(size, state.lo.length * 2);
    state.lo = longer(state.lo, new Uint32Array(capacity));
    state.hi = longer(state.hi, new Uint32Array(capacity));
    state.known = longer(state.known, new Uint8Array(capacity));
  }
  state.lo.set(lo, first);
  state.hi.set(hi, first);
  state.known.set(known, first);
  state.size = size;
}

/** In memory that another thread sees. */
export function copyOfClaimed({ first, lo, hi, known, lanes }: ClaimedSlots, memory: MessageMemory): ClaimedSlots {
  return {
    first,
    lo: memory.words(lo),
    hi: memory.words(hi),
    known: memory.bytes(known),
    lanes: memory.numbers(lanes),
  };
}

function lanesOf(layout: Layout, first: number): Float64Array {
  const lanes: number[] = [];
  for (let slot = first; slot < layout.size; slot++) {
    const descriptor = layout.slots[slot];
    const lane = descriptor === undefined ? undefined : laneOfSlot(descriptor);
    if (lane !== undefined) lanes.push(slot, LANE_KINDS.indexOf(lane.kind), lane.lsb, lane.width);
  }
  return Float64Array.from(lanes);
}

function longer<A extends Uint32Array | Uint8Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
