/**
 * Edges and tests of state, a whole block at a time.
 *
 * A test of state holds over stretches between changes of its slots. In a block that changes none of them it is
 * constant, and its value comes from a neighbouring block's table of touched slots (slot-history.ts). Otherwise one
 * walk over the block's changes, starting from the values at the block's start, follows all tests at once.
 */
import { type BlockChanges, type SlotChanges } from '../../trace/block.ts';
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

/** What was asked of slots that a block touches, per entry of its touched slots, and the changes of these. */
interface Asked<T> {
  readonly asked: readonly (T | undefined)[];
  readonly changes: SlotChanges;
}

/** Undefined when the block touches none of them. */
function askedOf<T>(changes: BlockChanges, bySlot: ReadonlyMap<number, T>): Asked<T> | undefined {
  const { count, slot } = changes.touched;
  const asked = Array<T | undefined>(count);
  const wanted = new Uint8Array(count);
  let any = false;
  for (let i = 0; i < count; i++) {
    const entry = bySlot.get(slot[i] ?? 0);
    asked[i] = entry;
    if (entry === undefined) continue;
    wanted[i] = 1;
    any = true;
  }
  return any ? { asked, changes: changes.ofTouched(wanted) } : undefined;
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

function fillEdges({ changes }: BlockView, { bytes }: Mask, bySlot: ReadonlyMap<number, EdgeTest[]>): void {
  bytes.fill(0);
  const some = askedOf(changes, bySlot);
  if (some === undefined) return;
  const { count, event, local, beforeLo, beforeHi, afterLo, afterHi, known } = some.changes;
  for (let i = 0; i < count; i++)
    for (const test of some.asked[local[i] ?? 0] ?? [])
      if (test(beforeLo[i] ?? 0, beforeHi[i] ?? 0, afterLo[i] ?? 0, afterHi[i] ?? 0, known[i] ?? 0))
        bytes[event[i] ?? 0] = 1;
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
  const some = askedOf(changes, bySlot);
  if (some === undefined) {
    bytes.fill(0);
    return;
  }
  const { touched } = changes;
  const holds = some.asked.map((levels, t) =>
    levels?.map(({ passes }) =>
      passes(touched.beforeLo[t] ?? 0, touched.beforeHi[t] ?? 0, ((touched.known[t] ?? 0) & 1) !== 0),
    ),
  );
  let holding = 0;
  for (const flags of holds) for (const flag of flags ?? []) if (flag) holding++;
  const { event, local, afterLo, afterHi, known } = some.changes;
  let filled = 0;
  for (let i = 0; i < some.changes.count; i++) {
    const at = event[i] ?? 0;
    bytes.fill(holding > 0 ? 1 : 0, filled, at);
    filled = at;
    const t = local[i] ?? 0;
    const levels = some.asked[t] ?? [];
    const flags = holds[t] ?? [];
    const isKnown = ((known[i] ?? 0) & 2) !== 0;
    for (let k = 0; k < levels.length; k++) {
      const now = levels[k]?.passes(afterLo[i] ?? 0, afterHi[i] ?? 0, isKnown) === true;
      if (now !== flags[k]) holding += now ? 1 : -1;
      flags[k] = now;
    }
  }
  bytes.fill(holding > 0 ? 1 : 0, filled, count);
}
