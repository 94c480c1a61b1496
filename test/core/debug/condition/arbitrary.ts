/** Random conditions for property tests: every tree that the parser can make, and no other. */
import fc from 'fast-check';
import {
  COMPARISONS,
  type Expr,
  join,
  type Operand,
  type Subject,
  type Value,
} from '../../../../core/debug/condition/ast.ts';
import { LEGS } from '../../../../core/trace/life.ts';
import { SUBJECT_FIELDS } from '../../../../core/debug/condition/words.ts';

const span = { offset: 0, length: 0 };

const name = fc.constantFrom('value', 'intid', 'kind', 'vcpu', 'reason', 'time', 'seq', 'op', 'Foo_1', 'on', 'level');
const text = fc.oneof(
  fc.constantFrom(
    'WFx',
    'vcpu.exit',
    'irq.*',
    'active and pending',
    'and',
    'ppi',
    'ppi27',
    'vcpu1.ppi3.active',
    'none',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }),
);
const pathText = fc.oneof(
  fc.constantFrom(
    'vcpu1.ICC_PCR_EL1.PRIORITY',
    'ICH_VMCR_EL2',
    'vcpu*.irq.**',
    'reg',
    'ppi27',
    'a b',
    'kvm_exit',
    'latency',
    'on',
  ),
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 }),
);
const kind = fc.constantFrom('ppi', 'spi', 'lpi', 'sgi', 'irq');
const interruptIndex = fc.integer({ min: 0, max: 0xff_ffff });
const radix = fc.constantFrom(2, 10, 16);

const number = fc
  .record({ value: fc.bigInt(-(1n << 63n), (1n << 64n) - 1n), radix })
  .map((rest): Value => ({ type: 'number', ...rest, span }));
const duration = fc.maxSafeNat().map((ns): Value => ({ type: 'duration', ns, span }));
const position = fc.maxSafeNat().map((seq): Value => ({ type: 'position', seq, span }));
const single = fc.oneof(
  number,
  duration,
  position,
  text.map((value): Value => ({ type: 'text', text: value, span })),
  fc.record({ kind, number: interruptIndex }).map((rest): Value => ({ type: 'interrupt', ...rest, span })),
);
const range = fc
  .oneof(fc.tuple(number, number), fc.tuple(duration, duration), fc.tuple(position, position))
  .map(([from, to]): Value => ({ type: 'range', from, to, span }));
const value = fc.oneof(single, range);
const set = fc.array(value, { minLength: 1, maxLength: 4 }).map((items): Value => ({ type: 'set', items, span }));

const interrupt = (field: fc.Arbitrary<(typeof SUBJECT_FIELDS)[number] | undefined>): fc.Arbitrary<Subject> =>
  fc.record({ kind, number: interruptIndex, field }).map((rest): Subject => ({ type: 'interrupt', ...rest, span }));
const path = pathText.map((at): Subject => ({ type: 'path', path: at, span }));
const field = fc.constantFrom(...SUBJECT_FIELDS);
const legs = fc.option(fc.tuple(fc.constantFrom(...LEGS), fc.constantFrom(...LEGS)), { nil: undefined });
const latency = legs.map((pair): Operand => ({ type: 'latency', legs: pair, span }));
const state = fc.oneof(interrupt(field), path, latency);
const operand: fc.Arbitrary<Operand> = fc.oneof(
  state,
  name.map((word): Operand => ({ type: 'name', name: word, span })),
);
const mask = fc.option(fc.bigInt(0n, (1n << 64n) - 1n), { nil: undefined });

const compare = fc
  .oneof(
    fc.record({ left: operand, mask, op: fc.constantFrom(...COMPARISONS.filter((op) => op !== 'in')), right: value }),
    fc.record({ left: operand, mask, op: fc.constant('in' as const), right: fc.oneof(value, set) }),
  )
  // The parser refuses the one spelling that would be read otherwise, and makes no such tree.
  .map((rest): Expr => ({ type: 'compare', ...rest, span }));

const leaf: fc.Arbitrary<Expr> = fc.oneof(
  fc
    .record({
      subject: fc.oneof(interrupt(fc.option(field, { nil: undefined })), path),
      edge: fc.constantFrom('rises', 'falls', 'changes'),
    })
    .map((rest): Expr => ({ type: 'edge', ...rest, span })),
  compare,
  fc
    .oneof(fc.record({ operand: state, mask }), fc.record({ operand, mask: fc.bigInt(0n, (1n << 64n) - 1n) }))
    .map((rest): Expr => ({ type: 'truth', ...rest, span })),
  text.filter((word) => word !== '').map((word): Expr => ({ type: 'text', text: word, span })),
);

const registerName = fc.oneof(
  fc.constantFrom('ICC_PPI_*', 'GIC CDDI', 'GIC', 'GICD+0xf00', 'where', 'ICC_CR0_EL1'),
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 }),
);

export const anyCondition: fc.Arbitrary<Expr> = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'expr', withCrossShrink: true },
    leaf,
    fc
      .record({
        op: fc.constantFrom('read', 'write', 'execute', 'access'),
        register: registerName,
        where: fc.option(tie('expr'), { nil: undefined }),
      })
      .map((rest): Expr => ({ type: 'access', ...rest, span })),
    fc
      .tuple(fc.constantFrom('and', 'or'), fc.array(tie('expr'), { minLength: 2, maxLength: 4 }))
      .map(([type, terms]) => join(type, terms, span)),
    tie('expr').map((term): Expr => ({ type: 'not', term, span })),
    fc
      .tuple(tie('expr'), fc.integer({ min: 0, max: 511 }))
      .map(([term, vcpu]): Expr => ({ type: 'on', term, vcpu, span })),
    fc.tuple(tie('expr'), tie('expr')).map(([event, state]): Expr => ({ type: 'if', event, state, span })),
  ),
})).expr;

/** A copy without the places in the text, for comparing trees. */
export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => key !== 'span' && entry !== undefined)
      .map(([key, entry]) => [key, withoutSpans(entry)]),
  );
}
