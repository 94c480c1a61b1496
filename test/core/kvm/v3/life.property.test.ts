/** Laws that every life of a GICv3 VM obeys, over random stimuli (kvm-vgic-v3 §2.4, gicv3-behaviour §3). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GROUP } from '../../../../core/kvm/uapi.ts';
import { digest } from '../../../../core/state/digest.ts';
import { D, instr, R, V3Lab } from '../../../conformance/v3-lab.ts';
import {
  isTakenBack,
  isWhatChangesSay,
  type Life,
  type Saved,
  staysLawful,
  survivesRestore,
} from '../../../support/vgic-life.ts';

const VCPUS = 2;
const S = R + 0x1_0000n;
const FRAME = 0x2_0000n;

type Stimulus =
  | { readonly do: 'spi'; readonly intid: number; readonly level: number }
  | { readonly do: 'ppi'; readonly vcpu: number; readonly intid: number; readonly level: number }
  | { readonly do: 'sgi'; readonly vcpu: number; readonly value: bigint }
  | { readonly do: 'dist'; readonly vcpu: number; readonly offset: number; readonly value: number }
  | {
      readonly do: 'redist';
      readonly vcpu: number;
      readonly frame: number;
      readonly offset: number;
      readonly value: number;
    }
  | { readonly do: 'route'; readonly vcpu: number; readonly intid: number; readonly value: number }
  | { readonly do: 'interface'; readonly vcpu: number; readonly register: string; readonly value: number }
  | { readonly do: 'enter' | 'exit' | 'take' | 'end' | 'reload'; readonly vcpu: number };

const vcpu = fc.nat(VCPUS - 1);
const spi = fc.integer({ min: 32, max: 47 });
const word = fc.oneof(fc.nat(0xffff), fc.integer({ min: 0, max: 0xffff_ffff }));
const stimulus: fc.Arbitrary<Stimulus> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('spi' as const), intid: spi, level: fc.nat(1) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('ppi' as const),
      vcpu,
      intid: fc.integer({ min: 16, max: 31 }),
      level: fc.nat(1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(vcpu, fc.nat(15), fc.integer({ min: 1, max: 3 }), fc.boolean())
      .map(([from, sgi, targets, all]) => ({
        do: 'sgi' as const,
        vcpu: from,
        value: (BigInt(sgi) << 24n) | BigInt(targets) | (all ? 1n << 40n : 0n),
      })),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('dist' as const),
      vcpu,
      offset: fc.constantFrom(0, 0x84, 0x104, 0x184, 0x204, 0x284, 0x304, 0x384, 0x420, 0x424, 0x428, 0xc08),
      value: word,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('redist' as const),
      vcpu,
      frame: vcpu,
      offset: fc.constantFrom(0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x404, 0x418),
      value: word,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('route' as const), vcpu, intid: spi, value: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('interface' as const),
      vcpu,
      register: fc.constantFrom('PMR', 'BPR0', 'BPR1', 'CTLR', 'IGRPEN0', 'IGRPEN1'),
      value: fc.nat(0xff),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constantFrom('enter', 'exit', 'take', 'take', 'end', 'reload' as const), vcpu }),
  },
);

interface Plan {
  readonly numLr: number;
  readonly stimuli: readonly Stimulus[];
}

const plan: fc.Arbitrary<Plan> = fc.record({
  numLr: fc.constantFrom(1, 2, 4),
  stimuli: fc.array(stimulus, { minLength: 1, maxLength: 60 }),
});

class V3Life implements Life<Stimulus> {
  readonly lab: V3Lab;
  /** Interrupts that each vCPU has acknowledged and not ended, the latest last. */
  readonly #held: number[][] = Array.from({ length: VCPUS }, () => []);
  readonly acknowledged: number[] = [];

  constructor(numLr: number) {
    this.lab = V3Lab.base({ vcpus: VCPUS, numLr });
  }

  perform(s: Stimulus): void {
    const { lab } = this;
    switch (s.do) {
      case 'spi':
        return lab.spi(s.intid, s.level);
      case 'ppi':
        return lab.ppi(s.intid, s.level, s.vcpu);
      case 'dist':
        return lab.w(s.vcpu, D + BigInt(s.offset), s.value);
      case 'redist':
        return lab.w(s.vcpu, S + BigInt(s.frame) * FRAME + BigInt(s.offset), s.value);
      case 'route':
        return lab.w(s.vcpu, D + 0x6000n + 8n * BigInt(s.intid), s.value);
      case 'enter':
        return lab.goIn(s.vcpu);
      case 'exit':
        return lab.goOut(s.vcpu);
      case 'reload':
        if (lab.at(s.vcpu).vcpu.inGuest) return;
        lab.at(s.vcpu).vcpu.put();
        return lab.load(s.vcpu);
      case 'sgi':
      case 'interface':
      case 'take':
      case 'end':
        return this.#inGuest(s);
    }
  }

  #inGuest(s: Extract<Stimulus, { do: 'sgi' | 'interface' | 'take' | 'end' | 'enter' | 'exit' | 'reload' }>): void {
    const { lab } = this;
    lab.goIn(s.vcpu);
    const held = this.#held[s.vcpu] ?? [];
    if (s.do === 'sgi') lab.write('SGI1R', s.value, s.vcpu);
    else if (s.do === 'interface') lab.write(s.register, s.value, s.vcpu);
    else if (s.do === 'take') {
      const intid = lab.iar(s.vcpu);
      if (intid === 1023) return;
      held.push(intid);
      this.acknowledged.push(intid);
    } else {
      const intid = held.pop();
      if (intid !== undefined) lab.eoi(intid, s.vcpu);
    }
  }
}

