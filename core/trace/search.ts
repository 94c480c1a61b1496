/**
 * Searches over a trace, both directions: where a slot, a bit range or an interrupt's field or state changes next,
 * and where an event with given names occurs. Postings choose the block, one block is decoded, its events are looked
 * at. Cost: postings once (cached), then a block or two; never a scan of the trace, whether there is a hit or not.
 *
 * `from` is a position; the search goes strictly beyond it. `undefined`: no hit in that direction.
 */
import { type Intid } from '../gic/intid.ts';
import { type Seq, seq } from '../state/brand.ts';
import { BLOCK_EVENTS, BLOCK_SHIFT, type BlockChanges, type BlockEvents } from './block.ts';
import { HAS_ARG, codecOf } from './columns.ts';
import { fieldHi, fieldLo } from './interrupt-index.ts';
import { type BitRange, type InterruptField } from './interrupts.ts';
import { type Access, type Kind, type Origin } from './kinds.ts';
import { lowerBound } from './posting-reader.ts';
import { NO_ACCESS, POSTING, type PostingKind, type Postings } from './postings.ts';
import { type TraceReader } from './reader.ts';

export type Direction = 'next' | 'previous';
/** `rises`: known afterwards and greater than before, unknown counting as 0. `falls`: known on both sides, smaller. */
export type Edge = 'changes' | 'rises' | 'falls';

/** Asked once a block; true ends the search without a hit. */
export type ShouldStop = () => boolean;

const ACCESS_NUMBER: Readonly<Record<Access, number>> = { read: 0, write: 1, execute: 2 };

/** Where bits of a slot change; the whole slot when no range is narrower. */
export function findChange(
  reader: TraceReader,
  from: number,
  direction: Direction,
  range: BitRange,
  edge: Edge = 'changes',
  stop?: ShouldStop,
): Seq | undefined {
  const postings = changePostings(reader, range, edge);
  return walk(reader, from, direction, [postings], stop, (block, low, high) => {
    const changes = reader.changes(block);
    return scan(low, high, direction, (i) => changesRange(changes, i, range, edge));
  });
}

/** How many events change the bits, and where: exact counts a block from postings when the range is a field or a slot. */
export function changePostings(reader: TraceReader, range: BitRange, edge: Edge): Postings {
  const field = fieldOf(reader, range);
  if (field === undefined) return reader.postings.get(POSTING.slot, range.slot);
  return reader.postings.get(EDGE_POSTING[edge], field);
}

const EDGE_POSTING: Readonly<Record<Edge, PostingKind>> = {
  changes: POSTING.fieldChanged,
  rises: POSTING.fieldRose,
  falls: POSTING.fieldFell,
};

/** The number of the interrupt field that is exactly this range. */
function fieldOf(reader: TraceReader, range: BitRange): number | undefined {
  const field = reader.interruptIndex.bitsOf(range.slot)?.[range.lsb] ?? -1;
  const entry = reader.interruptIndex.fields[field];
  return entry !== undefined && entry.range.lsb === range.lsb && entry.range.width === range.width ? field : undefined;
}

/** Whether event `i` of a block changes the range in the given way, at least once. */
export function changesRange(changes: BlockChanges, i: number, range: BitRange, edge: Edge): boolean {
  const end = changes.start[i + 1] ?? 0;
  for (let c = changes.start[i] ?? 0; c < end; c++)
    if (changes.slot[c] === range.slot && edgeOf(changes, c, range, edge)) return true;
  return false;
}

function edgeOf(changes: BlockChanges, c: number, { lsb, width }: BitRange, edge: Edge): boolean {
  const known = changes.known[c] ?? 0;
  const beforeLo = changes.beforeLo[c] ?? 0;
  const beforeHi = changes.beforeHi[c] ?? 0;
  const afterLo = changes.afterLo[c] ?? 0;
  const afterHi = changes.afterHi[c] ?? 0;
  const low = fieldLo(afterLo, afterHi, lsb, width) - fieldLo(beforeLo, beforeHi, lsb, width);
  const high = fieldHi(afterHi, lsb, width) - fieldHi(beforeHi, lsb, width);
  const order = high === 0 ? low : high;
  switch (edge) {
    case 'changes':
      return known !== 3 || order !== 0;
    case 'rises':
      return (known & 2) !== 0 && order > 0;
    case 'falls':
      return known === 3 && order < 0;
  }
}

/** The place of an interrupt's field, if the trace shows it. */
export function fieldRange(
  reader: TraceReader,
  intid: Intid,
  vcpu: number | undefined,
  field: InterruptField,
): BitRange | undefined {
  const interrupt = reader.interruptIndex.findNumber(intid, vcpu ?? -1);
  return interrupt === undefined ? undefined : reader.interruptIndex.fieldsOf(interrupt)?.[field];
}

