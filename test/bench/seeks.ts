/**
 * What a jump costs, apart from what the caches happen to hold: a short trace fits into them and a long one does not.
 * - cold: the first jump into a block that nothing was read of since the trace was opened;
 * - warm: jumps among blocks that are all cached.
 */
import { percentile } from './report.ts';

/** Blocks that any trace has and any cache holds. */
const BLOCKS = 8;
const BLOCK_EVENTS = 4096;

export interface Seeks {
  readonly cold: number;
  readonly warm: number;
}

/** Median milliseconds. `open` opens the trace anew and gives its jump; the one before is closed. */
export async function medianSeeks(
  events: number,
  open: () => Promise<(seq: number) => Promise<unknown>>,
): Promise<Seeks> {
  const cold: number[] = [];
  const warm: number[] = [];
  const blocks = Math.floor(events / BLOCK_EVENTS);
  let random = 1;
  const next = (limit: number): number => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0;
    return Math.floor((random / 0x1_0000_0000) * limit);
  };
  for (let round = 0; round < 40; round++) {
    const seek = await open();
    // The first one also opens what all need.
    await seek(0);
    const chosen = new Set<number>();
    while (chosen.size < BLOCKS) chosen.add(1 + next(blocks - 1));
    const jump = async (block: number, times: number[]): Promise<void> => {
      const at = block * BLOCK_EVENTS + next(BLOCK_EVENTS);
      const start = performance.now();
      await seek(at);
      times.push(performance.now() - start);
    };
    for (const block of chosen) await jump(block, cold);
    for (let again = 0; again < 4; again++) for (const block of chosen) await jump(block, warm);
  }
  return { cold: percentile(cold, 0.5), warm: percentile(warm, 0.5) };
}
