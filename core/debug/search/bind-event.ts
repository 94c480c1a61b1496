/** Tests of an event itself: from facts and payload fields to columns, with the postings that find them. */
import { type Kind } from '../../trace/kinds.ts';
import { NO_ACCESS, POSTING } from '../../trace/postings.ts';
import { ConditionError, type Expr, type NameOperand } from '../condition/ast.ts';
import {
  columnNumberTest,
  columnTextTest,
  type CompareExpr,
  factFields,
  latencyTest,
  payloadNumberTest,
  payloadTextTest,
} from '../condition/check-fact.ts';
import { isColumn, type PayloadField } from '../condition/facts.ts';
import { NotSensible } from '../condition/finding.ts';
import { containsMatcher } from '../condition/glob.ts';
import { registerMatcher } from '../condition/registers-of.ts';
import { type NumberTest, type TextTest, truthTest } from '../condition/tests.ts';
import { ALWAYS, anyOf, type Bound, type IdMask, type Keys, negate, NEVER, type NumberIntervals } from './bound.ts';
import { type TraceNames } from './searchable.ts';

/** Kinds with a register and a direction: what `read`, `write`, `execute` and `access` find. */
const ACCESS_KINDS: ReadonlySet<Kind> = new Set<Kind>(['register.access', 'mmio.access', 'kvm.trap']);
/** More keys than this cost more to look up than they save. */
const MAX_KEYS = 4096;

/** Ids whose entry passes. */
export function idMask<T>(entries: readonly T[], passes: (entry: T, id: number) => boolean): IdMask {
  return Uint8Array.from(entries, (entry, id) => (passes(entry, id) ? 1 : 0));
}

function ids(mask: IdMask): number[] {
  const out: number[] = [];
  for (let id = 0; id < mask.length; id++) if (mask[id] === 1) out.push(id);
  return out;
}

function typeTest(names: TraceNames, passes: (type: TraceNames['types'][number]) => boolean): Bound {
  const types = idMask(names.types, passes);
  const keys = typeKeys(types, true);
  if (keys.keys.length === 0) return NEVER;
  return keys.keys.length === names.types.length ? ALWAYS : { type: 'type', types, keys };
}

function typeKeys(types: IdMask, exact: boolean): Keys {
  return { keys: ids(types).map((key) => ({ kind: POSTING.type, key })), exact, several: 'never' };
}

/** Events of the vCPUs that pass. */
export function vcpuTest(names: TraceNames, passes: (vcpu: number | undefined) => boolean): Bound {
  const size = names.vcpus + 1;
  const vcpus = Uint8Array.from({ length: size }, (_, i) => (passes(i === 0 ? undefined : i - 1) ? 1 : 0));
  const wanted = ids(vcpus);
  if (wanted.length === 0) return NEVER;
  if (wanted.length === size) return ALWAYS;
  return {
    type: 'vcpu',
    vcpus,
    keys: { keys: wanted.map((key) => ({ kind: POSTING.vcpu, key })), exact: true, several: 'never' },
  };
}

export function onVcpu(names: TraceNames, vcpu: number): Bound {
  return vcpuTest(names, (of) => of === vcpu);
}

/** An access to a register that the pattern means. */
export function bindAccess(names: TraceNames, expr: Extract<Expr, { type: 'access' }>): Bound {
  const matches = registerMatcher(expr.register);
  const texts = idMask(names.texts, (text, id) => id > 0 && matches(text));
  const types = idMask(names.types, ({ kind }) => ACCESS_KINDS.has(kind));
  const ops = Uint8Array.from(['read', 'write', 'execute'], (op) => (expr.op === 'access' || expr.op === op ? 1 : 0));
  const keys: Keys['keys'][number][] = [];
  for (const name of ids(texts)) for (const op of ids(ops)) keys.push({ kind: POSTING.name, key: name * 4 + op });
  if (keys.length === 0) return NEVER;
  const use: Keys = keys.length > MAX_KEYS ? typeKeys(types, false) : { keys, exact: true, several: 'never' };
  return { type: 'access', types, ops, names: texts, keys: use };
}

