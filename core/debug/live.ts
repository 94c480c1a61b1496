/**
 * The same conditions while a session is being recorded: one event at a time, as it is appended.
 *
 * A live condition is bound like a search and holds closures over the numbers of one event, the changes that the
 * event made, and the state after it. When the session gains names (event types, texts, slots, interrupts) it is
 * bound anew. Per event: no allocation, and the cheap parts decide first.
 */
import { type ChangeLog } from '../state/journal.ts';
import { type StateVector } from '../state/state-vector.ts';
import { HAS_ARG, HAS_VALUE } from '../trace/columns.ts';
import { type Leg } from '../trace/life.ts';
import { type Expr } from './condition/ast.ts';
import { parse } from './condition/parse.ts';
import { bind } from './search/bind.ts';
import { edgeTest, wordTest } from './search/bits.ts';
import { atEdges, type Bound, type NumberIntervals } from './search/bound.ts';
import { detailText } from './search/event-nodes.ts';
import { type TraceNames } from './search/searchable.ts';

export { type TraceNames } from './search/searchable.ts';

/** One event as columns.ts packs it, with what it did. One object may be used for all events. */
export interface LiveEvent {
  readonly seq: number;
  readonly time: number;
  readonly type: number;
  /** −1: none. */
  readonly vcpu: number;
  readonly small: number;
  readonly name: number;
  readonly flags: number;
  readonly valueLo: number;
  readonly valueHi: number;
  readonly argLo: number;
  readonly argHi: number;
  /** JSON text. */
  readonly detail?: string;
  /** The changes that the event made. */
  readonly changes: ChangeLog;
  /** After the event. */
  readonly state: StateVector;
  /** Time from a moment of a life to the moment `to` that this event is; undefined: it ends no such leg. */
  readonly latency?: (from: Leg | undefined, to: Leg) => number | undefined;
}

export type LivePredicate = (event: LiveEvent) => boolean;

export interface LiveOptions {
  /** As for searches: `becomesTrue` stops at tests of state only where they become true. */
  readonly mode?: 'level' | 'becomesTrue';
}

export class LiveCondition {
  readonly expr: Expr;
  readonly #names: () => TraceNames;
  readonly #mode: LiveOptions['mode'];
  /** Whether each `becomesTrue` part held after the event before, in the order of compilation. */
  readonly #held: boolean[] = [];
  #predicate: LivePredicate | undefined;
  #size = -1;

  /**
   * @param names asked before each event; lists only grow.
   * @param state before the next event.
   * @throws ConditionError
   */
  constructor(condition: string | Expr, names: () => TraceNames, state: StateVector, options: LiveOptions = {}) {
    this.expr = typeof condition === 'string' ? parse(condition) : condition;
    this.#names = names;
    this.#mode = options.mode ?? 'level';
    this.#bind(state);
  }

