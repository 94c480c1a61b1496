/**
 * EOImode 1: the priority drop on the vCPU that acknowledged, the deactivation by any vCPU in any order, through the list
 * register or by a trap (kvm-vgic-v3 §8.3, §8.4). Whatever came, everything drains.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HCR } from '../../../../core/gic/v3/vmcr.ts';
import { D, V3Lab } from '../../../conformance/v3-lab.ts';
import { violation } from '../../../support/vgic-laws.ts';

const VCPUS = 3;
const SPURIOUS = 1023;
const SPLIT_EOI = 2;
const EDGES = { first: 32, count: 16 };
const LEVELS = { first: 48, count: 16 };
const ROUNDS = 60;

const what = fc.constantFrom('edge', 'edge', 'level', 'sgi', 'take', 'take', 'drop', 'end', 'again', 'out', 'route');
const stimulus = fc.record({ what, vcpu: fc.nat(VCPUS - 1), number: fc.nat(15), other: fc.nat(7) });
type Stimulus = typeof stimulus extends fc.Arbitrary<infer S> ? S : never;

class SplitLife {
  readonly lab: V3Lab;
  readonly raised = new Map<number, number>();
  readonly taken = new Map<number, number>();
  /** By vCPU: acknowledged and not dropped, the latest last. */
  readonly #running: number[][] = Array.from({ length: VCPUS }, () => []);
  /** Acknowledged and not deactivated. */
  readonly #active: { readonly intid: number; readonly vcpu: number }[] = [];
  readonly #high = new Set<number>();

  constructor(numLr: number, trapsDir: boolean) {
    this.lab = V3Lab.base({ vcpus: VCPUS, numLr, facts: { v3TrapsDir: trapsDir } });
    // SPIs 48 … 63 are level-triggered.
    this.lab.w(0, D + 0xc0cn, 0);
    for (let vcpu = 0; vcpu < VCPUS; vcpu++) {
      this.lab.goIn(vcpu);
      this.lab.write('CTLR', SPLIT_EOI, vcpu);
    }
  }

  perform({ what: action, vcpu, number, other }: Stimulus): void {
    const { lab } = this;
    switch (action) {
      case 'edge':
        this.raised.set(EDGES.first + number, (this.raised.get(EDGES.first + number) ?? 0) + 1);
        return lab.spi(EDGES.first + number);
      case 'level':
        this.#high.add(LEVELS.first + number);
        return lab.spi(LEVELS.first + number);
      case 'sgi':
        lab.goIn(vcpu);
        lab.write('SGI1R', (BigInt(number) << 24n) | BigInt(other), vcpu);
        return;
      case 'take':
        return this.take(vcpu);
      case 'drop':
        return this.#drop(vcpu);
      case 'end':
        return this.#end(number, vcpu);
      case 'again':
        return lab.again(vcpu);
      case 'out':
        return lab.goOut(vcpu);
      case 'route':
        return lab.w(vcpu, D + 0x6000n + 8n * BigInt(EDGES.first + 2 * number), other % VCPUS);
    }
  }

  take(vcpu: number): void {
    const { lab } = this;
    lab.goIn(vcpu);
    const intid = lab.iar(vcpu);
    if (intid === SPURIOUS) return;
    this.taken.set(intid, (this.taken.get(intid) ?? 0) + 1);
    this.#running[vcpu]?.push(intid);
    this.#active.push({ intid, vcpu });
    // The handler silences its device.
    if (this.#high.delete(intid)) lab.spi(intid, 0);
  }

  #drop(vcpu: number): void {
    const intid = this.#running[vcpu]?.pop();
    if (intid === undefined) return;
    this.lab.goIn(vcpu);
    this.lab.eoi(intid, vcpu);
  }

  /** Deactivates one of the active ones, an SPI from any vCPU. */
  #end(number: number, from: number): void {
    const [ended] = this.#active.splice(number % Math.max(1, this.#active.length), 1);
    if (ended === undefined) return;
    const { intid, vcpu: owner } = ended;
    while (this.#running[owner]?.includes(intid) === true) this.#drop(owner);
    const vcpu = intid >= EDGES.first && this.#traps(from) ? from : owner;
    this.lab.goIn(vcpu);
    this.lab.write('DIR', intid, vcpu);
  }

  /**
   * Does DIR trap on this vCPU once it has followed its kick (§5.2)? While it does not, a level SPI was counted down too
   * often (quirk 21), and the deactivation of another vCPU's SPI would be lost.
   */
  #traps(vcpu: number): boolean {
    this.lab.again(vcpu);
    return (this.lab.hcr(vcpu) & HCR.TDIR) !== 0;
  }

  /** Everybody takes, drops and ends until nothing comes any more. */
  drain(): void {
    for (let round = 0; round < ROUNDS; round++) {
      const before = [...this.taken.values()].reduce((sum, count) => sum + count, 0);
      for (let vcpu = 0; vcpu < VCPUS; vcpu++) {
        this.lab.again(vcpu);
        this.take(vcpu);
        while ((this.#running[vcpu]?.length ?? 0) > 0) this.#drop(vcpu);
      }
      while (this.#active.length > 0) this.#end(0, round % VCPUS);
      if (round > 1 && [...this.taken.values()].reduce((sum, count) => sum + count, 0) === before) break;
    }
    for (let vcpu = 0; vcpu < VCPUS; vcpu++) this.lab.again(vcpu);
    for (let vcpu = 0; vcpu < VCPUS; vcpu++) this.lab.goOut(vcpu);
  }
}

describe('a GICv3 VM whose guest drops priorities and deactivates apart', () => {
  it('stays lawful and drains, whoever deactivates and in whatever order', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 4, 16),
        fc.boolean(),
        fc.array(stimulus, { minLength: 10, maxLength: 90 }),
        (numLr, trapsDir, stimuli) => {
          const life = new SplitLife(numLr, trapsDir);
          const { lab } = life;
          for (const each of stimuli) {
            life.perform(each);
            expect(violation(lab)).toBeUndefined();
          }
          life.drain();
          expect(violation(lab)).toBeUndefined();
          expect(Array.from({ length: VCPUS }, (_, vcpu) => lab.list(vcpu))).toEqual([[], [], []]);
          for (const [intid, count] of life.raised) {
            const taken = life.taken.get(intid) ?? 0;
            expect([intid, taken >= 1 && taken <= count]).toEqual([intid, true]);
          }
        },
      ),
      { numRuns: 250 },
    );
  });
});
