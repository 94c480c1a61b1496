/** A small reproducible generator whose state is one slot, so that undoing the machine undoes its choices. */
import { type Cell } from '../state/cell.ts';

/** The next number 0 … `below` − 1 (xorshift32). The cell must not be 0. */
export function draw(state: Cell, below: number): number {
  let x = state.lo;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  state.set(x >>> 0);
  return (x >>> 0) % below;
}
