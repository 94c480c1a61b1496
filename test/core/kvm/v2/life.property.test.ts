/** Laws that every life of a GICv2 VM obeys, over random stimuli (kvm-vgic-v3 §2.4, gicv3-behaviour §13). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GROUP } from '../../../../core/kvm/uapi.ts';
import { D, V3Lab } from '../../../conformance/v3-lab.ts';
import {
  isTakenBack,
  isWhatChangesSay,
  type Life,
  type Saved,
  staysLawful,
  survivesRestore,
} from '../../../support/vgic-life.ts';

const VCPUS = 2;
const SPURIOUS = 1023;
const SGIR = 0xf00n;

type Stimulus =
  | { readonly do: 'spi'; readonly intid: number; readonly level: number }
  | { readonly do: 'ppi'; readonly vcpu: number; readonly intid: number; readonly level: number }
  | { readonly do: 'dist'; readonly vcpu: number; readonly offset: number; readonly value: number }
  | { readonly do: 'sgi'; readonly vcpu: number; readonly value: number }
  | { readonly do: 'enter' | 'exit' | 'take' | 'end'; readonly vcpu: number };

const vcpu = fc.nat(VCPUS - 1);
const level = fc.nat(1);
const word = fc.oneof(fc.nat(0xffff), fc.integer({ min: 0, max: 0xffff_ffff }));
const OFFSETS = [0, 0x100, 0x104, 0x184, 0x200, 0x204, 0x284, 0x304, 0x384, 0x400, 0x418, 0x420, 0x424, 0x820, 0xc08];
const stimulus: fc.Arbitrary<Stimulus> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('spi' as const), intid: fc.integer({ min: 32, max: 47 }), level }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('ppi' as const), vcpu, intid: fc.integer({ min: 16, max: 31 }), level }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('dist' as const), vcpu, offset: fc.constantFrom(...OFFSETS), value: word }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(vcpu, fc.nat(3), fc.nat(2), fc.integer({ min: 1, max: 3 }))
      .map(([from, sgi, filter, list]) => ({
        do: 'sgi' as const,
        vcpu: from,
        value: (filter << 24) | (list << 16) | sgi,
      })),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constantFrom('enter', 'exit', 'take', 'take', 'end'), vcpu }) },
);
const stimuli = fc.array(stimulus, { minLength: 1, maxLength: 50 });

class V2Life implements Life<Stimulus> {
  readonly lab = V3Lab.v2(VCPUS);
  /** What each vCPU has acknowledged and not ended, with the sender; the latest last. */
  readonly #held: number[][] = Array.from({ length: VCPUS }, () => []);

  perform(s: Stimulus): void {
    const { lab } = this;
    switch (s.do) {
      case 'spi':
        return lab.spi(s.intid, s.level);
      case 'ppi':
        return lab.ppi(s.intid, s.level, s.vcpu);
      case 'dist':
        return lab.w(s.vcpu, D + BigInt(s.offset), s.value);
      case 'sgi':
        return lab.w(s.vcpu, D + SGIR, s.value);
      case 'enter':
        return lab.goIn(s.vcpu);
      case 'exit':
        return lab.goOut(s.vcpu);
      case 'take':
        this.take(s.vcpu);
        return;
      case 'end':
        return this.end(s.vcpu);
    }
  }

  /** GICC_IAR: what it returns, with the sender of an SGI in bits 12:10. */
  take(index: number): number {
    this.lab.goIn(index);
    const answer = this.lab.at(index).hardware.acknowledge(0);
    if (answer !== SPURIOUS) this.#held[index]?.push(answer);
    return answer;
  }

  /** GICC_EOIR of the latest. */
  end(index: number): void {
    const answer = this.#held[index]?.pop();
    if (answer === undefined) return;
    this.lab.goIn(index);
    this.lab.at(index).hardware.endOfInterrupt(0, answer);
  }
}

