/** The last so many actions, in a ring: a recording has further ones every few lines. */
import { type Action } from './action.ts';

export class LastActions {
  readonly #most: number;
  readonly #ring: Action[] = [];
  /** Where the oldest is. */
  #oldest = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(action: Action): void {
    if (this.#ring.length < this.#most) this.#ring.push(action);
    else {
      this.#ring[this.#oldest] = action;
      this.#oldest = this.#oldest + 1 === this.#most ? 0 : this.#oldest + 1;
    }
  }

  /** Those whose input changed after this moment, oldest first. */
  changedAfter(moment: number): readonly Action[] {
    const later: Action[] = [];
    this.#collect(this.#oldest, this.#ring.length, moment, later);
    this.#collect(0, this.#oldest, moment, later);
    return later;
  }

  #collect(from: number, to: number, moment: number, into: Action[]): void {
    for (let i = from; i < to; i++) {
      const action = this.#ring[i];
      if (action !== undefined && action.changedAt > moment) into.push(action);
    }
  }
}
