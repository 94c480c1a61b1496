/** Tests and edges of state: from interrupts and paths to bits of slots, for one vCPU or for any. */
import {
  type BitRange,
  type InterruptDescriptor,
  type InterruptField,
  INTERRUPT_FIELDS,
} from '../../trace/interrupts.ts';
import { POSTING } from '../../trace/postings.ts';
import {
  ConditionError,
  type Edge,
  type InterruptSubject,
  type Operand,
  type PathSubject,
  type Span,
  STATE_WORDS,
  type StateWord,
  type Subject,
} from '../condition/ast.ts';
import { bitsTest, type CompareExpr, interruptFieldTest, stateWords, wordsOfField } from '../condition/typed-tests.ts';
import { MAX_U64 } from '../condition/lex.ts';
import { resolveInterrupt, resolvePath, STATE_FIELDS, vcpuOfPath } from '../condition/subjects.ts';
import { type NumberTest, truthTest } from '../condition/tests.ts';
import { allOf, ALWAYS, anyOf, type Bound, type Keys, negate, NEVER, type SlotTest } from './bound.ts';
import { type TraceNames } from './searchable.ts';

/** A test of state keeps the value of each slot at hand; more than this cannot be meant. */
const MAX_TESTS = 4096;
/** An edge of more ranges than this is looked for without postings. */
const MAX_KEYS = 2048;

const KNOWN: NumberTest = { mask: MAX_U64, intervals: [[0n, MAX_U64]], absent: false };

/** `vcpu`: only state of this vCPU, and shared state. */
export interface Scope {
  readonly vcpu: number | undefined;
}

function level(tests: readonly SlotTest[], span: Span): Bound {
  if (tests.length > MAX_TESTS)
    throw new ConditionError(`this is a test of ${tests.length} slots at once; ${MAX_TESTS} are allowed`, span);
  return tests.length === 0 ? NEVER : { type: 'level', tests };
}

/** The operand (with its mask) is known and not zero. */
export function bindTruth(
  names: TraceNames,
  operand: Exclude<Operand, { type: 'name' } | { type: 'latency' }>,
  mask: bigint | undefined,
  scope: Scope,
): Bound {
  const test = truthTest(mask);
  if (operand.type === 'path')
    return level(
      resolvePath(names, operand.path, scope.vcpu).map(({ range }) => ({ range, test })),
      operand.span,
    );
  const { field } = operand;
  if (field === undefined || field === 'state')
    throw new ConditionError('compare .state with a word, such as == active', operand.span);
  return level(
    instancesOf(names, operand, scope).flatMap(({ fields }) => {
      const range = fields[field];
      return range === undefined ? [] : [{ range, test }];
    }),
    operand.span,
  );
}

function instancesOf(names: TraceNames, subject: InterruptSubject, scope: Scope): InterruptDescriptor[] {
  return resolveInterrupt(names, subject.kind, subject.number, scope.vcpu);
}

/** A comparison of an interrupt's state or of a slot. */
export function bindStateCompare(
  names: TraceNames,
  expr: CompareExpr,
  left: InterruptSubject | PathSubject,
  scope: Scope,
): Bound {
  if (left.type === 'path') {
    const tests = resolvePath(names, left.path, scope.vcpu).map(({ range, slot, field }) => {
      const words = field === undefined ? slot.values : wordsOfField(slot.register, field);
      return { range, test: bitsTest(expr, words, left.path) };
    });
    return level(tests, left.span);
  }
  const instances = instancesOf(names, left, scope);
  const { field } = left;
  if (field === undefined) throw new ConditionError('say which state, such as .pending', left.span);
  if (field === 'state') {
    const wanted = stateWords(expr);
    return anyOf(instances.map((instance) => stateIs(instance, wanted, left.span)));
  }
  const test = interruptFieldTest(expr, field);
  const absent = test.absent && instances.some(({ fields }) => fields[field] === undefined);
  if (absent) return ALWAYS;
  return level(
    instances.flatMap(({ fields }) => {
      const range = fields[field];
      return range === undefined ? [] : [{ range, test }];
    }),
    left.span,
  );
}

