/**
 * The laws of gicv5-cpuif-behaviour §13 over random operations, and every evaluation against a plain reading of §3
 * written with bigint and arrays.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuInterface } from '../../../../core/gic/v5/cpu-interface.ts';
import { guestRegister } from '../../../../core/gic/v5/guest-registers.ts';
import { gicInstruction } from '../../../../core/gic/v5/instructions.ts';
import { levelPpis } from '../../../../core/gic/v5/ppi.ts';
import { REFERENCE_PPIS } from '../../../conformance/v5-bare.ts';
import { Words } from '../../../../core/gic/v5/words.ts';
import { Journal } from '../../../../core/state/journal.ts';
import { Layout } from '../../../../core/state/layout.ts';

const PPIS = [3, 23, 26, 27, 28, 30];
const UPPER_PPIS = [64, 67, 100, 127];
const UPPER = UPPER_PPIS.reduce((bits, ppi) => bits | (1n << BigInt(ppi - 64)), 0n);

type Op =
  | { readonly op: 'write'; readonly name: string; readonly value: bigint }
  | { readonly op: 'insn'; readonly name: string; readonly operand: bigint }
  | { readonly op: 'phys'; readonly ppi: number; readonly level: boolean }
  | { readonly op: 'el2'; readonly what: 'dvi' | 'pend'; readonly bank: number; readonly value: bigint }
  | { readonly op: 'nmi'; readonly on: boolean };

/** Bitmaps that mostly hit implemented PPIs. */
const bitmap = fc.oneof(
  fc.subarray(PPIS).map((ppis) => ppis.reduce((bits, ppi) => bits | (1n << BigInt(ppi)), 0n)),
  fc.subarray(UPPER_PPIS).map((ppis) => ppis.reduce((bits, ppi) => bits | (1n << BigInt(ppi - 64)), 0n)),
  fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
);
const priorities = fc
  .array(fc.integer({ min: 0, max: 0xff }), { minLength: 8, maxLength: 8 })
  .map((bytes) => bytes.reduce((value, byte, i) => value | (BigInt(byte) << BigInt(8 * i)), 0n));
const bitmapRegister = fc
  .tuple(fc.constantFrom('ENABLER', 'SACTIVER', 'CACTIVER', 'SPENDR', 'CPENDR'), fc.constantFrom(0, 0, 0, 1))
  .map(([name, n]) => `ICC_PPI_${name}${n}_EL1`);

const operation: fc.Arbitrary<Op> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('write' as const), name: bitmapRegister, value: bitmap }) },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('write' as const),
      name: fc.constantFrom(0, 2, 3, 8, 12, 15).map((n) => `ICC_PPI_PRIORITYR${n}_EL1`),
      value: priorities,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('write' as const),
      name: fc.constantFrom('ICC_PCR_EL1', 'ICC_APR_EL1', 'ICC_CR0_EL1', 'ICC_CR0_EL1', 'ICC_ICSR_EL1'),
      value: fc.oneof(fc.bigInt({ min: 0n, max: 0x1fn }), fc.constant(0xffff_ffff_ffff_ffffn)),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.oneof(
      fc.record({
        op: fc.constant('insn' as const),
        name: fc.constantFrom('GICR CDIA', 'GICR CDIA', 'GICR CDNMIA', 'GIC CDEOI', 'GIC CDRCFG', 'GSB ACK'),
        operand: fc.constant(0n),
      }),
      fc.record({
        op: fc.constant('insn' as const),
        name: fc.constantFrom('GIC CDDI', 'GIC CDDI', 'GIC CDPEND'),
        operand: fc.oneof(
          fc.constantFrom(...PPIS, ...UPPER_PPIS).map((ppi) => 0x2000_0000n + BigInt(ppi)),
          fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
        ),
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      op: fc.constant('phys' as const),
      ppi: fc.constantFrom(...PPIS, ...UPPER_PPIS),
      level: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('el2' as const),
      what: fc.constantFrom('dvi' as const, 'pend' as const),
      bank: fc.constantFrom(0, 1),
      value: bitmap,
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('nmi' as const), on: fc.boolean() }) },
);

