/**
 * Who could be signalled: the candidates of a domain, ordered by priority value and then by identifier, per target
 * (gicv5-spi-lpi-behaviour §7.1). An index over the tables' entries, and nothing else: `Domain` builds it again from
 * memory when the journal was rewound. LPIs come before SPIs of the same priority, because their identifiers are smaller.
 *
 * Cost: a change of an entry and a question are each a few array accesses, whatever the number of interrupts.
 */
import { IdSet } from './id-set.ts';
import {
  iaffidOf,
  isCandidate,
  istTypeOf,
  LPI_BASE,
  NUMBER_MASK,
  ONE_OF_N,
  priorityOf,
  SPI,
  SPI_BASE,
} from './iste.ts';

/** An identifier, and a priority value; 0: nobody. */
export interface Candidate {
  readonly intid: number;
  readonly priority: number;
}

export const NOBODY: Candidate = { intid: 0, priority: 0xff };

/** Is `a` to be signalled before `b`? */
export const precedes = (a: Candidate, b: Candidate): boolean =>
  a.intid !== 0 && (b.intid === 0 || a.priority < b.priority || (a.priority === b.priority && a.intid < b.intid));

class Queue {
  /** Bit n: a candidate of priority n exists. */
  #priorities = 0;
  /** Two sets per priority: LPIs, SPIs. */
  readonly #sets: (IdSet | undefined)[] = [];

  add(intid: number, priority: number): void {
    this.#set(intid, priority).add(intid & NUMBER_MASK);
    this.#priorities |= 1 << priority;
  }

  delete(intid: number, priority: number): void {
    this.#set(intid, priority).delete(intid & NUMBER_MASK);
    if (this.#isEmpty(2 * priority) && this.#isEmpty(2 * priority + 1)) this.#priorities &= ~(1 << priority);
  }

  best(): Candidate {
    const mask = this.#priorities;
    if (mask === 0) return NOBODY;
    const priority = 31 - Math.clz32(mask & -mask);
    const lpi = this.#sets[2 * priority]?.first() ?? -1;
    if (lpi >= 0) return { intid: LPI_BASE + lpi, priority };
    return { intid: SPI_BASE + (this.#sets[2 * priority + 1]?.first() ?? 0), priority };
  }

  #set(intid: number, priority: number): IdSet {
    return (this.#sets[2 * priority + (istTypeOf(intid) === SPI ? 1 : 0)] ??= new IdSet());
  }

  #isEmpty(at: number): boolean {
    return this.#sets[at]?.isEmpty ?? true;
  }
}

export class Candidates {
  readonly #targeted = new Map<number, Queue>();
  #oneOfN = new Queue();

  clear(): void {
    this.#targeted.clear();
    this.#oneOfN = new Queue();
  }

  /** An entry's word changed; both words may be 0. */
  update(intid: number, before: number, after: number): void {
    if (isCandidate(before)) this.#queue(before).delete(intid, priorityOf(before));
    if (isCandidate(after)) this.#queue(after).add(intid, priorityOf(after));
  }

  /** The best candidate that is routed to this PE alone. */
  targeted(iaffid: number): Candidate {
    return this.#targeted.get(iaffid)?.best() ?? NOBODY;
  }

  /** The best candidate that any PE may take. */
  oneOfN(): Candidate {
    return this.#oneOfN.best();
  }

  #queue(word: number): Queue {
    if ((word & ONE_OF_N) !== 0) return this.#oneOfN;
    const iaffid = iaffidOf(word);
    let queue = this.#targeted.get(iaffid);
    if (queue === undefined) this.#targeted.set(iaffid, (queue = new Queue()));
    return queue;
  }
}
