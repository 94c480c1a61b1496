/**
 * Postings: for each key (an event type, a register, a slot, a field of an interrupt …) the blocks in which it
 * occurs, and in how many events there. They let a search skip blocks and count hits without decoding any.
 *
 * One row per chunk of 64 blocks and key; a row's blob is a list of (block − first block of the chunk, events) as
 * varints, ascending. Counting all hits of a key is the sum of `total`; the next block with a hit is one look-up a
 * chunk. What counts is always events: an event that changes a slot twice counts once.
 */
import { BLOB_LIMIT, unwrap } from './blob.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { BLOCK_EVENTS, CHUNK_BLOCKS } from './block.ts';
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

/** One kind of key: counts of the block at hand, and lists of the chunk so far. */
class Shelf {
  readonly kind: PostingKind;
  readonly block = new Counter();
  /** Key → block offset, events, block offset, events … */
  readonly lists = new Map<number, number[]>();
  readonly dirty = new Set<number>();

  constructor(kind: PostingKind) {
    this.kind = kind;
  }
}

export class PostingBuilder {
  readonly #shelves: Shelf[] = Object.values(POSTING).map((kind) => new Shelf(kind));
  readonly #write: WriteStatement;
  readonly #bytes = new ByteWriter();

  constructor(queue: WriteQueue) {
    this.#write = queue.prepare('REPLACE INTO posting(chunk, kind, key, total, data) VALUES (?, ?, ?, ?, ?)');
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
    for (const { block, lists, dirty } of this.#shelves) {
      for (const key of block.keys) {
        const list = lists.get(key);
        const n = block.counts[key] ?? 0;
        if (list === undefined) lists.set(key, [offset, n]);
        else list.push(offset, n);
        dirty.add(key);
      }
      block.clear();
    }
  }

  /** Writes what changed since the last call, the current block (at `offset`) included. `keyOf` maps dense keys. */
  save(chunk: number, offset: number, intidOf: (key: number) => number): void {
    for (const { kind, block, lists, dirty } of this.#shelves) {
      for (const key of block.keys) dirty.add(key);
      for (const key of dirty) {
        const list = lists.get(key) ?? [];
        const n = block.counts[key] ?? 0;
        const stored = kind === POSTING.interrupt ? intidOf(key) : key;
        this.#row(chunk, kind, stored, n > 0 ? [...list, offset, n] : list);
      }
      dirty.clear();
    }
  }

  endChunk(): void {
    for (const { lists } of this.#shelves) lists.clear();
  }

  #row(chunk: number, kind: PostingKind, key: number, list: readonly number[]): void {
    const bytes = this.#bytes.clear();
    let total = 0;
    let last = 0;
    for (let i = 0; i < list.length; i += 2) {
      const block = list[i] ?? 0;
      const n = list[i + 1] ?? 0;
      bytes.varint(block - last);
      bytes.varint(n);
      last = block;
      total += n;
    }
    this.#write.run(chunk, kind, key, total, content(bytes.view(), 1, BLOB_LIMIT));
  }
}

/** Where a key occurs: block numbers ascending, and events in each. */
export interface Postings {
  readonly blocks: readonly number[];
  readonly events: readonly number[];
  readonly total: number;
}

export const NO_POSTINGS: Postings = { blocks: [], events: [], total: 0 };

/** Decodes one row's blob, appending to `blocks` and `events`. */
export function decodePosting(data: Uint8Array, chunk: number, blocks: number[], events: number[]): number {
  const what = `postings of chunk ${chunk}`;
  const input = new ByteReader(unwrap(data, what, CHUNK_BLOCKS * 16), what);
  let offset = 0;
  let total = 0;
  let first = true;
  while (input.left > 0) {
    const step = input.varint();
    if (!first && step === 0) throw input.fail('a block twice');
    first = false;
    offset += step;
    if (offset >= CHUNK_BLOCKS) throw input.fail(`block ${offset} of ${CHUNK_BLOCKS}`);
    const n = input.count(BLOCK_EVENTS, 'events');
    blocks.push(chunk * CHUNK_BLOCKS + offset);
    events.push(n);
    total += n;
  }
  return total;
}
