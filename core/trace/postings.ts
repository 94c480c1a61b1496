/**
 * Postings: for each key (an event type, a register, a slot, a field of an interrupt …) the blocks in which it
 * occurs, and in how many events there. They let a search skip blocks and count hits without decoding any.
 *
 * One row per chunk of 64 blocks and page of 64 neighbouring keys (posting-page.ts), so that a machine with 65,536
 * interrupts, each of which occurs a few times, does not write a row for each of them. The next block with a hit is one
 * look-up a chunk. What counts is always events: an event that changes a slot twice counts once.
 */
import { type BlobColumns } from './blob-rows.ts';
import { BLOB_LIMIT } from './blob.ts';
import { PostingShelf } from './posting-shelf.ts';
import { type Writes } from './writes.ts';

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

export class PostingBuilder {
  /** By kind. */
  readonly #shelves: PostingShelf[] = [];
  readonly #pages: BlobColumns;

  /** `intidOf`: the INTID behind the dense number that an interrupt is counted by. */
  constructor(writes: Writes, intidOf: (dense: number) => number) {
    // Never compressed: see posting-page.ts.
    const sql = 'REPLACE INTO posting(chunk, kind, page, data) VALUES (?, ?, ?, ?)';
    this.#pages = writes.blobTable(sql, 3, BLOB_LIMIT);
    const same = (key: number): number => key;
    for (const kind of Object.values(POSTING))
      this.#shelves[kind] = new PostingShelf(kind === POSTING.interrupt ? intidOf : same);
  }

  /** Counts `n` events of the current block under a key. */
  add(kind: PostingKind, key: number, n = 1): void {
    this.#shelves[kind]?.add(key, n);
  }

  /** Forgets the current block's counts of a kind, to count it again. */
  clearBlock(kind: PostingKind): void {
    this.#shelves[kind]?.clearBlock();
  }

  /** The current block is final: its counts join the chunk. */
  endBlock(offset: number): void {
    this.#shelves.forEach((shelf) => {
      shelf.put(offset);
      shelf.clearBlock();
    });
  }

  /** Writes what changed since the last call, the current block (at `offset`) included. */
  save(chunk: number, offset: number): void {
    this.#shelves.forEach((shelf, kind) => {
      shelf.put(offset);
      shelf.save(offset, this.#pages.bytes, (page) => {
        this.#pages.add(chunk, kind, page);
      });
    });
    this.#pages.flush();
  }

  endChunk(): void {
    this.#shelves.forEach((shelf) => {
      shelf.endChunk();
    });
  }
}

/** Where a key occurs: block numbers ascending, and events in each. */
export interface Postings {
  readonly blocks: readonly number[];
  readonly events: readonly number[];
  readonly total: number;
}

export const NO_POSTINGS: Postings = { blocks: [], events: [], total: 0 };
