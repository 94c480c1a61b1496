/** Laws of a physical IRS over random accesses, instructions and wires: every PE holds what the tables in memory say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuInterface } from '../../../../../core/gic/v5/cpu-interface.ts';
import { gicInstruction } from '../../../../../core/gic/v5/instructions.ts';
import { type Candidate, NOBODY, precedes } from '../../../../../core/gic/v5/irs/candidates.ts';
import {
  iaffidOf,
  intidOf,
  isCandidate,
  LPI,
  LPI_BASE,
  ONE_OF_N,
  priorityOf,
  SPI,
  SPI_BASE,
} from '../../../../../core/gic/v5/irs/iste.ts';
import { SlotMemory } from '../../../../../core/gic/v5/irs/memory.ts';
import { writeIrs } from '../../../../../core/gic/v5/irs/physical-frame.ts';
import { PhysicalIrs } from '../../../../../core/gic/v5/irs/physical-irs.ts';
import { Words } from '../../../../../core/gic/v5/words.ts';
import { Journal } from '../../../../../core/state/journal.ts';
import { Layout } from '../../../../../core/state/layout.ts';

const RAM = 0x8000_0000;
const LEVEL1 = RAM;
const LEVEL2 = RAM + 0x1000;
const LINEAR = RAM + 0x1_0000;
const PES = [0, 1];
/** Of two level-2 tables, and of none. */
const LPIS = [0, 1, 1023, 1024, 2047, 2048];

type Step =
  | { readonly op: 'insn'; readonly name: string; readonly operand: bigint; readonly pe: number }
  | { readonly op: 'write'; readonly offset: number; readonly value: bigint; readonly bytes: number }
  | { readonly op: 'wire'; readonly spi: number; readonly high: boolean };

const intid = fc.oneof(
  fc.nat(3).map((n) => SPI_BASE + n),
  fc.constantFrom(...LPIS).map((n) => LPI_BASE + n),
);
const insn = (
  name: string,
  high: fc.Arbitrary<number>,
  low: fc.Arbitrary<number> = fc.constant(0),
): fc.Arbitrary<Step> =>
  fc.record({ of: intid, high, low, pe: fc.constantFrom(...PES) }).map(({ of, high: top, low: extra, pe }) => ({
    op: 'insn',
    name,
    pe,
    operand: (BigInt(top) << 32n) | BigInt(of) | BigInt(extra),
  }));
const write = (offset: number, value: fc.Arbitrary<number>, bytes = 4): fc.Arbitrary<Step> =>
  value.map((each) => ({ op: 'write', offset, value: BigInt(each), bytes }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: insn('GIC CDPEND', fc.constantFrom(1, 1, 1, 0)) },
  { weight: 3, arbitrary: insn('GIC CDEN', fc.constant(0)) },
  { weight: 1, arbitrary: insn('GIC CDDIS', fc.constant(0)) },
  { weight: 2, arbitrary: insn('GIC CDPRI', fc.constantFrom(0, 0x08, 0x80, 0xf8)) },
  // A PE, or nobody; 1-of-N in every other case.
  { weight: 3, arbitrary: insn('GIC CDAFF', fc.nat(2), fc.constantFrom(0, 1 << 28)) },
  { weight: 1, arbitrary: insn('GIC CDHM', fc.nat(1)) },
  { weight: 2, arbitrary: insn('GIC CDDI', fc.constant(0)) },
  { weight: 3, arbitrary: insn('GICR CDIA', fc.constant(0)) },
  { weight: 1, arbitrary: insn('GIC CDEOI', fc.constant(0)) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('wire' as const), spi: fc.nat(3), high: fc.boolean() }) },
  { weight: 1, arbitrary: write(0x108, fc.nat(4)) },
  { weight: 1, arbitrary: write(0x114, fc.nat(1)) },
  { weight: 1, arbitrary: write(0x110, fc.nat(4)) },
  { weight: 1, arbitrary: write(0x140, fc.nat(3)) },
  { weight: 1, arbitrary: write(0x148, fc.nat(1)) },
  { weight: 1, arbitrary: write(0x80, fc.constantFrom(0, 1, 1, 1)) },
  { weight: 1, arbitrary: write(0x190, fc.constantFrom(11, 0x1_000b)) },
  { weight: 1, arbitrary: write(0x180, fc.constantFrom(LINEAR + 1, LEVEL1 + 1, 0), 8) },
  { weight: 1, arbitrary: write(0x1c0, fc.constantFrom(...LPIS)) },
  { weight: 1, arbitrary: write(0x1_0000, fc.constantFrom(...LPIS)) },
);

