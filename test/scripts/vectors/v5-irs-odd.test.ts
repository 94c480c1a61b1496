/**
 * Vectors that nobody has made: every operation of the format with odd arguments, in any order, under every profile. The
 * driver answers each step, or says which argument the format does not allow; and what the emulator was led to holds
 * together: the chain of the list and its marks, the table entries and the candidates that were sent.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, VectorError } from '../../../scripts/vectors/format.ts';
import { type Life, OPERATIONS, setUp } from '../../../scripts/vectors/v5-irs-ops.ts';
import { sections } from '../../../scripts/vectors/v5-irs-state.ts';
import { LPI, SPI } from '../../../core/gic/v5/irs/iste.ts';
import { profileByName } from '../../../core/kvm/profiles.ts';
import { LockDeadlock } from '../../../core/kvm/v5/irs/locks.ts';
import { bestByScan } from '../../support/best-by-scan.ts';

const OFFSETS = [
  0, 2, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c, 0x40, 0x44, 0x80, 0x84, 0xc0, 0xc4, 0x100, 0x104, 0x108, 0x10c, 0x110, 0x114,
  0x118, 0x140, 0x144, 0x148, 0x180, 0x184, 0x190, 0x194, 0x1c0, 0x200, 0x2c8, 0x300, 0x3c0, 0xffbc, 0xffd0, 0xfffc,
  0x1_0000, 0x1_fffc,
];
const INTIDS = [
  0x2000_0003, 0x4000_0000, 0x4000_001f, 0x4000_0020, 0x4000_ffff, 0x6000_0000, 0x6000_0005, 0x6000_001f, 0x6000_0020,
  0x6000_ffff, 0x7f00_0001, 0xa000_0001, 0, 0xffff_ffff,
];
const INSTRUCTIONS = ['cden', 'cddis', 'cdpri', 'cdaff', 'cdpend', 'cdhm', 'cddi', 'cdrcfg', 'cdia', 'cdeoi'];

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const vcpu = fc.constantFrom(0, 1, 2);
const bit = fc.constantFrom(0, 1);
const word = fc
  .oneof(
    fc.constantFrom(0n, 1n, 5n, 0xcn, 31n, 0xff_ffffn, 0xffff_ffffn, 0x8010_0001n, 0x4_8010_0001n, 0x15n, 0x170n),
    fc.bigInt(0n, (1n << 64n) - 1n),
  )
  .map(hex);
const operand = fc
  .tuple(fc.constantFrom(...INTIDS), fc.oneof(fc.constantFrom(0, 1, 2, 9, 0x80, 0xf8, 0xffff), fc.nat(0xffff_ffff)))
  .map(([intid, high]) => hex((BigInt(high) << 32n) | BigInt(intid)));
const attribute = fc.record({
  off: fc
    .tuple(fc.constantFrom(...OFFSETS), fc.constantFrom(0n, 1n, 0xffff_ffffn))
    .map(([off, high]) => hex((high << 32n) | BigInt(off))),
  val: word,
  fault: bit,
});
const step = (op: string, args: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  args.map((given) => ({ op, ...given }));
const spi = fc.constantFrom(0, 5, 31, 32, 63, 1023, 4096);

/** An arbitrary for every operation of the format. */
const STEPS: Readonly<Record<string, fc.Arbitrary<JsonObject>>> = {
  base: fc.record({ val: fc.constantFrom('0x0', '0x1000', '0x10000000', '0xffffffffffff0000') }),
  init: fc.constant({}),
  uget: attribute,
  uset: attribute,
  uhas: attribute,
  irqline: fc.record({
    irq: fc
      .tuple(fc.constantFrom(0, 1, 3, 15), fc.constantFrom(0, 5, 31, 32, 0x400, 0xffff), fc.constantFrom(0, 1, 0xff))
      .map(([type, number, index]) => hex(BigInt(((type << 24) | (index << 16) | number) >>> 0))),
    level: fc.constantFrom(0, 1, 5, 0x8000_0000),
    race: fc.constantFrom(0, 0, 1, 2, 3),
  }),
  hold: fc.record({ on: bit }),
  ran: fc.record({ vcpu }),
  inject: fc.record({
    intid: fc.constantFrom(...INTIDS).map((n) => hex(BigInt(n))),
    level: bit,
    novcpu: bit,
    owner: bit,
  }),
  setowner: fc.record({ spi, on: bit }),
  exit: fc.record({ vcpu }),
  entry: fc.record({ vcpu }),
  listen: fc.record({ spi, mode: fc.constantFrom(0, 1, 2, 3) }),
  fail: fc.record({ what: fc.constantFrom('alloc', 'free', 'cmd') }),
  mmio: fc.record({
    vcpu,
    w: bit,
    off: fc.constantFrom(...OFFSETS).map((off) => hex(BigInt(off))),
    size: fc.constantFrom(1, 2, 4, 8),
    val: word,
  }),
  insn: fc.record({ vcpu, name: fc.constantFrom(...INSTRUCTIONS), val: operand }),
  cpu: fc.record({ vcpu, en: bit, pcr: fc.nat(31) }),
};
const often = new Set(['insn', 'mmio', 'irqline', 'exit']);
const anyStep = fc.oneof(
  ...Object.entries(STEPS).map(([op, args]) => ({ weight: often.has(op) ? 5 : 1, arbitrary: step(op, args) })),
);
const setup = fc.record({
  nspis: fc.constantFrom(32, 64, 96, 1024),
  ids: fc.constantFrom('0,1', '17,3', '0', '2,0,300', '1,0', '0,1,2', '511'),
  idbits: fc.constantFrom(5, 10, 12, 14, 16, 24),
  minbits: fc.constantFrom(0, 5, 12),
  pribits: fc.constantFrom(1, 3, 4, 5),
  pa: fc.constantFrom(0, 2, 5, 7),
  maxvpes: fc.constantFrom(2, 64, 512),
  vmid: fc.constantFrom(0, 3, 7, 65_535),
});