/** The interrupt's state has one of the words; the same distinctions as `stateName` makes. */
function stateIs({ fields }: InterruptDescriptor, wanted: ReadonlySet<string>, span: Span): Bound {
  const holds = (field: InterruptField, test: NumberTest): Bound => {
    const range = fields[field];
    return range === undefined ? NEVER : level([{ range, test }], span);
  };
  const set = truthTest(undefined);
  const pending = holds('pending', set);
  const active = holds('active', set);
  const masked = holds('masked', set);
  const known = anyOf([holds('pending', KNOWN), holds('active', KNOWN)]);
  const disabled = allOf([holds('enabled', KNOWN), negate(holds('enabled', set))]);
  const idle = allOf([known, negate(active), negate(pending)]);
  const words: Readonly<Record<StateWord, Bound>> = {
    'active and pending': allOf([active, pending]),
    active: allOf([active, negate(pending)]),
    masked: allOf([negate(active), pending, masked]),
    pending: allOf([negate(active), pending, negate(masked)]),
    disabled: allOf([idle, disabled]),
    inactive: allOf([idle, negate(disabled)]),
    unknown: negate(known),
  };
  return anyOf(STATE_WORDS.filter((word) => wanted.has(word)).map((word) => words[word]));
}

/** What an edge may happen to, apart for private and shared state: "on vCPU n" means something else for each. */
export interface BoundEdges {
  readonly own: Bound;
  readonly shared: Bound;
}

export function bindEdge(names: TraceNames, subject: Subject, edge: Edge, scope: Scope): BoundEdges {
  if (subject.type === 'path') {
    const found = resolvePath(names, subject.path, scope.vcpu);
    const part = (own: boolean): Bound => {
      const some = found.filter(({ vcpu }) => (vcpu !== undefined) === own);
      const whole = edge === 'changes' && some.every(({ field }) => field === undefined);
      const ranges = some.map(({ range }) => range);
      return edges(edge, ranges, fieldKeys(names, ranges, edge, false) ?? slotKeys(ranges, whole));
    };
    return { own: part(true), shared: part(false) };
  }
  const instances = instancesOf(names, subject, scope);
  const part = (own: boolean): Bound =>
    fieldEdges(
      names,
      instances.filter(({ vcpu }) => (vcpu !== undefined) === own),
      subject,
      edge,
    );
  return { own: part(true), shared: part(false) };
}

function edges(edge: Edge, ranges: readonly BitRange[], keys: Keys): Bound {
  return ranges.length === 0 ? NEVER : { type: 'edge', edge, ranges, keys };
}

function slotKeys(ranges: readonly BitRange[], exact: boolean): Keys {
  const slots = new Set(ranges.map(({ slot }) => slot));
  if (slots.size > MAX_KEYS) return { keys: [], exact: false, several: 'possible' };
  return {
    keys: [...slots].map((key) => ({ kind: POSTING.slot, key })),
    exact,
    several: slots.size > 1 ? 'possible' : 'never',
  };
}

const EDGE_POSTINGS = { changes: POSTING.fieldChanged, rises: POSTING.fieldRose, falls: POSTING.fieldFell } as const;

function fieldEdges(
  names: TraceNames,
  instances: readonly InterruptDescriptor[],
  subject: InterruptSubject,
  edge: Edge,
): Bound {
  const { field, span } = subject;
  const wanted = field === undefined ? INTERRUPT_FIELDS : field === 'state' ? STATE_FIELDS : [field];
  if (wanted.length > 1 && edge !== 'changes')
    throw new ConditionError(`say what ${edge}: .pending, .active, .enabled …`, span);
  const ranges = instances.flatMap(({ fields }) =>
    wanted.map((name) => fields[name]).filter((range) => range !== undefined),
  );
  // One field of one interrupt number: two vCPUs at once are what the posting `overlap` tells.
  const sameField = wanted.length === 1 && new Set(instances.map(({ intid }) => intid)).size === 1;
  return edges(edge, ranges, fieldKeys(names, ranges, edge, sameField) ?? slotKeys(ranges, false));
}

/** Postings of interrupt fields, if each range is one. */
function fieldKeys(names: TraceNames, ranges: readonly BitRange[], edge: Edge, sameField: boolean): Keys | undefined {
  if (ranges.length > MAX_KEYS) return undefined;
  const keys: Keys['keys'][number][] = [];
  for (const range of ranges) {
    const key = names.fieldId(range);
    if (key === undefined) return undefined;
    keys.push({ kind: EDGE_POSTINGS[edge], key });
  }
  return { keys, exact: true, several: keys.length <= 1 ? 'never' : sameField ? 'overlap' : 'possible' };
}

/** The vCPUs whose own state a subject names; empty for shared state. */
export function ownersOf(names: TraceNames, subject: Subject): Set<number> {
  const out = new Set<number>();
  if (subject.type === 'path') {
    const vcpu = vcpuOfPath(subject.path);
    // A path that says its vCPU leaves nothing open.
    if (vcpu !== undefined) return out;
    for (const bits of resolvePath(names, subject.path)) if (bits.vcpu !== undefined) out.add(bits.vcpu);
  } else
    for (const { vcpu } of resolveInterrupt(names, subject.kind, subject.number)) if (vcpu !== undefined) out.add(vcpu);
  return out;
}
