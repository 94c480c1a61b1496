/**
 * Numbers for what events say. Recordings repeat themselves: but for its time, nine of ten events have been there before
 * (the same register read by the same vCPU with the same value, at the same PC). So what an event says is a row of its
 * own, once, and the event's row has the time and the number of that one (schema.ts).
 *
 * Known ones are kept until there are too many; then they are forgotten, and what comes again gets another number.
 * Numbers only grow, from 1, so that they are the keys that SQLite gives by itself. Memory: at most 6 MB. Cost: a hash of eight words an event.
 */
import { type EventColumns } from './columns.ts';

/** Type and vCPU, small and flags, name, value, arg, detail. */
const WORDS = 8;
const FIRST_CAPACITY = 1 << 12;
/** Different ones that are remembered. */
const MOST = 1 << 17;

/** What a table knows, so that another one can go on where it ended. */
export interface KnownWhats {
  /** Number of the first one that is known. */
  readonly first: number;
  /** WORDS of each one that is known, in order. */
  readonly keys: Uint32Array;
}

const NONE_KNOWN: KnownWhats = { first: 1, keys: new Uint32Array() };

export class EventTable {
  /** Number of the first one that is known. */
  #first: number;
  #known = 0;
  /** The words of each one that is known, in order, and their hashes. */
  #keys = new Uint32Array(FIRST_CAPACITY * WORDS);
  #hashes = new Uint32Array(FIRST_CAPACITY);
  /** Open addressing: index of a known one + 1; 0: free. Twice as long as there can be known ones. */
  #table = new Uint32Array(FIRST_CAPACITY * 2);
  readonly #words = new Uint32Array(WORDS);

  constructor({ first, keys }: KnownWhats = NONE_KNOWN) {
    this.#first = first;
    for (let at = 0; at < keys.length; at += WORDS) {
      this.#words.set(keys.subarray(at, at + WORDS));
      const hash = this.#hash();
      this.#add(hash, this.#find(hash));
    }
  }

  get known(): KnownWhats {
    return { first: this.#first, keys: this.#keys.slice(0, this.#known * WORDS) };
  }

  /** The number that the next new one gets. */
  get next(): number {
    return this.#first + this.#known;
  }

  /** The number of what event `i` says; `detail`: the number of its detail + 1, 0 for none. */
  numberOf(columns: EventColumns, detail: number, i: number): number {
    const words = this.#words;
    words[0] = (columns.type[i] ?? 0) | ((columns.vcpu[i] ?? 0) << 16);
    words[1] = (columns.small[i] ?? 0) | ((columns.flags[i] ?? 0) << 16);
    words[2] = columns.name[i] ?? 0;
    words[3] = columns.valueLo[i] ?? 0;
    words[4] = columns.valueHi[i] ?? 0;
    words[5] = columns.argLo[i] ?? 0;
    words[6] = columns.argHi[i] ?? 0;
    words[7] = detail;
    const hash = this.#hash();
    const place = this.#find(hash);
    let index = (this.#table[place] ?? 0) - 1;
    // Which may move the first one.
    if (index < 0) index = this.#add(hash, place);
    return this.#first + index;
  }

  #hash(): number {
    const words = this.#words;
    let hash = 0;
    for (let w = 0; w < WORDS; w++) {
      hash = Math.imul(hash ^ (words[w] ?? 0), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash >>> 0;
  }

  /** Where the words are in the table, or the free place where they belong. */
  #find(hash: number): number {
    const table = this.#table;
    const mask = table.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const index = (table[at] ?? 0) - 1;
      if (index < 0 || (this.#hashes[index] === hash && this.#isKey(index * WORDS))) return at;
    }
  }

  #isKey(at: number): boolean {
    const keys = this.#keys;
    const words = this.#words;
    for (let w = 0; w < WORDS; w++) if (keys[at + w] !== words[w]) return false;
    return true;
  }

  #add(hash: number, place: number): number {
    let at = place;
    if (this.#known === this.#hashes.length) {
      if (this.#known < MOST) this.#grow(this.#known * 2);
      else this.#forget();
      at = this.#find(hash);
    }
    const index = this.#known++;
    this.#keys.set(this.#words, index * WORDS);
    this.#hashes[index] = hash;
    this.#table[at] = index + 1;
    return index;
  }

  #forget(): void {
    this.#first += this.#known;
    this.#known = 0;
    this.#table.fill(0);
  }

  #grow(capacity: number): void {
    const keys = new Uint32Array(capacity * WORDS);
    keys.set(this.#keys);
    const hashes = new Uint32Array(capacity);
    hashes.set(this.#hashes);
    const table = new Uint32Array(capacity * 2);
    for (let index = 0; index < this.#known; index++) {
      let at = (hashes[index] ?? 0) & (table.length - 1);
      while (table[at] !== 0) at = (at + 1) & (table.length - 1);
      table[at] = index + 1;
    }
    this.#keys = keys;
    this.#hashes = hashes;
    this.#table = table;
  }
}