/** How a step ended: an answer, a dead thread, or a word on what the format does not allow. */
function play(life: Life, given: JsonObject): 'answered' | 'deadlock' | 'refused' {
  try {
    OPERATIONS[String(given['op'])]?.(life, given);
    return 'answered';
  } catch (error) {
    if (error instanceof LockDeadlock) return 'deadlock';
    if (error instanceof VectorError) return 'refused';
    throw error;
  }
}

function holdsTogether({ vm, irs }: Life): void {
  const members = Array.from({ length: irs.nrSpis.lo }, (_, n) => n).filter((n) => (irs.spi(n)?.member ?? 0) !== 0);
  expect(irs.list.toSorted((a, b) => a - b)).toEqual(members);
  expect(irs.length.lo).toBe(members.length);
  if (!irs.hasId) return;
  const tables = ([LPI, SPI] as const).map((type) => [type, irs.tables.ist(type)] as const);
  for (const { id, cpu } of vm.vcpus) {
    const now = cpu?.interface.irsCandidate?.lo ?? 0;
    const best = bestByScan(tables, id).intid;
    // While IRICHPPIDIS is set, and before the vCPU was told of a change of IRSEN, it is sent none.
    if (now !== 0) expect([id, now]).toEqual([id, best]);
  }
}

describe('a vector that nobody has made', () => {
  it('has an arbitrary for every operation', () => {
    expect(Object.keys(STEPS).toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
  });

  it('takes a second address and one out of range, as the stand-in of the vectors does', () => {
    const made = setUp(profileByName('Q'), { op: 'setup', nspis: 32, ids: '0', pa: 2 });
    const life: Life = { ...made, effects: [], locks: [], ignored: false };
    const base = (val: string): unknown => OPERATIONS['base']?.(life, { op: 'base', val });
    expect([base('0x1000'), base('0x10000000'), base('0xffffffffffff0000'), base('0x1')]).toEqual([-22, 0, 0, -22]);
  });

  it.each([
    ['nspis', 1025],
    ['idbits', 25],
    ['minbits', -1],
    ['pribits', 0],
    ['pa', 8],
    ['maxvpes', 0xffff_ffff],
    ['vmid', '0x10000'],
  ])('is refused when its host cannot be: %s %s', (key, value) => {
    const step = { op: 'setup', nspis: 32, ids: '0', [key]: value };
    expect(() => setUp(profileByName('Q'), step)).toThrow(new RegExp(`^"${key}" must be \\d+ … \\d+, found`));
  });

  it.each(['H1', 'H3', 'Q'])('is answered step by step, whatever its arguments (%s)', (profile) => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(setup, fc.array(anyStep, { minLength: 10, maxLength: 60 }), (given, steps) => {
        const life: Life = {
          ...setUp(profileByName(profile), { op: 'setup', ...given }),
          effects: [],
          locks: [],
          ignored: false,
        };
        for (const each of [{ op: 'base', val: '0x10000000' }, { op: 'init' }, ...steps]) {
          const end = play(life, each);
          seen.set(end, (seen.get(end) ?? 0) + 1);
          if (end === 'deadlock') return;
          holdsTogether(life);
        }
        expect(Object.keys(sections(life.vm, life.irs, 0))).toHaveLength(9);
      }),
      { numRuns: 400 },
    );
    expect(seen.get('answered')).toBeGreaterThan(5000);
    // Only the first posting calls listeners under its locks.
    if (profile !== 'H1') expect(seen.get('deadlock')).toBeUndefined();
  });
});
