/** Tests of an event's columns, a whole block at a time. */
import { HAS_ARG, HAS_DETAIL, HAS_VALUE } from '../../trace/columns.ts';
import { wordTest } from './bits.ts';
import { type Bound, type Keys } from './bound.ts';
import { KeyCounts } from './key-counts.ts';
import { type Mask } from './mask.ts';
import { type Node, notAState, type Share } from './node.ts';
import { type BlockView } from './block-view.ts';
import { type SearchableTrace } from './searchable.ts';

type BoundOf<T extends Bound['type']> = Extract<Bound, { readonly type: T }>;

/** Relative costs: a column already decoded, a second look-up, a detail read from the file. */
const COLUMN_COST = 10;
const DETAIL_COST = 1000;

/** A node that postings narrow down. */
export function keyedNode(
  trace: SearchableTrace,
  keys: Keys,
  cost: number,
  mark: (view: BlockView, out: Mask) => void,
): Node {
  const counts = new KeyCounts(trace, keys);
  const share = (block: number): Share => {
    if (counts.isNone(block)) return 0;
    return counts.exact(block) === trace.eventsIn(block) ? 2 : 1;
  };
  return { cost, share, count: (block) => counts.exact(block), mark, atStart: notAState };
}

export function typeNode(trace: SearchableTrace, { types, keys }: BoundOf<'type'>): Node {
  return keyedNode(trace, keys, COLUMN_COST, ({ events, count }, { bytes }) => {
    const { type } = events;
    for (let i = 0; i < count; i++) bytes[i] = types[type[i] ?? 0] ?? 0;
  });
}

export function vcpuNode(trace: SearchableTrace, { vcpus, keys }: BoundOf<'vcpu'>): Node {
  return keyedNode(trace, keys, COLUMN_COST, ({ events, count }, { bytes }) => {
    const { vcpu } = events;
    for (let i = 0; i < count; i++) bytes[i] = vcpus[(vcpu[i] ?? -1) + 1] ?? 0;
  });
}

export function nameNode(trace: SearchableTrace, { types, names, keys }: BoundOf<'name'>): Node {
  return keyedNode(trace, keys, COLUMN_COST + 1, ({ events, count }, { bytes }) => {
    const { type, name } = events;
    for (let i = 0; i < count; i++) bytes[i] = (types[type[i] ?? 0] ?? 0) & (names[name[i] ?? 0] ?? 0);
  });
}

export function accessNode(trace: SearchableTrace, { types, ops, names, keys }: BoundOf<'access'>): Node {
  return keyedNode(trace, keys, COLUMN_COST + 2, ({ events, count }, { bytes }) => {
    const { type, name, small } = events;
    for (let i = 0; i < count; i++)
      bytes[i] = (names[name[i] ?? 0] ?? 0) & (types[type[i] ?? 0] ?? 0) & (ops[(small[i] ?? 0) & 3] ?? 0);
  });
}

export function numberNode(trace: SearchableTrace, { types, at, lsb, width, test, keys }: BoundOf<'number'>): Node {
  const passes = wordTest(test, lsb, width);
  const flag = at === 'value' ? HAS_VALUE : HAS_ARG;
  return keyedNode(trace, keys, COLUMN_COST + 3, ({ events, count }, { bytes }) => {
    const { type, flags, small } = events;
    if (at === 'small') {
      for (let i = 0; i < count; i++) bytes[i] = types[type[i] ?? 0] === 1 && passes(small[i] ?? 0, 0, true) ? 1 : 0;
      return;
    }
    const lo = at === 'value' ? events.valueLo : events.argLo;
    const hi = at === 'value' ? events.valueHi : events.argHi;
    for (let i = 0; i < count; i++)
      bytes[i] = types[type[i] ?? 0] === 1 && passes(lo[i] ?? 0, hi[i] ?? 0, ((flags[i] ?? 0) & flag) !== 0) ? 1 : 0;
  });
}

export function detailNode({ matches }: BoundOf<'detail'>): Node {
  return {
    cost: DETAIL_COST,
    share: () => 1,
    count: () => undefined,
    mark: ({ trace, block, events, count }, { bytes }) => {
      bytes.fill(0);
      let any = 0;
      for (let i = 0; i < count; i++) any |= (events.flags[i] ?? 0) & HAS_DETAIL;
      if (any === 0) return;
      for (const [index, json] of trace.details(block)) if (matches(detailText(json))) bytes[index] = 1;
    },
    atStart: notAState,
  };
}

/** `key value` pairs as people see them, without JSON's punctuation. */
export function detailText(json: string): string {
  const parsed: unknown = JSON.parse(json);
  if (typeof parsed !== 'object' || parsed === null) return '';
  return Object.entries(parsed)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join('\n');
}
