/**
 * The postings of one kind of key while a chunk is written: counts of the block at hand, and per key the blocks so far
 * in which it occurred, as a chain through columns: a block costs a few typed-array stores a key, and lists are made
 * when a page is wanted.
 */
import { type ByteWriter } from './bytes.ts';
import { NO_KEY, PAGE_KEYS, PAGE_SHIFT, writePage } from './posting-page.ts';

const grown = <A extends Uint8Array | Uint32Array>(from: A, to: A): A => {
  to.set(from);
  return to;
};

/** Entry numbers count from 1; 0: none. Keys are small dense numbers, save where `keyOf` says otherwise. */
export class PostingShelf {
  readonly #keyOf: (dense: number) => number;
  /** Events of the block at hand by dense key, and the keys that have any. */
  #counts = new Uint32Array(256);
  readonly #keys: number[] = [];

  #entries = 0;
  #offset = new Uint8Array(1024);
  #events = new Uint32Array(1024);
  #next = new Uint32Array(1024);
  /** First and last entry by dense key. */
  #head = new Uint32Array(256);
  #tail = new Uint32Array(256);
  /** Dense keys that occur in the chunk, by page of their stored numbers. */
  readonly #pages = new Map<number, number[]>();
  /** Blocks before this one were saved, whole. */
  #savedTo = 0;
  /** Of the page that is being written: its dense keys by place. */
  readonly #places = new Int32Array(PAGE_KEYS);
  /** Writes where a key occurs. */
  readonly #list = (key: number, out: ByteWriter): void => {
    let last = 0;
    for (let entry = this.#head[key] ?? 0; entry !== 0; entry = this.#next[entry] ?? 0) {
      const block = this.#offset[entry] ?? 0;
      out.varint(block - last);
      out.varint(this.#events[entry] ?? 0);
      last = block;
    }
  };

  /** `keyOf` turns the dense numbers that keys are counted by into those that are stored. */
  constructor(keyOf: (dense: number) => number) {
    this.#keyOf = keyOf;
  }

  /** Counts `n` events of the block at hand. */
  add(key: number, n: number): void {
    if (key >= this.#counts.length) this.#growKeys(key + 1);
    const before = this.#counts[key] ?? 0;
    if (before === 0) this.#keys.push(key);
    this.#counts[key] = before + n;
  }

  /** Forgets the counts of the block at hand. */
  clearBlock(): void {
    for (const key of this.#keys) this.#counts[key] = 0;
    this.#keys.length = 0;
  }

  /** The counts of the block at hand, so far, join the chunk; a block may come again, with more of it. */
  put(offset: number): void {
    for (const key of this.#keys) {
      const n = this.#counts[key] ?? 0;
      const last = this.#tail[key] ?? 0;
      if (last !== 0 && this.#offset[last] === offset) this.#events[last] = n;
      else this.#append(key, last, offset, n);
    }
  }

  /** Writes the pages that may have changed since the last call, and tells of each; the block at `offset` may grow. */
  save(offset: number, out: ByteWriter, written: (page: number) => void): void {
    for (const [number, keys] of this.#pages) {
      if (!this.#hasGrown(keys)) continue;
      this.#places.fill(NO_KEY);
      for (const key of keys) this.#places[this.#keyOf(key) & (PAGE_KEYS - 1)] = key;
      writePage(this.#places, this.#list, out);
      written(number);
    }
    this.#savedTo = offset;
  }

  endChunk(): void {
    for (const keys of this.#pages.values())
      for (const key of keys) {
        this.#head[key] = 0;
        this.#tail[key] = 0;
      }
    this.#pages.clear();
    this.#entries = 0;
    this.#savedTo = 0;
  }

  #append(key: number, last: number, offset: number, n: number): void {
    const entry = ++this.#entries;
    if (entry === this.#next.length) this.#growEntries(entry * 2);
    this.#offset[entry] = offset;
    this.#events[entry] = n;
    this.#next[entry] = 0;
    this.#tail[key] = entry;
    if (last !== 0) {
      this.#next[last] = entry;
      return;
    }
    this.#head[key] = entry;
    const number = this.#keyOf(key) >>> PAGE_SHIFT;
    const page = this.#pages.get(number);
    if (page === undefined) this.#pages.set(number, [key]);
    else page.push(key);
  }

  #hasGrown(keys: readonly number[]): boolean {
    for (const key of keys) if ((this.#offset[this.#tail[key] ?? 0] ?? 0) >= this.#savedTo) return true;
    return false;
  }

  #growKeys(need: number): void {
    const capacity = Math.max(need, this.#counts.length * 2);
    this.#counts = grown(this.#counts, new Uint32Array(capacity));
    this.#head = grown(this.#head, new Uint32Array(capacity));
    this.#tail = grown(this.#tail, new Uint32Array(capacity));
  }

  #growEntries(capacity: number): void {
    this.#offset = grown(this.#offset, new Uint8Array(capacity));
    this.#events = grown(this.#events, new Uint32Array(capacity));
    this.#next = grown(this.#next, new Uint32Array(capacity));
  }
}