/** Where the state code of an interrupt (its number in `reader.interrupts`) changes: a look into its lane's tiles. */
export function findStateChange(
  reader: TraceReader,
  from: number,
  direction: Direction,
  interrupt: number,
): Seq | undefined {
  const lane = reader.laneTiles.laneOf('interrupt', interrupt);
  return lane === undefined ? undefined : reader.laneTiles.findTransition(lane, from, direction);
}

/** What an event must be; every property that is given must hold. Lists: one of them. */
export interface EventPattern {
  readonly kinds?: readonly Kind[];
  readonly origins?: readonly Origin[];
  /** Names in the source. */
  readonly sources?: readonly string[];
  /** A vCPU, or null for events without one. */
  readonly vcpu?: number | null;
  /** The event's name: register, function, reason, step … */
  readonly names?: readonly string[];
  readonly op?: Access;
  readonly intid?: Intid;
  /** Anything further, over the columns; asked last. */
  readonly test?: (events: BlockEvents, index: number) => boolean;
}

/** A pattern, prepared for one trace. */
interface Plan {
  /** Blocks that can hold a hit: in all of these lists. */
  readonly lists: readonly Postings[];
  readonly matches: (events: BlockEvents, index: number) => boolean;
  /** No event can match. */
  readonly never: boolean;
}

export function findEvent(
  reader: TraceReader,
  from: number,
  direction: Direction,
  pattern: EventPattern,
  stop?: ShouldStop,
): Seq | undefined {
  const plan = planOf(reader, pattern);
  if (plan.never) return undefined;
  return walk(reader, from, direction, plan.lists, stop, (block, low, high) => {
    const events = reader.events(block);
    return scan(low, high, direction, (i) => plan.matches(events, i));
  });
}

/** How many events match, and which; at most `limit` positions are listed. */
export function findEvents(
  reader: TraceReader,
  pattern: EventPattern,
  limit: number,
  stop?: ShouldStop,
): { readonly count: number; readonly positions: readonly Seq[] } {
  const plan = planOf(reader, pattern);
  const positions: Seq[] = [];
  let count = 0;
  if (!plan.never)
    for (let block = nextBlock(plan.lists, 0, reader.blocks.length); block >= 0;) {
      if (stop?.() === true) break;
      const events = reader.events(block);
      for (let i = 0; i < events.count; i++)
        if (plan.matches(events, i)) {
          count++;
          if (positions.length < limit) positions.push(seq(events.firstSeq + i));
        }
      block = nextBlock(plan.lists, block + 1, reader.blocks.length);
    }
  return { count, positions };
}

function planOf(reader: TraceReader, pattern: EventPattern): Plan {
  const lists: Postings[] = [];
  const tests: ((events: BlockEvents, index: number) => boolean)[] = [];
  const { types, names, postings } = reader;
  if (pattern.kinds !== undefined || pattern.origins !== undefined || pattern.sources !== undefined) {
    const allowed = new Uint8Array(types.size);
    const found: Postings[] = [];
    for (const [id, type] of types.types.entries()) {
      if (pattern.kinds?.includes(type.kind) === false || pattern.origins?.includes(type.origin) === false) continue;
      if (pattern.sources !== undefined && (type.source === undefined || !pattern.sources.includes(type.source)))
        continue;
      allowed[id] = 1;
      found.push(postings.get(POSTING.type, id));
    }
    lists.push(union(found));
    tests.push((events, i) => allowed[events.type[i] ?? 0] === 1);
  }
  if (pattern.names !== undefined || pattern.op !== undefined) {
    const keys = nameKeys(reader, pattern);
    if (keys !== undefined) {
      lists.push(union([...keys].map((key) => postings.get(POSTING.name, key))));
      const ids = new Set([...keys].map((key) => key >> 2));
      tests.push((events, i) => ids.has(events.name[i] ?? 0));
    }
    const op = pattern.op === undefined ? undefined : ACCESS_NUMBER[pattern.op];
    if (op !== undefined) {
      const hasAccess = types.types.map((type) => codecOf(type.kind).hasAccess);
      tests.push((events, i) => hasAccess[events.type[i] ?? 0] === true && ((events.small[i] ?? 0) & 3) === op);
    }
  }
  if (pattern.vcpu !== undefined) {
    const wanted = pattern.vcpu ?? -1;
    lists.push(postings.get(POSTING.vcpu, wanted + 1));
    tests.push((events, i) => events.vcpu[i] === wanted);
  }
  if (pattern.intid !== undefined) {
    const wanted: number = pattern.intid;
    const named = types.types.map((type) => codecOf(type.kind).namesInterrupt);
    lists.push(postings.get(POSTING.interrupt, wanted));
    tests.push(
      (events, i) =>
        named[events.type[i] ?? 0] === true && ((events.flags[i] ?? 0) & HAS_ARG) !== 0 && events.argLo[i] === wanted,
    );
  }
  if (pattern.test !== undefined) tests.push(pattern.test);
  const matches = (events: BlockEvents, i: number): boolean => {
    for (const test of tests) if (!test(events, i)) return false;
    return true;
  };
  return { lists, matches, never: lists.some((list) => list.blocks.length === 0) || names.size === 0 };
}

