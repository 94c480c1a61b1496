/** Tests of an event itself: from facts and payload fields to columns, with the postings that find them. */
import { type Kind } from '../../trace/kinds.ts';
import { POSTING } from '../../trace/postings.ts';
import { type Expr, type NameOperand } from '../condition/ast.ts';
import { factFields } from '../condition/check-fact.ts';
import { isColumn } from '../condition/facts.ts';
import { containsMatcher } from '../condition/glob.ts';
import { registerMatcher } from '../condition/registers-of.ts';
import { type NumberTest } from '../condition/tests.ts';
import { columnNumberTest, columnTextTest, type CompareExpr, latencyTest } from '../condition/typed-tests.ts';
import { bindPayload } from './bind-payload.ts';
import { anyOf, type Bound, type Keys, negate, NEVER, type NumberIntervals } from './bound.ts';
import { idMask, ids, MAX_KEYS, nameTest, typeKeys, typeTest, vcpuTest } from './id-masks.ts';
import { type TraceNames } from './searchable.ts';

/** Kinds with a register and a direction: what `read`, `write`, `execute` and `access` find. */
const ACCESS_KINDS: ReadonlySet<Kind> = new Set<Kind>(['register.access', 'mmio.access', 'kvm.trap']);

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
