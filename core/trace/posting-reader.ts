/**
 * Postings by key, over the whole trace. One look-up a chunk and key (some µs each); lists are cached until the trace
 * grows. The reader side of postings.ts.
 */
import type Database from 'better-sqlite3';
import { damaged } from './errors.ts';
import { guarded } from './file.ts';
import { LruCache } from './lru.ts';
import { CHUNK_BLOCKS } from './block.ts';
import { PAGE_SHIFT, decodePosting, keysOfPage } from './posting-page.ts';
import { NO_POSTINGS, type PostingKind, type Postings } from './postings.ts';
import { blob, integer } from './row-values.ts';

const CACHED = 1024;

export class PostingReader {
  readonly #path: string;
  readonly #find: Database.Statement;
  readonly #pages: Database.Statement;
  readonly #cache = new LruCache<string, Postings>(CACHED);
  #blocks = 0;

  constructor(path: string, db: Database.Database) {
    this.#path = path;
    this.#find = db.prepare('SELECT data FROM posting WHERE chunk = ? AND kind = ? AND page = ?').raw();
    this.#pages = db.prepare('SELECT page, data FROM posting WHERE chunk = ? AND kind = ?').raw();
  }

  /** The trace has `blocks` blocks now; `grown`: something changed. */
  resize(blocks: number, grown: boolean): void {
    this.#blocks = blocks;
    if (grown) this.#cache.clear();
  }

  /** The blocks in which a key occurs. */
  get(kind: PostingKind, key: number): Postings {
    const name = `${kind} ${key}`;
    return this.#cache.get(name) ?? this.#cache.set(name, this.#load(kind, key));
  }

  /** Every key of a kind that occurs, in no order. */
  keys(kind: PostingKind): Set<number> {
    const out = new Set<number>();
    for (let chunk = 0; chunk < this.#chunks; chunk++)
      for (const row of guarded(this.#path, () => this.#pages.all(chunk, kind))) {
        const first = integer(row, 0, 'posting') * 2 ** PAGE_SHIFT;
        for (const place of keysOfPage(blob(row, 1, 'posting'), chunk)) out.add(first + place);
      }
    return out;
  }

  get #chunks(): number {
    return Math.ceil(this.#blocks / CHUNK_BLOCKS);
  }

  #load(kind: PostingKind, key: number): Postings {
    const blocks: number[] = [];
    const events: number[] = [];
    let total = 0;
    const place = key & ((1 << PAGE_SHIFT) - 1);
    for (let chunk = 0; chunk < this.#chunks; chunk++) {
      const row = guarded(this.#path, () => this.#find.get(chunk, kind, key >>> PAGE_SHIFT));
      if (row !== undefined) total += decodePosting(blob(row, 0, 'posting'), chunk, place, blocks, events);
    }
    if ((blocks.at(-1) ?? 0) >= this.#blocks && blocks.length > 0)
      throw damaged('postings', `key ${name(kind, key)} names block ${blocks.at(-1)} of ${this.#blocks}`);
    return blocks.length === 0 ? NO_POSTINGS : { blocks, events, total };
  }
}

const name = (kind: number, key: number): string => `${kind}:${key}`;

/** Index of the first entry that is ≥ `value` in an ascending list. */
export function lowerBound(list: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