/** A comparison of a fact about the event (not of a register's field). */
export function bindFact(names: TraceNames, expr: CompareExpr, left: NameOperand): Bound {
  const { name } = left;
  if (!isColumn(name)) return bindPayload(names, expr, factFields(left, undefined));
  switch (name) {
    case 'seq':
    case 'time':
      return { type: name, intervals: safeIntervals(columnNumberTest(expr, name)) };
    case 'vcpu': {
      const { intervals, absent } = columnNumberTest(expr, name);
      const inside = (vcpu: bigint): boolean => intervals.some(([from, to]) => vcpu >= from && vcpu <= to);
      return vcpuTest(names, (vcpu) => (vcpu === undefined ? absent : inside(BigInt(vcpu))));
    }
    case 'kind': {
      const { matches } = columnTextTest(expr, name);
      return typeTest(names, ({ kind }) => matches(kind));
    }
    case 'origin': {
      const { matches } = columnTextTest(expr, name);
      return typeTest(names, ({ origin }) => matches(origin));
    }
    case 'name': {
      const { matches, absent } = columnTextTest(expr, name);
      return typeTest(names, ({ source, kind }) => (source === undefined ? absent || matches(kind) : matches(source)));
    }
    case 'text':
      return bindText(names, expr);
  }
}

/** Numbers that fit a JavaScript number: positions and times do. */
function safeIntervals({ intervals }: NumberTest): NumberIntervals {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return intervals
    .filter(([from]) => from <= limit)
    .map(([from, to]) => [Number(from), Number(to > limit ? limit : to)] as const);
}

function bindText(names: TraceNames, expr: CompareExpr): Bound {
  // Of the three places, none may contain it when the comparison is negated.
  const { matches } = columnTextTest({ ...expr, op: '~' }, 'text');
  const found = anyOf([partOfNames(names, matches, true), { type: 'detail', matches }]);
  return expr.op === '!~' ? negate(found) : found;
}

/** A bare word: part of the event's name in the source or of a name in its payload; of its kind if it has neither. */
export function bindBareText(names: TraceNames, text: string): Bound {
  return partOfNames(names, containsMatcher(text), false);
}

function partOfNames(names: TraceNames, matches: (text: string) => boolean, always: boolean): Bound {
  const types = typeTest(
    names,
    ({ source, kind }) =>
      (source !== undefined && matches(source)) || ((always || source === undefined) && matches(kind)),
  );
  const texts = idMask(names.texts, (text, id) => id > 0 && matches(text));
  return anyOf([
    types,
    nameTest(
      idMask(names.types, () => true),
      texts,
    ),
  ]);
}

function nameTest(types: IdMask, texts: IdMask): Bound {
  const wanted = ids(texts);
  if (wanted.length === 0) return NEVER;
  const usable = wanted.length * (NO_ACCESS + 1) <= MAX_KEYS && texts[0] !== 1;
  const everyType = types.every((flag) => flag === 1);
  const keys: Keys = usable
    ? {
        keys: wanted.flatMap((name) => [0, 1, 2, NO_ACCESS].map((op) => ({ kind: POSTING.name, key: name * 4 + op }))),
        exact: everyType,
        several: 'never',
      }
    : typeKeys(types, false);
  return { type: 'name', types, names: texts, keys };
}

function bindPayload(names: TraceNames, expr: CompareExpr, fields: readonly PayloadField[]): Bound {
  const terms: Bound[] = [];
  let sensible = false;
  let first: unknown;
  for (const field of fields) {
    try {
      terms.push(field.type === 'text' ? textField(names, field, payloadTextTest(field, expr)) : numberField(names, field, payloadNumberTest(field, expr))); // prettier-ignore
      sensible = true;
    } catch (error) {
      // A value that suits one kind's field need not suit another's; it must suit one.
      if (!(error instanceof NotSensible)) throw error;
      first ??= error;
    }
  }
  if (!sensible) throw first;
  return merged(terms);
}

