/**
 * Decoded instructions of a RAM, cached per address and shared by its cores: an operation depends on the instruction
 * word alone. A page (1024 operations) starts full of `decodeHere`, which decodes the word under the PC, puts the
 * result in its place and runs it; a store to a decoded word puts `decodeHere` back. So the run loop never asks whether
 * an entry is there, and code that changes itself is seen at once (stronger than the architecture, which wants cache
 * maintenance first).
 */
import { operationOf } from './decode.ts';
import { type Core } from './execute/core.ts';
import { type Op } from './execute/op.ts';
import { CODE, PAGE, type Ram, type RamObserver } from './ram.ts';

/** Pages kept, 8 KiB each; a guest that jumps everywhere makes the cache start over rather than grow. */
const MAX_PAGES = 4096;

export class CodeCache implements RamObserver {
  readonly #ram: Ram;
  readonly #pages: (Op[] | undefined)[];
  #count = 0;
  /** How often the pages were given up: one that was got before is not kept up to date any more. */
  generation = 0;

  constructor(ram: Ram) {
    this.#ram = ram;
    this.#pages = Array.from({ length: ram.size / PAGE }, () => undefined);
    ram.observers.push(this);
  }

  /** Operations of the page at this offset, a multiple of 4096 inside the RAM. */
  page(offset: number): Op[] {
    const index = offset / PAGE;
    return this.#pages[index] ?? this.#newPage(index);
  }

  #newPage(index: number): Op[] {
    if (this.#count >= MAX_PAGES) {
      this.#pages.fill(undefined);
      this.#count = 0;
      this.generation++;
    }
    this.#count++;
    return (this.#pages[index] = Array.from({ length: PAGE / 4 }, () => this.#decodeHere));
  }

  codeChanged(word: number): void {
    const page = this.#pages[Math.floor((word * 8) / PAGE)];
    if (page === undefined) return;
    const first = (word * 2) % (PAGE / 4);
    page[first] = this.#decodeHere;
    page[first + 1] = this.#decodeHere;
  }

  reservationLost(): void {
    // Cores keep their reservations themselves.
  }

  readonly #decodeHere: Op = (core: Core): void => {
    const offset = ((core.pc - 4) >>> 0) - this.#ram.baseLo;
    const op = operationOf(this.#ram.view.getUint32(offset, true));
    const word = offset >>> 3;
    this.page(offset - (offset % PAGE))[(offset % PAGE) >>> 2] = op;
    this.#ram.marks[word] = (this.#ram.marks[word] ?? 0) | CODE;
    op(core);
  };
}

const caches = new WeakMap<Ram, CodeCache>();

/** The one cache of a RAM. */
export function codeOf(ram: Ram): CodeCache {
  let cache = caches.get(ram);
  if (cache === undefined) caches.set(ram, (cache = new CodeCache(ram)));
  return cache;
}