/** In the order of a restore that works (kvm-vgic-v3 §16). */
function savedRegisters(lab: V3Lab): Saved[] {
  const frame = (group: number, vcpu: number, base: number, first: number, count: number): Saved[] => {
    const at = (offset: number): bigint => lab.named(vcpu, base + offset);
    const words = (offset: number, bits: number): Saved[] =>
      Array.from({ length: (count * bits) / 32 }, (_, n) => ({ group, attr: at(offset + (first * bits) / 8 + 4 * n) }));
    const cleared = (offset: number): Saved[] => words(offset, 1).map((one) => ({ ...one, clears: one.attr + 0x80n }));
    return [
      ...words(0x80, 1),
      ...cleared(0x100),
      ...(group === GROUP.DIST_REGS ? words(0xc00, 2) : []),
      ...words(0x400, 8),
      ...(group === GROUP.DIST_REGS ? words(0x6000, 64) : []),
      ...cleared(0x300),
      ...words(0x200, 1),
      { group: GROUP.LEVEL_INFO, attr: lab.named(vcpu, first) },
    ];
  };
  const names = ['CTLR', 'PMR', 'BPR0', 'BPR1', 'AP0R0', 'AP1R0', 'IGRPEN0', 'IGRPEN1'];
  return [
    { group: GROUP.DIST_REGS, attr: lab.named(0, 0) },
    ...frame(GROUP.DIST_REGS, 0, 0, 32, 32),
    ...Array.from({ length: VCPUS }, (_, vcpu) => frame(GROUP.REDIST_REGS, vcpu, 0x1_0000, 0, 32)).flat(),
    ...Array.from({ length: VCPUS }, (_, vcpu) =>
      names.map((name) => ({ group: GROUP.CPU_SYSREGS, attr: lab.named(vcpu, instr(name)) })),
    ).flat(),
  ];
}

describe('a GICv3 VM’s life', () => {
  it('is taken back and repeated by the journal, to any moment', () => {
    fc.assert(
      fc.property(plan, fc.double({ min: 0, max: 1, noNaN: true }), ({ numLr, stimuli }, where) =>
        isTakenBack(new V3Life(numLr), stimuli, where),
      ),
      { numRuns: 1500 },
    );
  });

  it('runs alike a second time', () => {
    fc.assert(
      fc.property(plan, ({ numLr, stimuli }) => {
        const digests = [0, 1].map(() => {
          const life = new V3Life(numLr);
          for (const s of stimuli) life.perform(s);
          return digest(life.lab.host.journal.state);
        });
        expect(digests[0]).toBe(digests[1]);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps each interrupt on one list, and list registers in agreement with lists', () => {
    fc.assert(
      fc.property(plan, ({ numLr, stimuli }) => staysLawful(new V3Life(numLr), stimuli)),
      { numRuns: 3000 },
    );
  });

  it('delivers every edge at least once and never more often than it came', () => {
    const edges = fc.array(spi, { minLength: 1, maxLength: 40 });
    const moves = fc.array(fc.tuple(vcpu, fc.constantFrom('again', 'take', 'route' as const), spi), { maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(1, 2, 4), edges, moves, (numLr, raised, between) => {
        const life = new V3Life(numLr);
        const { lab } = life;
        const steps = Math.max(raised.length, between.length);
        const service = (index: number): void => {
          lab.goIn(index);
          const intid = lab.iar(index);
          if (intid === 1023) return;
          life.acknowledged.push(intid);
          lab.eoi(intid, index);
        };
        for (let n = 0; n < steps; n++) {
          const edge = raised[n];
          if (edge !== undefined) lab.spi(edge);
          const move = between[n];
          if (move?.[1] === 'again') lab.again(move[0]);
          if (move?.[1] === 'take') service(move[0]);
          if (move?.[1] === 'route') lab.w(move[0], D + 0x6000n + 8n * BigInt(move[2]), move[0]);
        }
        // Until nothing is left: every exit prunes, every entry loads.
        for (let round = 0; round < 80; round++)
          for (let index = 0; index < VCPUS; index++) {
            lab.again(index);
            service(index);
          }
        for (const intid of new Set(raised)) {
          const taken = life.acknowledged.filter((each) => each === intid).length;
          const came = raised.filter((each) => each === intid).length;
          expect(taken).toBeGreaterThanOrEqual(1);
          expect(taken).toBeLessThanOrEqual(came);
        }
        expect([lab.list(0), lab.list(1)]).toEqual([[], []]);
      }),
      { numRuns: 2500 },
    );
  });

  it('is what the recorded changes reduce to, at every event', () => {
    fc.assert(
      fc.property(plan, ({ numLr, stimuli }) => isWhatChangesSay(new V3Life(numLr), stimuli)),
      { numRuns: 1000 },
    );
  });

  it('is the same after userspace saved it and restored it elsewhere', () => {
    fc.assert(
      fc.property(plan, ({ numLr, stimuli }) => {
        const life = new V3Life(numLr);
        for (const s of stimuli) life.perform(s);
        const target = V3Lab.base({ vcpus: VCPUS, numLr });
        survivesRestore(life.lab, target, savedRegisters(target));
      }),
      { numRuns: 1500 },
    );
  });
});