/** Keys of the name postings that a pattern allows; undefined when only an access is asked for. */
function nameKeys(reader: TraceReader, pattern: EventPattern): Set<number> | undefined {
  if (pattern.names === undefined) return undefined;
  const keys = new Set<number>();
  const accesses = pattern.op === undefined ? [0, 1, 2, NO_ACCESS] : [ACCESS_NUMBER[pattern.op]];
  for (const name of pattern.names) {
    const id = reader.names.find(name);
    if (id !== undefined) for (const access of accesses) keys.add(id * 4 + access);
  }
  return keys;
}

/** Blocks in at least one of the lists; counts add up. */
export function union(lists: readonly Postings[]): Postings {
  const [only] = lists;
  if (only !== undefined && lists.length === 1) return only;
  const sums = new Map<number, number>();
  let total = 0;
  for (const list of lists) {
    for (const [i, block] of list.blocks.entries()) sums.set(block, (sums.get(block) ?? 0) + (list.events[i] ?? 0));
    total += list.total;
  }
  const blocks = [...sums.keys()].toSorted((a, b) => a - b);
  return { blocks, events: blocks.map((block) => sums.get(block) ?? 0), total };
}

/** The first block ≥ `block` that is in all lists, or −1. Without lists every block counts. */
function nextBlock(lists: readonly Postings[], block: number, blocks: number): number {
  let candidate = block;
  for (let agreed = 0; agreed < lists.length;) {
    const list = lists[agreed];
    const at = list === undefined ? undefined : list.blocks[lowerBound(list.blocks, candidate)];
    if (at === undefined) return -1;
    agreed = at === candidate ? agreed + 1 : 0;
    candidate = at;
  }
  return candidate < blocks ? candidate : -1;
}

/** The last block ≤ `block` that is in all lists, or −1. */
function previousBlock(lists: readonly Postings[], block: number): number {
  let candidate = block;
  for (let agreed = 0; agreed < lists.length;) {
    const list = lists[agreed];
    const at = list === undefined ? undefined : list.blocks[lowerBound(list.blocks, candidate + 1) - 1];
    if (at === undefined) return -1;
    agreed = at === candidate ? agreed + 1 : 0;
    candidate = at;
  }
  return candidate;
}

/** Goes through candidate blocks; `look` searches one between two indices and returns an index or −1. */
function walk(
  reader: TraceReader,
  from: number,
  direction: Direction,
  lists: readonly Postings[],
  stop: ShouldStop | undefined,
  look: (block: number, low: number, high: number) => number,
): Seq | undefined {
  const { blocks } = reader;
  const start = direction === 'next' ? Math.max(0, from + 1) : Math.min(reader.count - 1, from - 1);
  if (start < 0 || start >= reader.count) return undefined;
  const startBlock = start >> BLOCK_SHIFT;
  const startIndex = start & (BLOCK_EVENTS - 1);
  let block = direction === 'next' ? nextBlock(lists, startBlock, blocks.length) : previousBlock(lists, startBlock);
  while (block >= 0) {
    if (stop?.() === true) return undefined;
    const low = direction === 'next' && block === startBlock ? startIndex : 0;
    const high = direction === 'previous' && block === startBlock ? startIndex : blocks.count(block) - 1;
    const index = look(block, low, high);
    if (index >= 0) return seq(block * BLOCK_EVENTS + index);
    block = direction === 'next' ? nextBlock(lists, block + 1, blocks.length) : previousBlock(lists, block - 1);
  }
  return undefined;
}

function scan(low: number, high: number, direction: Direction, test: (index: number) => boolean): number {
  if (direction === 'next') {
    for (let i = low; i <= high; i++) if (test(i)) return i;
  } else for (let i = high; i >= low; i--) if (test(i)) return i;
  return -1;
}
