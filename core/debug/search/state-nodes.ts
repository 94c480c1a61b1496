/**
 * Edges and tests of state, a whole block at a time.
 *
 * A test of state holds over stretches between changes of its slots. In a block that changes none of them it is
 * constant, and its value comes from a neighbouring block's table of touched slots (slot-history.ts). Otherwise one
 * walk over the block's changes, starting from the values at the block's start, follows all tests at once.
 */
import { type BlockChanges } from '../../trace/block.ts';
import { type BlockView } from './block-view.ts';
import { edgeTest, type EdgeTest, wordTest, type WordTest } from './bits.ts';
import { type Bound } from './bound.ts';
import { keyedNode } from './event-nodes.ts';
import { type Mask } from './mask.ts';
import { type Node, type Share } from './node.ts';
import { type SearchableTrace } from './searchable.ts';
import { gapOf, type SlotHistory } from './slot-history.ts';

type BoundOf<T extends Bound['type']> = Extract<Bound, { readonly type: T }>;

const EDGE_COST = 100;
const LEVEL_COST = 110;

/** Per touched slot of a block, what was asked of it; undefined when nothing is. */
function byTouched<T>(changes: BlockChanges, bySlot: ReadonlyMap<number, T>): (T | undefined)[] | undefined {
  const { count, slot } = changes.touched;
  const out = Array<T | undefined>(count);
  let any = false;
  for (let i = 0; i < count; i++) {
    const wanted = bySlot.get(slot[i] ?? 0);
    out[i] = wanted;
    if (wanted !== undefined) any = true;
  }
  return any ? out : undefined;
}

function grouped<T>(entries: Iterable<readonly [slot: number, entry: T]>): Map<number, T[]> {
  const out = new Map<number, T[]>();
  for (const [slot, entry] of entries) {
    const list = out.get(slot);
    if (list === undefined) out.set(slot, [entry]);
    else list.push(entry);
  }
  return out;
}

export function edgeNode(trace: SearchableTrace, { edge, ranges, keys }: BoundOf<'edge'>): Node {
  const tests = grouped(ranges.map(({ slot, lsb, width }) => [slot, edgeTest(edge, lsb, width)] as const));
  return keyedNode(trace, keys, EDGE_COST, (view, out) => fillEdges(view, out, tests));
}

function fillEdges({ changes, count }: BlockView, { bytes }: Mask, bySlot: ReadonlyMap<number, EdgeTest[]>): void {
  bytes.fill(0);
  const tests = byTouched(changes, bySlot);
  if (tests === undefined) return;
  const { start, local, beforeLo, beforeHi, afterLo, afterHi, known } = changes;
  for (let i = 0, c = 0; i < count; i++) {
    for (const end = start[i + 1] ?? 0; c < end; c++) {
      const wanted = tests[local[c] ?? 0];
      if (wanted === undefined) continue;
      for (const test of wanted)
        if (test(beforeLo[c] ?? 0, beforeHi[c] ?? 0, afterLo[c] ?? 0, afterHi[c] ?? 0, known[c] ?? 0)) bytes[i] = 1;
    }
  }
}

/** One test, and whether it holds in the stretch of blocks that was looked at last. */
interface Level {
  readonly slot: number;
  readonly passes: WordTest;
  gap: number;
  holds: boolean;
}

export function levelNode(_trace: SearchableTrace, { tests }: BoundOf<'level'>, history: SlotHistory): Node {
  const levels = tests.map(({ range, test }): Level => ({
    slot: range.slot,
    passes: wordTest(test, range.lsb, range.width),
    gap: -1,
    holds: false,
  }));
  const bySlot = grouped(levels.map((level) => [level.slot, level] as const));
  const holdsBefore = (level: Level, gap: number): boolean => {
    if (level.gap !== gap) {
      const { lo, hi, known } = history.valueAt(level.slot, gap);
      level.holds = level.passes(lo, hi, known);
      level.gap = gap;
    }
    return level.holds;
  };
  const share = (block: number): Share => {
    let some = false;
    for (const level of levels) {
      const { gap, changes } = gapOf(history.blocks(level.slot), block);
      if (changes) some = true;
      else if (holdsBefore(level, gap)) return 2;
    }
    return some ? 1 : 0;
  };
  return {
    cost: LEVEL_COST,
    share,
    count: () => undefined,
    mark: (view, out) => fillLevels(view, out, bySlot),
    atStart: (block) => levels.some((level) => holdsBefore(level, gapOf(history.blocks(level.slot), block).gap)),
  };
}

/** Tests whose slots the block does not change are false here: one that holds makes the whole block pass. */
function fillLevels({ changes, count }: BlockView, { bytes }: Mask, bySlot: ReadonlyMap<number, Level[]>): void {
  const tests = byTouched(changes, bySlot);
  if (tests === undefined) {
    bytes.fill(0);
    return;
  }
  const { touched, start, local, afterLo, afterHi, known } = changes;
  const holds = tests.map((levels, t) =>
    levels?.map(({ passes }) =>
      passes(touched.beforeLo[t] ?? 0, touched.beforeHi[t] ?? 0, ((touched.known[t] ?? 0) & 1) !== 0),
    ),
  );
  let holding = 0;
  for (const flags of holds) for (const flag of flags ?? []) if (flag) holding++;
  for (let i = 0, c = 0; i < count; i++) {
    for (const end = start[i + 1] ?? 0; c < end; c++) {
      const t = local[c] ?? 0;
      const levels = tests[t];
      const flags = holds[t];
      if (levels === undefined || flags === undefined) continue;
      const isKnown = ((known[c] ?? 0) & 2) !== 0;
      for (let k = 0; k < levels.length; k++) {
        const now = levels[k]?.passes(afterLo[c] ?? 0, afterHi[c] ?? 0, isKnown) === true;
        if (now !== flags[k]) holding += now ? 1 : -1;
        flags[k] = now;
      }
    }
    bytes[i] = holding > 0 ? 1 : 0;
  }
}
