/**
 * Postings: for each key (an event type, a register, a slot, a field of an interrupt …) the blocks in which it
 * occurs, and in how many events there. They let a search skip blocks and count hits without decoding any.
 *
 * One row per chunk of 64 blocks and page of 64 neighbouring keys (posting-page.ts), so that a machine with 65,536
 * interrupts, each of which occurs a few times, does not write a row for each of them. The next block with a hit is one
 * look-up a chunk. What counts is always events: an event that changes a slot twice counts once.
 */
import { type PostingPage, PAGE_SHIFT, pageBytes } from './posting-page.ts';
import { BLOB_LIMIT } from './blob.ts';
import { ByteWriter } from './bytes.ts';
import { type WriteQueue, type WriteStatement, content } from './write-queue.ts';

/** Kinds of key. Stored: append, never renumber. */
export const POSTING = {
  /** Event type id. */
  type: 1,
  /** Name id × 4 + access (0 read, 1 write, 2 execute; 3 for kinds without an access). */
  name: 2,
  /** INTID named by the event. */
  interrupt: 3,
  /** vCPU + 1; 0: events without one. */
  vcpu: 4,
  /** Slot changed. */
  slot: 5,
  /** Interrupt field changed: its value, or whether it is known. */
  fieldChanged: 6,
  /** Interrupt field rose: known afterwards and greater than before (unknown counts as 0 here). */
  fieldRose: 7,
  /** Interrupt field fell: known before and after, and smaller. */
  fieldFell: 8,
  /** Interrupt whose state code changed. */
  state: 9,
  /**
   * Interrupt field × 4 + edge (0 changed, 1 rose, 2 fell): events in which it has that edge after the same field of
   * the same INTID on another vCPU. In blocks without, the counts of a field on all vCPUs add up to the number of
   * events.
   */
  overlap: 10,
} as const;
export type PostingKind = (typeof POSTING)[keyof typeof POSTING];

/** Access part of a `name` key for kinds that have none. */
export const NO_ACCESS = 3;

/** Events of one block by key. Keys are small dense numbers. */
class Counter {
  counts = new Uint32Array(256);
  readonly keys: number[] = [];

  add(key: number, n = 1): void {
    if (key >= this.counts.length) this.#grow(key + 1);
    const before = this.counts[key] ?? 0;
    if (before === 0) this.keys.push(key);
    this.counts[key] = before + n;
  }

  clear(): void {
    for (const key of this.keys) this.counts[key] = 0;
    this.keys.length = 0;
  }

  #grow(need: number): void {
    const bigger = new Uint32Array(Math.max(need, this.counts.length * 2));
    bigger.set(this.counts);
    this.counts = bigger;
  }
}

/** One kind of key: counts of the block at hand, and the pages of the chunk so far. */
class Shelf {
  readonly kind: PostingKind;
  readonly block = new Counter();
  readonly pages = new Map<number, PostingPage>();
  readonly dirty = new Set<number>();
  readonly #keyOf: (key: number) => number;

  /** `keyOf` turns the dense numbers that keys are counted by into those that are stored. */
  constructor(kind: PostingKind, keyOf: (key: number) => number) {
    this.kind = kind;
    this.#keyOf = keyOf;
  }

  /** The counts of the block at hand, so far, join the chunk. */
  put(offset: number): void {
    for (const dense of this.block.keys) {
      const key = this.#keyOf(dense);
      const number = key >>> PAGE_SHIFT;
      let page = this.pages.get(number);
      if (page === undefined) this.pages.set(number, (page = []));
      const place = key & ((1 << PAGE_SHIFT) - 1);
      const list = (page[place] ??= []);
      const n = this.block.counts[dense] ?? 0;
      // Again, with more of the block.
      if (list[list.length - 2] === offset) list[list.length - 1] = n;
      else list.push(offset, n);
      this.dirty.add(number);
    }
  }
}

export class PostingBuilder {
  readonly #shelves: Shelf[];
  readonly #write: WriteStatement;
  readonly #bytes = new ByteWriter();

  /** `intidOf`: the INTID behind the dense number that an interrupt is counted by. */
  constructor(queue: WriteQueue, intidOf: (dense: number) => number) {
    this.#write = queue.prepare('REPLACE INTO posting(chunk, kind, page, data) VALUES (?, ?, ?, ?)');
    const same = (key: number): number => key;
    this.#shelves = Object.values(POSTING).map((kind) => new Shelf(kind, kind === POSTING.interrupt ? intidOf : same));
  }

  /** Counts `n` events of the current block under a key. */
  add(kind: PostingKind, key: number, n = 1): void {
    this.#shelves[kind - 1]?.block.add(key, n);
  }

  /** Forgets the current block's counts, to count it again. */
  clearBlock(...kinds: readonly PostingKind[]): void {
    for (const kind of kinds) this.#shelves[kind - 1]?.block.clear();
  }

  /** The current block is final: its counts join the chunk. */
  endBlock(offset: number): void {
    for (const shelf of this.#shelves) {
      shelf.put(offset);
      shelf.block.clear();
    }
  }

  /** Writes what changed since the last call, the current block (at `offset`) included. */
  save(chunk: number, offset: number): void {
    for (const shelf of this.#shelves) {
      shelf.put(offset);
      for (const page of shelf.dirty) {
        const bytes = this.#bytes.clear();
        pageBytes(shelf.pages.get(page) ?? [], bytes);
        this.#write.run(chunk, shelf.kind, page, content(bytes.view(), 1, BLOB_LIMIT));
      }
      shelf.dirty.clear();
    }
  }

  endChunk(): void {
    for (const { pages } of this.#shelves) pages.clear();
  }
}

/** Where a key occurs: block numbers ascending, and events in each. */
export interface Postings {
  readonly blocks: readonly number[];
  readonly events: readonly number[];
  readonly total: number;
}

export const NO_POSTINGS: Postings = { blocks: [], events: [], total: 0 };
