/** Tests of payload fields: to the columns that hold them, in every kind that has such a field. */
import { type Kind } from '../../trace/kinds.ts';
import { POSTING } from '../../trace/postings.ts';
import { ConditionError, type NameOperand } from '../condition/ast.ts';
import { factFields } from '../condition/check-fact.ts';
import { type PayloadField } from '../condition/facts.ts';
import { NotSensible } from '../condition/finding.ts';
import { type NumberTest, type TextTest, truthTest } from '../condition/tests.ts';
import { type CompareExpr, payloadNumberTest, payloadTextTest } from '../condition/typed-tests.ts';
import { anyOf, type Bound, type IdMask, type Keys, NEVER } from './bound.ts';
import { idMask, MAX_KEYS, nameTest, typeKeys } from './id-masks.ts';
import { type TraceNames } from './searchable.ts';

export function bindPayload(names: TraceNames, expr: CompareExpr, fields: readonly PayloadField[]): Bound {
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
  // Postings of interrupts are of those in `arg`.
  const keys = type === 'intid' && place.at === 'arg' ? interruptKeys(test, types) : typeKeys(types, false);
  return { type: 'number', types, at: place.at, lsb, width, test: small && field.optional ? stored(test) : test, keys };
}

/** The test of an enumeration whose number 0 stands for its absence (KINDS). */
function stored({ mask, intervals, absent }: NumberTest): NumberTest {
  const present = intervals
    .map(([from, to]) => [from === 0n ? 1n : from, to] as const)
    .filter(([from, to]) => from <= to);
  return { mask, intervals: absent ? [[0n, 0n], ...present] : present, absent: false };
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
