/**
 * A condition as a tree. One language serves breakpoints, filter bar, `find`, rules and colouring.
 *
 * Short forms (filter tokens, `kvm_exit(WFx)`, `insn(CDIA)`, `#1..#9`) are rewritten by the parser into the few node
 * types below, so everything behind it knows one way to say a thing. `span` is where in the source text the node
 * stands; it takes no part in equality. Nested `and`s and `or`s are flattened: their terms are never of their own type.
 */
import { type Access } from '../../trace/kinds.ts';
import { type InterruptField } from '../../trace/interrupts.ts';
import { type Leg } from '../../trace/life.ts';
import { didYouMean } from './suggest.ts';

/** Characters `offset` … `offset + length − 1` of the source text. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** `irq`: an interrupt of any type with that number. */
export type InterruptKind = 'ppi' | 'spi' | 'lpi' | 'sgi' | 'irq';
export const INTERRUPT_KINDS: readonly InterruptKind[] = ['ppi', 'spi', 'lpi', 'sgi', 'irq'];

export type Edge = 'rises' | 'falls' | 'changes';
export const EDGES: readonly Edge[] = ['rises', 'falls', 'changes'];

/**
 * One word for an interrupt's state; each state has exactly one (the words of `stateName`, `masked` for short, `unknown`
 * also where the line is known).
 */
export const STATE_WORDS = [
  'inactive',
  'pending',
  'active',
  'active and pending',
  'disabled',
  'masked',
  'unknown',
] as const;
export type StateWord = (typeof STATE_WORDS)[number];

export type SubjectField = InterruptField | 'state';

/** State of an interrupt: `ppi(27).pending`; without a field, all of it (`ppi(27) changes`). */
export interface InterruptSubject {
  readonly type: 'interrupt';
  readonly kind: InterruptKind;
  readonly number: number;
  readonly field: SubjectField | undefined;
  readonly span: Span;
}

/** A slot, or a field of a register slot; globs allowed, `vcpuN.` may be left out. */
export interface PathSubject {
  readonly type: 'path';
  readonly path: string;
  readonly span: Span;
}

export type Subject = InterruptSubject | PathSubject;

/** A fact about an event: `kind`, `vcpu`, `time`, a payload field, or (after `where`) a register's field. */
export interface NameOperand {
  readonly type: 'name';
  readonly name: string;
  readonly span: Span;
}

/** Time between two moments of an interrupt's life, at the event that ends it. Both legs absent: bare `latency`. */
interface LatencyOperand {
  readonly type: 'latency';
  readonly legs: readonly [from: Leg, to: Leg] | undefined;
  readonly span: Span;
}

export type Operand = Subject | NameOperand | LatencyOperand;

export const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=', 'in', '~', '!~'] as const;
export type Comparison = (typeof COMPARISONS)[number];

export type Value =
  | { readonly type: 'number'; readonly value: bigint; readonly radix: 2 | 10 | 16; readonly span: Span }
  /** Integer nanoseconds. */
  | { readonly type: 'duration'; readonly ns: number; readonly span: Span }
  | { readonly type: 'position'; readonly seq: number; readonly span: Span }
  /** A word or quoted string; which of the two makes no difference. */
  | { readonly type: 'text'; readonly text: string; readonly span: Span }
  | { readonly type: 'interrupt'; readonly kind: InterruptKind; readonly number: number; readonly span: Span }
  /** Both ends belong to it. */
  | { readonly type: 'range'; readonly from: Value; readonly to: Value; readonly span: Span }
  | { readonly type: 'set'; readonly items: readonly Value[]; readonly span: Span };

export type Expr =
  | { readonly type: 'and' | 'or'; readonly terms: readonly Expr[]; readonly span: Span }
  | { readonly type: 'not'; readonly term: Expr; readonly span: Span }
  /** `event if state`: both, on the same vCPU where either leaves it open. */
  | { readonly type: 'if'; readonly event: Expr; readonly state: Expr; readonly span: Span }
  /** `term on vcpu n`. */
  | { readonly type: 'on'; readonly vcpu: number; readonly term: Expr; readonly span: Span }
  | { readonly type: 'edge'; readonly subject: Subject; readonly edge: Edge; readonly span: Span }
  | {
      readonly type: 'compare';
      readonly left: Operand;
      /** Bits taken of the left side before comparing (`value & 0x8`). */
      readonly mask: bigint | undefined;
      readonly op: Comparison;
      readonly right: Value;
      readonly span: Span;
    }
  /** The (masked) operand is known and not zero. */
  | { readonly type: 'truth'; readonly operand: Operand; readonly mask: bigint | undefined; readonly span: Span }
  | {
      readonly type: 'access';
      readonly op: Access | 'access';
      /** Register name or glob. */
      readonly register: string;
      readonly where: Expr | undefined;
      readonly span: Span;
    }
  /** A bare word or string: part of the event's name. */
  | { readonly type: 'text'; readonly text: string; readonly span: Span };

/** A condition that cannot be read, with the place that is wrong. The message ends with what may have been meant. */
export class ConditionError extends Error {
  readonly span: Span;
  readonly suggestions: readonly string[];

  constructor(message: string, span: Span, suggestions: readonly string[] = []) {
    super(message + didYouMean(suggestions));
    this.name = 'ConditionError';
    this.span = span;
    this.suggestions = suggestions;
  }
}

/** Limits against hostile input: characters of the text, levels of the tree, nested brackets. */
export const MAX_LENGTH = 4096;
export const MAX_DEPTH = 64;
export const MAX_BRACKETS = 256;

/** Joins terms with `and` or `or`, flat. One term stays itself. */
export function join(type: 'and' | 'or', terms: readonly Expr[], span: Span): Expr {
  const flat = terms.flatMap((term) => (term.type === type ? term.terms : [term]));
  const [first] = flat;
  return flat.length === 1 && first !== undefined ? first : { type, terms: flat, span };
}

/** From the start of `a` to the end of `b`. */
export function cover(a: Span, b: Span): Span {
  return { offset: a.offset, length: b.offset + b.length - a.offset };
}
