/**
 * In which blocks a slot changes, and so its value at the start of any block, without crossing the trace: between
 * two blocks that change it, it is constant, and the table of touched slots of either neighbour has it.
 *
 * From postings where they reach; of the blocks behind them the tables of touched slots are read once, when first
 * asked. Cost of a value: one binary search and, when the neighbour is another than last time, one small table.
 */
import { POSTING } from '../../trace/postings.ts';
import { lowerBound, type SearchableTrace, type SlotWords } from './searchable.ts';

export class SlotHistory {
  readonly #trace: SearchableTrace;
  readonly #blocks = new Map<number, readonly number[]>();
  #unindexed: Map<number, number[]> | undefined;
  /** End of what `#blocks` covers; the trace may have grown since. */
  readonly #end: number;

  constructor(trace: SearchableTrace) {
    this.#trace = trace;
    this.#end = trace.blockCount;
  }

  /** Blocks that change the slot, ascending. */
  blocks(slot: number): readonly number[] {
    const known = this.#blocks.get(slot);
    if (known !== undefined) return known;
    const { indexedBlocks } = this.#trace;
    const posted = this.#trace.postings(POSTING.slot, slot).blocks;
    const inside = posted.filter((block) => block < Math.min(indexedBlocks, this.#end));
    const blocks = [...inside, ...(this.#behind().get(slot) ?? [])];
    this.#blocks.set(slot, blocks);
    return blocks;
  }

  #behind(): ReadonlyMap<number, readonly number[]> {
    if (this.#unindexed !== undefined) return this.#unindexed;
    const found = new Map<number, number[]>();
    for (let block = this.#trace.indexedBlocks; block < this.#end; block++) {
      const { count, slot } = this.#trace.touched(block);
      for (let i = 0; i < count; i++) {
        const id = slot[i] ?? 0;
        const list = found.get(id);
        if (list === undefined) found.set(id, [block]);
        else list.push(block);
      }
    }
    this.#unindexed = found;
    return found;
  }

  /** Value before the first event of a block. `gap`: number of changing blocks before it, from `lowerBound`. */
  valueAt(slot: number, gap: number): SlotWords {
    const blocks = this.blocks(slot);
    const before = blocks[gap - 1];
    if (before !== undefined) return this.#edge(before, slot, true);
    const after = blocks[gap];
    return after === undefined ? this.#trace.initial(slot) : this.#edge(after, slot, false);
  }

  #edge(block: number, slot: number, atEnd: boolean): SlotWords {
    const touched = this.#trace.touched(block);
    for (let i = 0; i < touched.count; i++) {
      if (touched.slot[i] !== slot) continue;
      const known = ((touched.known[i] ?? 0) & (atEnd ? 2 : 1)) !== 0;
      return atEnd
        ? { lo: touched.afterLo[i] ?? 0, hi: touched.afterHi[i] ?? 0, known }
        : { lo: touched.beforeLo[i] ?? 0, hi: touched.beforeHi[i] ?? 0, known };
    }
    throw new Error(`the index says that block ${block} changes slot ${slot}; it does not`);
  }
}

/** Number of changing blocks before `block`, and whether it changes the slot itself. */
export function gapOf(blocks: readonly number[], block: number): { readonly gap: number; readonly changes: boolean } {
  const gap = lowerBound(blocks, block);
  return { gap, changes: blocks[gap] === block };
}
