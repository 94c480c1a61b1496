/** A small reproducible generator whose state is one slot, so that undoing the machine undoes its choices. */
/** Where the state of the generator is kept, in a slot or until it gets there; not 0. */
export interface RandomState {
  readonly lo: number;
  moveOn(lo: number): void;
}

/** The next number 0 … `below` − 1 (xorshift32). */
function draw(state: RandomState, below: number): number {
  let x = state.lo;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  state.moveOn(x >>> 0);
  return (x >>> 0) % below;
}

/** The numbers 0 … `count` − 1 in an order drawn anew. */
export function shuffled(state: RandomState, count: number): number[] {
  const order = Array.from({ length: count }, (_, n) => n);
  for (let i = count - 1; i > 0; i--) {
    const j = draw(state, i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}
