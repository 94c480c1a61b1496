/**
 * Postings of several keys added up per block. `UNKNOWN` marks blocks that postings do not cover.
 * Memory: 4 bytes a block and set of keys (98 kB for 1e8 events).
 */
import { type Keys } from './bound.ts';
import { type SearchableTrace } from './searchable.ts';

const UNKNOWN = 0xffff_ffff;

export class KeyCounts {
  readonly #exact: boolean;
  /** Events with a key, by block; an event with two keys counts twice. */
  readonly #counts: Uint32Array;
  /** Blocks in which two keys occur, so that one event might have both. */
  readonly #several: Uint8Array | undefined;

  constructor(trace: SearchableTrace, { keys, exact, several }: Keys) {
    const { blockCount } = trace;
    const indexed = keys.length === 0 ? 0 : Math.min(trace.indexedBlocks, blockCount);
    this.#exact = exact;
    this.#counts = new Uint32Array(blockCount);
    this.#counts.fill(UNKNOWN, indexed);
    const doubles = several === 'never' ? undefined : new Uint8Array(blockCount);
    for (const { kind, key } of keys) {
      const { blocks, events } = trace.postings(kind, key);
      for (let i = 0; i < blocks.length; i++) {
        const block = blocks[i] ?? 0;
        if (block >= indexed) break;
        const before = this.#counts[block] ?? 0;
        if (before > 0 && doubles !== undefined) doubles[block] = 1;
        this.#counts[block] = before + (events[i] ?? 0);
      }
    }
    if (doubles !== undefined && several === 'overlap') onlyOverlaps(trace, keys, doubles);
    this.#several = doubles;
  }

  /** Whether no event of the block can pass. */
  isNone(block: number): boolean {
    return this.#counts[block] === 0;
  }

  /** Events of the block that pass, where postings alone can tell. */
  exact(block: number): number | undefined {
    const count = this.#counts[block] ?? UNKNOWN;
    if (count === 0) return 0;
    return !this.#exact || count === UNKNOWN || this.#several?.[block] === 1 ? undefined : count;
  }
}

/** Keeps the mark only where the trace says that an event has an edge of one INTID on two vCPUs. */
function onlyOverlaps(trace: SearchableTrace, keys: Keys['keys'], doubles: Uint8Array): void {
  const overlaps = new Uint8Array(doubles.length);
  for (const { kind, key } of keys)
    for (const block of trace.overlapBlocks(kind, key)) if (block < overlaps.length) overlaps[block] = 1;
  for (let block = 0; block < doubles.length; block++) doubles[block] = (doubles[block] ?? 0) & (overlaps[block] ?? 0);
}