  /** Whether the condition hits this event. Call for every event, in order. */
  test(event: LiveEvent): boolean {
    if (sizeOf(this.#names()) !== this.#size) this.#bind(undefined);
    return this.#predicate?.(event) === true;
  }

  /** @param state of before the next event, the first time; later the parts remember. */
  #bind(state: StateVector | undefined): void {
    const names = this.#names();
    this.#size = sizeOf(names);
    const bound = bind(names, this.expr);
    this.#predicate = compile(this.#mode === 'level' ? bound : atEdges(bound), this.#held, state, { next: 0 });
  }
}

function sizeOf({ types, texts, slots, interrupts, vcpus }: TraceNames): number {
  return types.length + texts.length + slots.length + interrupts.length + vcpus;
}

function compile(bound: Bound, held: boolean[], state: StateVector | undefined, ids: { next: number }): LivePredicate {
  switch (bound.type) {
    case 'const':
      return () => bound.value;
    case 'and': {
      const terms = bound.terms.map((term) => compile(term, held, state, ids));
      return (event) => terms.every((term) => term(event));
    }
    case 'or': {
      const terms = bound.terms.map((term) => compile(term, held, state, ids));
      // All of them are asked: parts that become true must see each event.
      return (event) => terms.reduce((any, term) => term(event) || any, false);
    }
    case 'not': {
      const term = compile(bound.term, held, state, ids);
      return (event) => !term(event);
    }
    case 'becomes': {
      const term = compile(bound.term, held, state, ids);
      const id = ids.next++;
      if (state !== undefined) held[id] = holdsIn(bound.term, state);
      return (event) => {
        const before = held[id] === true;
        const now = term(event);
        held[id] = now;
        return now && !before;
      };
    }
    case 'level': {
      const holds = levelTest(bound);
      return ({ state: after }) => holds(after);
    }
    case 'edge':
      return edgePredicate(bound);
    default:
      return eventPredicate(bound);
  }
}

function levelTest({ tests }: Extract<Bound, { type: 'level' }>): (state: StateVector) => boolean {
  const words = tests.map(({ range, test }) => ({ slot: range.slot, passes: wordTest(test, range.lsb, range.width) }));
  return ({ lo, hi, known }) =>
    words.some(({ slot, passes }) => passes(lo[slot] ?? 0, hi[slot] ?? 0, known[slot] === 1));
}

/** Whether a test of state holds in a state. */
function holdsIn(bound: Bound, state: StateVector): boolean {
  switch (bound.type) {
    case 'const':
      return bound.value;
    case 'and':
      return bound.terms.every((term) => holdsIn(term, state));
    case 'or':
      return bound.terms.some((term) => holdsIn(term, state));
    case 'not':
      return !holdsIn(bound.term, state);
    case 'level':
      return levelTest(bound)(state);
    default:
      throw new Error(`${bound.type} is no test of state`);
  }
}

function edgePredicate({ edge, ranges }: Extract<Bound, { type: 'edge' }>): LivePredicate {
  const bySlot = new Map<number, ReturnType<typeof edgeTest>[]>();
  for (const { slot, lsb, width } of ranges)
    bySlot.set(slot, [...(bySlot.get(slot) ?? []), edgeTest(edge, lsb, width)]);
  return ({ changes: { count, slot, beforeLo, beforeHi, afterLo, afterHi, known } }) => {
    for (let i = 0; i < count; i++)
      for (const test of bySlot.get(slot[i] ?? 0) ?? [])
        if (test(beforeLo[i] ?? 0, beforeHi[i] ?? 0, afterLo[i] ?? 0, afterHi[i] ?? 0, known[i] ?? 0)) return true;
    return false;
  };
}

type EventBound = Exclude<Bound, { type: 'const' | 'and' | 'or' | 'not' | 'becomes' | 'level' | 'edge' }>;

function eventPredicate(bound: EventBound): LivePredicate {
  switch (bound.type) {
    case 'type':
      return ({ type }) => bound.types[type] === 1;
    case 'vcpu':
      return ({ vcpu }) => bound.vcpus[vcpu + 1] === 1;
    case 'name':
      return ({ type, name }) => bound.types[type] === 1 && bound.names[name] === 1;
    case 'access':
      return ({ type, name, small }) =>
        bound.types[type] === 1 && bound.names[name] === 1 && bound.ops[small & 3] === 1;
    case 'number':
      return numberPredicate(bound);
    case 'seq':
      return ({ seq }) => isInside(bound.intervals, seq);
    case 'time':
      return ({ time }) => isInside(bound.intervals, time);
    case 'latency':
      return ({ latency }) => {
        const took = latency?.(bound.from, bound.to);
        return took !== undefined && isInside(bound.intervals, took);
      };
    case 'detail':
      return ({ detail }) => detail !== undefined && bound.matches(detailText(detail));
  }
}

function isInside(intervals: NumberIntervals, value: number): boolean {
  return intervals.some(([from, to]) => value >= from && value <= to);
}

function numberPredicate({ types, at, lsb, width, test }: Extract<Bound, { type: 'number' }>): LivePredicate {
  const passes = wordTest(test, lsb, width);
  switch (at) {
    case 'small':
      return ({ type, small }) => types[type] === 1 && passes(small, 0, true);
    case 'value':
      return ({ type, flags, valueLo, valueHi }) =>
        types[type] === 1 && passes(valueLo, valueHi, (flags & HAS_VALUE) !== 0);
    case 'arg':
      return ({ type, flags, argLo, argHi }) => types[type] === 1 && passes(argLo, argHi, (flags & HAS_ARG) !== 0);
  }
}