/** In the order of a restore that works (kvm-vgic-v3 §16); SGIs by their senders. */
function savedRegisters(): Saved[] {
  const dist = (vcpu: number, offset: number, clears?: number): Saved => {
    const at = (o: number): bigint => (BigInt(vcpu) << 32n) | BigInt(o);
    return {
      group: GROUP.DIST_REGS,
      attr: at(offset),
      ...(clears === undefined ? {} : { clears: at(clears) }),
    };
  };
  const words = (vcpu: number, offset: number, count: number): Saved[] =>
    Array.from({ length: count }, (_, n) => dist(vcpu, offset + 4 * n));
  const own = (vcpu: number): Saved[] => [
    dist(vcpu, 0x100, 0x180),
    ...words(vcpu, 0x400, 8),
    dist(vcpu, 0x300, 0x380),
    ...words(vcpu, 0xf20, 4),
    ...[0, 4, 8, 0x1c, 0xd0].map((offset) => ({
      group: GROUP.CPU_REGS,
      attr: (BigInt(vcpu) << 32n) | BigInt(offset),
    })),
  ];
  return [
    dist(0, 0),
    dist(0, 0x104, 0x184),
    ...words(0, 0xc08, 2),
    ...words(0, 0x820, 8),
    ...words(0, 0x420, 8),
    dist(0, 0x304, 0x384),
    dist(0, 0x204, 0x284),
    ...own(0),
    ...own(1),
  ];
}

describe('a GICv2 VM’s life', () => {
  it('is taken back and repeated by the journal, to any moment', () => {
    fc.assert(
      fc.property(stimuli, fc.double({ min: 0, max: 1, noNaN: true }), (plan, where) =>
        isTakenBack(new V2Life(), plan, where),
      ),
      { numRuns: 1000 },
    );
  });

  it('is what the recorded changes reduce to, at every event', () => {
    fc.assert(
      fc.property(stimuli, (plan) => isWhatChangesSay(new V2Life(), plan)),
      { numRuns: 500 },
    );
  });

  it('keeps each interrupt on one list wherever its target mask leads, and list registers in agreement', () => {
    fc.assert(
      fc.property(stimuli, (plan) => staysLawful(new V2Life(), plan)),
      { numRuns: 1500 },
    );
  });

  it('delivers each sender’s SGI at least once, never more often than it was sent, under the sender’s number', () => {
    const sends = fc.array(fc.tuple(vcpu, fc.nat(3), fc.constantFrom('send', 'take' as const)), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(sends, (plan) => {
        const life = new V2Life();
        const { lab } = life;
        const sent: number[] = [];
        const taken: number[] = [];
        const service = (): boolean => {
          const answer = life.take(0);
          if (answer === SPURIOUS) return false;
          taken.push(answer);
          life.end(0);
          return true;
        };
        for (const [from, sgi, what] of plan) {
          if (what === 'take') service();
          else {
            // To vCPU 0 alone.
            lab.w(from, D + SGIR, (1 << 16) | sgi);
            sent.push((from << 10) | sgi);
          }
        }
        // Until nothing is left: every exit folds, every entry loads the next sender.
        for (let round = 0; round < 40; round++) {
          lab.again(0);
          while (service());
        }
        const count = (list: readonly number[], one: number): number => list.filter((each) => each === one).length;
        for (const one of new Set([...sent, ...taken])) {
          expect(count(taken, one)).toBeGreaterThanOrEqual(1);
          expect(count(taken, one)).toBeLessThanOrEqual(count(sent, one));
        }
        expect(lab.list(0)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('is the same after userspace saved it and restored it elsewhere', () => {
    fc.assert(
      fc.property(stimuli, (plan) => {
        const life = new V2Life();
        for (const s of plan) life.perform(s);
        survivesRestore(life.lab, V3Lab.v2(VCPUS), savedRegisters());
      }),
      { numRuns: 500 },
    );
  });
});
