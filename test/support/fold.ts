/**
 * Applying logged changes to a state of one's own, forwards and backwards: how a position is reached from a keyframe.
 * Forwards from a keyframe equals forwards from the start; backwards undoes forwards exactly, because each change
 * carries both values. Cost: three typed-array stores per change.
 */
import { KNOWN_AFTER, KNOWN_BEFORE, type ChangeLog } from '../../core/state/journal.ts';
import { type StateVector } from '../../core/state/state-vector.ts';

/**
 * Applies entries `from` … `to` − 1 of a log, first to last.
 * @throws RangeError when the log has no such entries, or a change is of a slot that the state does not have yet (grow it with the layout first).
 */
export function foldForward(state: StateVector, log: ChangeLog, from = 0, to = log.count): void {
  checkRange(log, from, to);
  for (let i = from; i < to; i++) {
    const slot = slotAt(state, log, i);
    state.lo[slot] = log.afterLo[i] ?? 0;
    state.hi[slot] = log.afterHi[i] ?? 0;
    state.known[slot] = (log.known[i] ?? 0) & KNOWN_AFTER ? 1 : 0;
  }
}

/**
 * Takes entries `to` − 1 … `from` of a log back, last to first.
 * @throws RangeError as `foldForward`.
 */
export function foldBackward(state: StateVector, log: ChangeLog, from = 0, to = log.count): void {
  checkRange(log, from, to);
  for (let i = to - 1; i >= from; i--) {
    const slot = slotAt(state, log, i);
    state.lo[slot] = log.beforeLo[i] ?? 0;
    state.hi[slot] = log.beforeHi[i] ?? 0;
    state.known[slot] = (log.known[i] ?? 0) & KNOWN_BEFORE ? 1 : 0;
  }
}

function checkRange(log: ChangeLog, from: number, to: number): void {
  if (!(from >= 0 && from <= to && to <= log.count))
    throw new RangeError(`no changes ${from} … ${to} in a log of ${log.count}`);
}

function slotAt(state: StateVector, log: ChangeLog, index: number): number {
  const slot = log.slot[index] ?? 0;
  if (slot >= state.size) throw new RangeError(`change ${index} is of slot ${slot}; the state has ${state.size}`);
  return slot;
}
