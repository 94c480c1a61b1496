/**
 * A condition whose names are resolved in one trace: slots, type ids, name ids, posting keys. What is left is to
 * evaluate it. Sets of ids are byte masks indexed by id, because a look-up per event must cost nothing.
 */
import { type BitRange } from '../../trace/interrupts.ts';
import { type Leg } from '../../trace/life.ts';
import { type PostingKind } from '../../trace/postings.ts';
import { type Edge } from '../condition/ast.ts';
import { type NumberTest } from '../condition/tests.ts';

/** Index by id; 1: belongs to the set. Ids beyond the end do not. */
export type IdMask = Uint8Array;

/**
 * Where a test can hold, by postings. An event that passes the test has at least one of the keys; `exact`: and an
 * event with one of them passes.
 */
export interface Keys {
  readonly keys: readonly { readonly kind: PostingKind; readonly key: number }[];
  readonly exact: boolean;
  /**
   * Whether an event can have two of the keys: never; only in blocks of `overlapBlocks` (the keys are then
   * interrupt fields); or any time.
   */
  readonly several: 'never' | 'overlap' | 'possible';
}

/** Inclusive, ascending, disjoint. */
export type NumberIntervals = readonly (readonly [from: number, to: number])[];

export interface SlotTest {
  readonly range: BitRange;
  readonly test: NumberTest;
}

export type Bound =
  | { readonly type: 'const'; readonly value: boolean }
  | { readonly type: 'and' | 'or'; readonly terms: readonly Bound[] }
  | { readonly type: 'not'; readonly term: Bound }
  /** A test of state alone that holds after this event and did not before. */
  | { readonly type: 'becomes'; readonly term: Bound }
  | { readonly type: 'type'; readonly types: IdMask; readonly keys: Keys }
  /** Index = vCPU + 1; 0: none. */
  | { readonly type: 'vcpu'; readonly vcpus: IdMask; readonly keys: Keys }
  | { readonly type: 'name'; readonly types: IdMask; readonly names: IdMask; readonly keys: Keys }
  /** `ops`: index = access. */
  | {
      readonly type: 'access';
      readonly types: IdMask;
      readonly ops: IdMask;
      readonly names: IdMask;
      readonly keys: Keys;
    }
  /** A payload number, or a field of one. */
  | {
      readonly type: 'number';
      readonly types: IdMask;
      readonly at: 'value' | 'arg' | 'small';
      readonly lsb: number;
      readonly width: number;
      readonly test: NumberTest;
      readonly keys: Keys;
    }
  | { readonly type: 'seq' | 'time'; readonly intervals: NumberIntervals }
  /** One of the ranges has that edge. */
  | { readonly type: 'edge'; readonly edge: Edge; readonly ranges: readonly BitRange[]; readonly keys: Keys }
  /** One of the tests holds after the event. */
  | { readonly type: 'level'; readonly tests: readonly SlotTest[] }
  /** The event ends that leg of a life; `from` undefined: from the raise, or pending where no raise was seen. */
  | { readonly type: 'latency'; readonly from: Leg | undefined; readonly to: Leg; readonly intervals: NumberIntervals }
  /** The event's detail contains a text. */
  | { readonly type: 'detail'; readonly matches: (text: string) => boolean };

export const ALWAYS: Bound = { type: 'const', value: true };
export const NEVER: Bound = { type: 'const', value: false };

/** All of the terms; constants vanish. */
export function allOf(terms: readonly Bound[]): Bound {
  if (terms.some((term) => term === NEVER)) return NEVER;
  const rest = terms.filter((term) => term !== ALWAYS).flatMap((term) => (term.type === 'and' ? term.terms : [term]));
  const [first] = rest;
  if (first === undefined) return ALWAYS;
  return rest.length === 1 ? first : { type: 'and', terms: rest };
}

/** One of the terms at least; constants vanish. */
export function anyOf(terms: readonly Bound[]): Bound {
  if (terms.some((term) => term === ALWAYS)) return ALWAYS;
  const rest = terms.filter((term) => term !== NEVER).flatMap((term) => (term.type === 'or' ? term.terms : [term]));
  const [first] = rest;
  if (first === undefined) return NEVER;
  return rest.length === 1 ? first : { type: 'or', terms: rest };
}

export function negate(term: Bound): Bound {
  if (term === ALWAYS) return NEVER;
  if (term === NEVER) return ALWAYS;
  return term.type === 'not' ? term.term : { type: 'not', term };
}

/** Whether only state decides: then it can be asked before an event, and it can "become" true. */
function isStateTest(bound: Bound): boolean {
  switch (bound.type) {
    case 'const':
    case 'level':
      return true;
    case 'and':
    case 'or':
      return bound.terms.every(isStateTest);
    case 'not':
      return isStateTest(bound.term);
    default:
      return false;
  }
}

/**
 * For stopping: tests of state hold over stretches, so they stop where they become true; what names an event stops at
 * each such event. Alternatives are judged one by one.
 */
export function atEdges(bound: Bound): Bound {
  if (bound.type === 'const') return bound;
  if (isStateTest(bound)) return { type: 'becomes', term: bound };
  if (bound.type === 'or') return { type: 'or', terms: bound.terms.map(atEdges) };
  return bound;
}