/** Joins tests of the same place in several kinds into one pass. */
function merged(terms: readonly Bound[]): Bound {
  const out: Bound[] = [];
  for (const term of terms) {
    const at = out.findIndex((other) => sameButTypes(other, term));
    const other = out[at];
    if (other?.type === 'number' && term.type === 'number')
      out[at] = { ...other, types: union(other.types, term.types), keys: joinKeys(other.keys, term.keys) };
    else out.push(term);
  }
  return anyOf(out);
}

function sameButTypes(a: Bound, b: Bound): boolean {
  return (
    a.type === 'number' &&
    b.type === 'number' &&
    a.at === b.at &&
    a.lsb === b.lsb &&
    a.width === b.width &&
    a.test.absent === b.test.absent &&
    a.test.mask === b.test.mask &&
    String(a.test.intervals) === String(b.test.intervals)
  );
}

function union(a: IdMask, b: IdMask): IdMask {
  return a.map((flag, id) => flag | (b[id] ?? 0));
}

/** Interrupt keys are the same for all kinds; type keys add up. */
function joinKeys(a: Keys, b: Keys): Keys {
  const seen = new Set(a.keys.map(({ kind, key }) => `${kind} ${key}`));
  return { ...a, keys: [...a.keys, ...b.keys.filter(({ kind, key }) => !seen.has(`${kind} ${key}`))] };
}

function typesOf(names: TraceNames, kind: Kind): IdMask {
  return idMask(names.types, (type) => type.kind === kind);
}

function textField(names: TraceNames, field: PayloadField, test: TextTest): Bound {
  const types = typesOf(names, field.kind);
  if (!types.includes(1)) return NEVER;
  const texts = idMask(names.texts, (text, id) => (id === 0 ? test.absent : test.matches(text)));
  return nameTest(types, texts);
}

const WIDTHS = { u64: 64, u32: 32, bool: 1, intid: 32, text: 0 } as const;

function numberField(names: TraceNames, field: PayloadField, test: NumberTest): Bound {
  const types = typesOf(names, field.kind);
  if (!types.includes(1)) return NEVER;
  const { place, type } = field;
  if (place.at === 'name') throw new Error(`${field.kind}: a number in the place of a name`);
  const small = place.at === 'small';
  const lsb = small ? place.lsb : 0;
  const width = small ? place.bits : typeof type === 'string' ? WIDTHS[type] : 32;
  const keys = type === 'intid' ? interruptKeys(test, types) : typeKeys(types, false);
  return { type: 'number', types, at: place.at, lsb, width, test, keys };
}

/** Whole identifiers have postings of their own. */
function interruptKeys({ intervals, absent }: NumberTest, types: IdMask): Keys {
  const single = intervals.every(([from, to]) => from === to);
  if (absent || !single || intervals.length > MAX_KEYS) return typeKeys(types, false);
  // Exact: every payload field that names an interrupt is called intid, and all kinds' fields are joined.
  return {
    keys: intervals.map(([from]) => ({ kind: POSTING.interrupt, key: Number(from) })),
    exact: true,
    several: 'never',
  };
}

/** A payload number whose masked bits are not zero. */
export function bindFactTruth(names: TraceNames, left: NameOperand, mask: bigint | undefined): Bound {
  const fields = factFields(left, undefined).filter(({ type }) => type === 'u64' || type === 'u32');
  if (mask === undefined || fields.length === 0)
    throw new ConditionError(`${left.name} is no number with bits; compare it with == or ~`, left.span);
  return merged(fields.map((field) => numberField(names, field, truthTest(mask))));
}

/** The end of a life's leg. */
export function bindLatency(expr: CompareExpr): Bound {
  const legs = expr.left.type === 'latency' ? expr.left.legs : undefined;
  return {
    type: 'latency',
    from: legs?.[0],
    to: legs?.[1] ?? 'acknowledged',
    intervals: safeIntervals(latencyTest(expr)),
  };
}
