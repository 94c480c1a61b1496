/**
 * Whether any of some slots has changed since somebody looked, from the journal's log: for what is derived from many
 * slots of which few ever change.
 *
 * Use: `look` before the log is cleared, at each event; `version` is another one when one of the slots has changed.
 * Cost: one array read per change of any slot.
 */
import { Cell } from '../state/cell.ts';
import { type Journal } from '../state/journal.ts';

export class WatchedSlots {
  version = 1;
  readonly #journal: Journal;
  readonly #isWatched: Uint8Array;
  #seen = 0;
  #clearings = -1;
  #rewinds = 0;

  /** Watches every cell in `owners`: those that are fields of an object, or in an array that is one. */
  constructor(journal: Journal, owners: readonly object[]) {
    this.#journal = journal;
    this.#isWatched = new Uint8Array(journal.layout.size);
    for (const owner of owners)
      for (const field of Object.values(owner) as unknown[])
        for (const cell of Array.isArray(field) ? (field as unknown[]) : [field])
          if (cell instanceof Cell) this.#isWatched[cell.slot] = 1;
  }

  /** Takes in what the log has gained. */
  look(): void {
    const { count, slot, clearings, rewinds } = this.#journal;
    let from = clearings === this.#clearings ? this.#seen : 0;
    this.#seen = count;
    this.#clearings = clearings;
    if (rewinds !== this.#rewinds) {
      this.#rewinds = rewinds;
      this.version++;
      return;
    }
    const isWatched = this.#isWatched;
    for (; from < count; from++)
      if (isWatched[slot[from] ?? 0] === 1) {
        this.version++;
        return;
      }
  }
}