interface Snapshot {
  readonly en: boolean;
  readonly mask: number;
  readonly apr: number;
  readonly nmi: boolean;
  /** Per PPI: enabled, pending, active, priority. */
  readonly ppis: ReadonlyMap<number, { enable: boolean; pending: boolean; active: boolean; priority: number }>;
  readonly icsr: bigint;
}

function snapshot(c: CpuInterface): Snapshot {
  const ppis = new Map<number, { enable: boolean; pending: boolean; active: boolean; priority: number }>();
  for (const bank of c.banks)
    for (let bit = 0; bit < 64; bit++)
      if (bank.isImplemented(bit))
        ppis.set(bank.firstPpi + bit, {
          enable: bank.enable.has(bit),
          pending: bank.dvi.has(bit) ? bank.physical.has(bit) : bank.pend.has(bit),
          active: bank.active.has(bit),
          priority: bank.priorityOf(bit),
        });
  return {
    en: (c.vmcr.lo & 1) !== 0,
    mask: c.vmcr.lo >>> 27,
    apr: c.apr.lo,
    nmi: c.nmiEnabled.flag,
    ppis,
    icsr: c.icsr.value,
  };
}

function runningPriority(apr: number): number {
  for (let priority = 0; priority < 32; priority++) if ((apr >>> priority) & 1) return priority;
  return 0xff;
}

/** §3, read literally. */
function expectedHppi(s: Snapshot): number | undefined {
  let best: number | undefined;
  let bestPriority = 32;
  for (const [ppi, { enable, pending, active, priority }] of s.ppis)
    if (enable && pending && !active && priority < bestPriority) [best, bestPriority] = [ppi, priority];
  const sufficient = best !== undefined && bestPriority <= s.mask && bestPriority < runningPriority(s.apr);
  return s.en && sufficient ? best : undefined;
}

const words = new Words();

function read(c: CpuInterface, name: string): bigint {
  guestRegister(name)?.read?.(c, words);
  return words.value;
}

function perform(c: CpuInterface, op: Op): bigint {
  switch (op.op) {
    case 'write': {
      const register = guestRegister(op.name);
      if (register === undefined) throw new Error(op.name);
      words.value = op.value;
      c.write(register, words.lo, words.hi);
      return 0n;
    }
    case 'insn': {
      const instruction = gicInstruction(op.name);
      if (instruction === undefined) throw new Error(op.name);
      words.value = op.operand;
      c.execute(instruction, words);
      return instruction.hasResult ? words.value : 0n;
    }
    case 'phys':
      c.setPhysical(op.ppi, op.level);
      return 0n;
    case 'el2': {
      const bank = c.bank(op.bank);
      words.value = op.value;
      if (op.what === 'dvi') bank?.setDvi(words.lo, words.hi);
      else bank?.setPend(words.lo, words.hi);
      c.reevaluate(op.what === 'dvi' ? 'dviSwitch' : 'el2write');
      return 0n;
    }
    case 'nmi':
      c.setNmiEnabled(op.on);
      return 0n;
  }
}

function make(observed: boolean): CpuInterface {
  const c = new CpuInterface(new Journal(new Layout()), 'pcpu0.', {
    implemented: [REFERENCE_PPIS, UPPER],
    level: [levelPpis(REFERENCE_PPIS), 0x1n],
    idr0: 0x40n,
    iaffid: 0,
  });
  if (observed) c.observer = () => undefined;
  return c;
}

const PER_PPI = ['enable', 'pending', 'active', 'priority'] as const;

/** Which of the four state kinds differ between two moments. */
function changed(before: Snapshot, after: Snapshot): Set<string> {
  const out = new Set<string>();
  if (before.apr !== after.apr) out.add('apr');
  if (before.en !== after.en || before.mask !== after.mask) out.add('vmcr');
  if (before.icsr !== after.icsr) out.add('icsr');
  for (const [ppi, now] of after.ppis)
    for (const key of PER_PPI) if (before.ppis.get(ppi)?.[key] !== now[key]) out.add(key);
  return out;
}

