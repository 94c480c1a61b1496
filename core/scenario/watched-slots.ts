/**
 * Whether any of some slots has changed since somebody looked, from the journal's log: for what is derived from many
 * slots of which few ever change. Slots are watched in groups; one slot may be in several.
 *
 * Use: `look` before the log is cleared, at each event; a group's version is another one when one of its slots has
 * changed. Cost: one array read per change of any slot.
 */
import { Cell } from '../state/cell.ts';
import { type Journal } from '../state/journal.ts';

export class WatchedSlots {
  /** By group. */
  readonly versions: number[];
  readonly #journal: Journal;
  /** By slot: bit n says that group n has it. */
  readonly #groups: Uint8Array;
  readonly #all: number;
  #seen = 0;
  #clearings = -1;
  #rewinds = 0;

  /** Each group, of at most eight, watches every cell in its owners: fields of an object, or in an array that is one. */
  constructor(journal: Journal, groups: readonly (readonly object[])[]) {
    this.#journal = journal;
    this.#groups = new Uint8Array(journal.layout.size);
    this.#all = 2 ** groups.length - 1;
    this.versions = groups.map(() => 1);
    for (const [group, owners] of groups.entries())
      for (const owner of owners)
        for (const field of Object.values(owner) as unknown[])
          for (const cell of Array.isArray(field) ? (field as unknown[]) : [field])
            if (cell instanceof Cell) this.#groups[cell.slot] = (this.#groups[cell.slot] ?? 0) | (1 << group);
  }

  /** Takes in what the log has gained. */
  look(): void {
    const { count, slot, clearings, rewinds } = this.#journal;
    let from = clearings === this.#clearings ? this.#seen : 0;
    this.#seen = count;
    this.#clearings = clearings;
    let changed = 0;
    if (rewinds !== this.#rewinds) {
      this.#rewinds = rewinds;
      changed = this.#all;
    } else {
      const groups = this.#groups;
      for (; from < count; from++) changed |= groups[slot[from] ?? 0] ?? 0;
    }
    if (changed !== 0) this.#renew(changed);
  }

  #renew(changed: number): void {
    const { versions } = this;
    for (let group = 0; group < versions.length; group++)
      if ((changed >>> group) & 1) versions[group] = (versions[group] ?? 0) + 1;
  }
}
