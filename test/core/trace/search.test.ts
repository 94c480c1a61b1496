import { describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { type Change } from '../../../core/state/journal.ts';
import { BLOCK_EVENTS } from '../../../core/trace/block.ts';
import { type BitRange, stateCode } from '../../../core/trace/interrupts.ts';
import { POSTING } from '../../../core/trace/postings.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import {
  type Direction,
  type Edge,
  type EventPattern,
  changePostings,
  findChange,
  findEvent,
  findEvents,
  findStateChange,
} from '../../../core/trace/search.ts';
import { type NewEvent } from '../../../core/trace/kinds.ts';
import { buildTrace, random } from './support.ts';

const built = buildTrace(3 * BLOCK_EVENTS + 777, { seed: 5 });
const reader = new TraceReader(built.path);

/** Positions with a hit, by looking at everything. */
function naiveChanges(range: BitRange, edge: Edge): number[] {
  const bits = (value: bigint | undefined): bigint => BigInt.asUintN(range.width, (value ?? 0n) >> BigInt(range.lsb));
  const hit = ({ slot, before, after }: Change): boolean => {
    if (slot !== range.slot) return false;
    if (edge === 'rises') return after !== undefined && bits(after) > bits(before);
    if (edge === 'falls') return before !== undefined && after !== undefined && bits(after) < bits(before);
    return (before === undefined) !== (after === undefined) || bits(before) !== bits(after);
  };
  return built.changes.flatMap((changes, at) => (changes.some(hit) ? [at] : []));
}

function naiveNext(hits: readonly number[], from: number, direction: Direction): number | undefined {
  return direction === 'next' ? hits.find((hit) => hit > from) : hits.findLast((hit) => hit < from);
}

function expectBothWays(
  hits: readonly number[],
  find: (from: number, direction: Direction) => number | undefined,
): void {
  const next = random(hits.length + 1);
  const starts = [
    -1,
    0,
    4095,
    4096,
    reader.count - 1,
    reader.count,
    ...Array.from({ length: 40 }, () => next(reader.count)),
  ];
  for (const from of starts)
    for (const direction of ['next', 'previous'] as const)
      expect(find(from, direction), `${direction} of ${from}`).toBe(naiveNext(hits, from, direction));
}

describe('searching changes', () => {
  const fields = reader.interruptIndex.fields;
  const edges = ['changes', 'rises', 'falls'] as const;

  it('finds every rise, fall and change of an interrupt field, both ways, as a scan does', () => {
    expect(fields.length).toBeGreaterThan(10);
    for (const { range } of fields.slice(0, 12))
      for (const edge of edges)
        expectBothWays(naiveChanges(range, edge), (from, direction) =>
          findChange(reader, from, direction, range, edge),
        );
  });

  it('counts them without decoding a block', () => {
    for (const { range } of fields)
      for (const edge of edges)
        expect(changePostings(reader, range, edge).total).toBe(naiveChanges(range, edge).length);
  });

  it('finds changes of whole slots and of bits within', () => {
    for (const slot of built.slots.filter((_, index) => index % 4 === 0).slice(0, 4))
      for (const [lsb, width] of [
        [0, 64],
        [0, 1],
        [31, 2],
        [40, 20],
      ] as const) {
        const range = { slot, lsb, width };
        expectBothWays(naiveChanges(range, 'changes'), (from, direction) => findChange(reader, from, direction, range));
      }
  });

  it('finds changes of an interrupt state', () => {
    for (const [interrupt, { fields: places }] of reader.interrupts.entries()) {
      const codes = built.states.map((state) => {
        const whole = state.clone();
        whole.growTo(reader.layout);
        return stateCode(places, whole);
      });
      const hits = built.events.flatMap((_, at) => (codes[at] === codes[at + 1] ? [] : [at]));
      expect(reader.postings.get(POSTING.state, interrupt).total).toBe(hits.length);
      expectBothWays(hits, (from, direction) => findStateChange(reader, from, direction, interrupt));
    }
  });
});

describe('searching events', () => {
  const patterns: readonly (readonly [string, EventPattern, (event: NewEvent) => boolean])[] = [
    ['a kind', { kinds: ['irq.line'] }, (e) => e.kind === 'irq.line'],
    ['a source name', { sources: ['gicv5_line'] }, (e) => e.source === 'gicv5_line'],
    ['a vCPU', { vcpu: 1 }, (e) => e.vcpu === 1],
    ['no vCPU', { vcpu: null }, (e) => e.vcpu === undefined],
    [
      'reads of a register',
      { names: ['ICC_PCR_EL1'], op: 'read' },
      (e) => e.kind === 'register.access' && e.op === 'read',
    ],
    ['writes', { op: 'write' }, (e) => e.kind === 'register.access' && e.op === 'write'],
    [
      'several registers on a vCPU',
      { names: ['ICC_R1_EL1', 'ICC_R3_EL1'], vcpu: 0 },
      (e) => e.kind === 'register.access' && /R[13]_/.test(e.register) && e.vcpu === 0,
    ],
    [
      'an interrupt acknowledged',
      { intid: intid('ppi', 21), kinds: ['irq.acknowledge'] },
      (e) => e.kind === 'irq.acknowledge' && e.intid === intid('ppi', 21),
    ],
    ['an interrupt that no event names', { intid: intid('lpi', 9) }, () => false],
    ['a name that no event has', { names: ['ICC_NONE'] }, () => false],
    ['any test of the columns', { test: (events, i) => events.line[i] === 500 }, (e) => e.line === 500],
  ];
  for (const [what, pattern, test] of patterns)
    it(`finds ${what}, both ways, as a scan does`, () => {
      const hits = built.events.flatMap((event, at) => (test(event) ? [at] : []));
      expectBothWays(hits, (from, direction) => findEvent(reader, from, direction, pattern));
      expect(findEvents(reader, pattern, 5)).toEqual({ count: hits.length, positions: hits.slice(0, 5) });
    });

  it('stops when it is told to', () => {
    expect(findEvent(reader, -1, 'next', { kinds: ['irq.line'] }, () => true)).toBeUndefined();
  });
});