const MAY_CHANGE: Readonly<Record<string, readonly string[]>> = {
  'GICR CDIA': ['apr', 'active', 'pending'],
  'GICR CDNMIA': ['apr', 'active', 'pending'],
  'GIC CDEOI': ['apr'],
  'GIC CDDI': ['active'],
  'GIC CDPEND': [],
  'GIC CDRCFG': ['icsr'],
  'GSB ACK': [],
};

const popcount = (word: number): number => word.toString(2).replaceAll('0', '').length;
const idOf = (hppir: bigint): number => Number(hppir & 0xff_ffffn);

describe('the CPU interface', () => {
  it('keeps the laws of the specification over any sequence of operations', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 40 }), fc.boolean(), (ops, observed) => {
        const c = make(observed);
        // Most of the interest is in an enabled interface that lets everything pass.
        perform(c, { op: 'write', name: 'ICC_PCR_EL1', value: 0x1fn });
        perform(c, { op: 'write', name: 'ICC_CR0_EL1', value: 1n });
        for (const op of ops) {
          const before = snapshot(c);
          const hppirBefore = read(c, 'ICC_HPPIR_EL1');
          const result = perform(c, op);
          const after = snapshot(c);
          const hppi = expectedHppi(after);
          const hppir = read(c, 'ICC_HPPIR_EL1');
          // The evaluation is that of §3.
          expect(hppir).toBe(hppi === undefined ? 0n : 0x1_2000_0000n + BigInt(hppi));
          const nmi = hppi !== undefined && after.ppis.get(hppi)?.priority === 0 && after.nmi;
          expect(c.signal.lo).toBe(hppi === undefined ? 0 : nmi ? 2 : 1);
          expect(c.reason.lo === 0).toBe(hppi !== undefined);
          expect(read(c, 'ICC_HAPR_EL1')).toBe(BigInt(runningPriority(after.apr)));
          if (op.op === 'insn') {
            const allowed = MAY_CHANGE[op.name] ?? [];
            expect([...changed(before, after)].filter((kind) => !allowed.includes(kind))).toEqual([]);
          }
          if (result !== 0n) {
            expect(result).toBe(hppirBefore);
            const ppi = idOf(result);
            const was = before.ppis.get(ppi);
            expect(was).toMatchObject({ enable: true, pending: true, active: false });
            expect(was !== undefined && was.priority <= before.mask).toBe(true);
            expect(was !== undefined && was.priority < runningPriority(before.apr)).toBe(true);
            expect(after.ppis.get(ppi)?.active).toBe(true);
            // What remains pending is strictly more urgent, and there is none.
            expect(hppir).toBe(0n);
          }
          if (op.op !== 'write' || op.name !== 'ICC_APR_EL1')
            expect(popcount(after.apr)).toBeLessThanOrEqual(popcount(before.apr) + 1);
        }
      }),
      { numRuns: 4000 },
    );
  });

  it('reports every change as part of an event, and the same state with or without an observer', () => {
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 25 }), (ops) => {
        const silent = make(false);
        const c = make(false);
        const { journal } = c.apr;
        let owned = journal.count;
        c.observer = () => {
          owned = journal.count;
        };
        for (const op of ops) {
          perform(silent, op);
          perform(c, op);
          // EL2 writes are KVM's: it reports them itself.
          if (op.op !== 'el2') expect(journal.count).toBe(owned);
          owned = journal.count;
        }
        expect(journal.state.equals(silent.apr.journal.state)).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  it('is undone by the journal to any point', () => {
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 25 }),
        fc.array(operation, { maxLength: 25 }),
        (first, second) => {
          const c = make(true);
          const { journal } = c.apr;
          for (const op of first) perform(c, op);
          const mark = journal.mark();
          const before = journal.state.clone();
          for (const op of second) perform(c, op);
          const end = journal.mark();
          const after = journal.state.clone();
          journal.undoTo(mark);
          expect(journal.state.equals(before)).toBe(true);
          journal.redoTo(end);
          expect(journal.state.equals(after)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