/** A table of LPIs, linear or of two levels; interrupts for each PE and for any of them, enabled and pending. */
const busy = (cfgr: bigint, baser: number): readonly Step[] => [
  { op: 'write', offset: 0x80, value: 1n, bytes: 4 },
  { op: 'write', offset: 0x190, value: cfgr, bytes: 4 },
  { op: 'write', offset: 0x180, value: BigInt(baser), bytes: 8 },
  ...[0, 1024].map((n): Step => ({ op: 'write', offset: 0x1c0, value: BigInt(n), bytes: 4 })),
  ...[SPI_BASE, SPI_BASE + 1, LPI_BASE, LPI_BASE + 1024, LPI_BASE + 2047].flatMap((of) =>
    [
      { name: 'GIC CDAFF', operand: (BigInt(of & 1) << 32n) | BigInt(of) | (of === LPI_BASE + 1024 ? 1n << 28n : 0n) },
      { name: 'GIC CDEN', operand: BigInt(of) },
      { name: 'GIC CDPEND', operand: (1n << 32n) | BigInt(of) },
    ].map(({ name, operand }): Step => ({ op: 'insn', name, operand, pe: 0 })),
  ),
];
const beginning = fc.constantFrom(busy(11n, LINEAR + 1), busy(0x1_000bn, LEVEL1 + 1));

class Lab {
  readonly journal = new Journal(new Layout());
  readonly pes: readonly CpuInterface[];
  readonly irs: PhysicalIrs;
  readonly #words = new Words();

  constructor() {
    const memory = new SlotMemory(this.journal);
    memory.add({ base: RAM, bytes: 0x2_0000, word: 8, path: (n) => `ram${n}` });
    for (const n of [0, 1]) memory.store64(LEVEL1 + 8 * n, BigInt(LEVEL2 + 0x1000 * n));
    this.pes = PES.map((iaffid) => {
      const config = { implemented: [8n, 0n], level: [0n, 0n], idr0: 0x40n, iaffid, irs: true } as const;
      const pe = new CpuInterface(this.journal, `pe${iaffid}.`, config);
      pe.vmcr.set((0x1f << 27) | 1);
      pe.reevaluate('el2write');
      return pe;
    });
    this.irs = new PhysicalIrs(memory, this.pes, {
      spis: 4,
      idBits: 16,
      minIdBits: 5,
      priorityBits: 5,
      level2Sizes: 1,
      setLpi: true,
      oneOfN: true,
    });
  }

  perform(each: Step): void {
    if (each.op === 'write') writeIrs(this.irs, each.offset, each.bytes, each.value);
    else if (each.op === 'wire') this.irs.setWire(each.spi, each.high);
    else {
      const instruction = gicInstruction(each.name);
      const pe = this.pes[each.pe];
      if (instruction === undefined || pe === undefined) throw new Error(each.name);
      this.#words.value = each.operand;
      pe.execute(instruction, this.#words);
    }
  }

  held(pe: number): number {
    return this.pes[pe]?.irsCandidate?.lo ?? 0;
  }

  /** What each PE should hold: the tables read through, by the rules of §7.1 and the choice of `Domain` for 1-of-N. */
  wanted(): number[] {
    if (!this.irs.enabled) return PES.map(() => 0);
    const own = PES.map(() => NOBODY);
    let shared: Candidate = NOBODY;
    for (const type of [LPI, SPI] as const)
      this.irs.ist(type)?.forEach((number, word) => {
        if (!isCandidate(word)) return;
        const each = { intid: intidOf(type, number), priority: priorityOf(word) };
        const pe = iaffidOf(word);
        if ((word & ONE_OF_N) !== 0) shared = precedes(each, shared) ? each : shared;
        else if (precedes(each, own[pe] ?? NOBODY) && pe < PES.length) own[pe] = each;
      });
    const urgency = (pe: number): number => own[pe]?.priority ?? 0xff;
    const free = PES.filter((pe) => !this.irs.isTargetedOnly(pe)).toSorted((a, b) => urgency(b) - urgency(a) || a - b);
    const [taker] = free;
    return PES.map((pe) => {
      const best = own[pe] ?? NOBODY;
      return (pe === taker && precedes(shared, best) ? shared : best).intid;
    });
  }
}

describe('a physical IRS', () => {
  it('sends every PE what the tables in memory say, at every step, and again when it is taken back', () => {
    let seen = 0;
    fc.assert(
      fc.property(beginning, fc.array(step, { minLength: 20, maxLength: 60 }), fc.nat(19), (first, steps, back) => {
        const lab = new Lab();
        for (const each of first) lab.perform(each);
        let mark = lab.journal.mark();
        let then: number[] = [];
        for (const [n, each] of steps.entries()) {
          lab.perform(each);
          const held = PES.map((pe) => lab.held(pe));
          expect([n, each, held]).toEqual([n, each, lab.wanted()]);
          seen += held.filter((found) => found !== 0).length;
          if (n === back) [mark, then] = [lab.journal.mark(), held];
        }
        lab.journal.undoTo(mark);
        expect(PES.map((pe) => lab.held(pe))).toEqual(then);
        expect(lab.wanted()).toEqual(then);
      }),
      { numRuns: 200 },
    );
    expect(seen).toBeGreaterThan(3000);
  });
});
