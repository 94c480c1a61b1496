import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartialApr } from '../../../../../core/import/qemu/observe/partial-apr.ts';

/** All registers of a few bits that agree with what is known: the definition that the partial one must follow. */
class AllConsistent {
  registers: Set<number>;

  constructor(bits: number) {
    this.registers = new Set(Array.from({ length: 2 ** bits }, (_, value) => value));
  }

  acknowledge(priority: number): void {
    const below = [...this.registers].filter((value) => running(value) > priority);
    this.registers = new Set(below.map((value) => value | (1 << priority)));
  }

  drop(): void {
    this.registers = new Set([...this.registers].map((value) => value & (value - 1)));
  }

  get known(): number | undefined {
    const [only, ...others] = this.registers;
    return others.length === 0 ? only : undefined;
  }

  get running(): number | undefined {
    const [first, ...others] = new Set([...this.registers].map(running));
    return others.length === 0 ? first : undefined;
  }
}

function running(value: number): number {
  return value === 0 ? 255 : 31 - Math.clz32(value & -value);
}

const BITS = 5;
const operation = fc.oneof(
  fc.record({ do: fc.constant('acknowledge' as const), priority: fc.nat(BITS - 1) }),
  fc.record({ do: fc.constant('drop' as const), priority: fc.constant(0) }),
);

describe('active priorities known in part', () => {
  it('are wholly known after an acknowledge of the lowest priority, and empty after its drop', () => {
    const apr = new PartialApr();
    expect(apr.running).toBeUndefined();
    apr.acknowledge(31);
    expect([apr.isKnown, apr.value, apr.running]).toEqual([true, 0x8000_0000, 31]);
    apr.drop();
    expect([apr.isKnown, apr.value, apr.running]).toEqual([true, 0, 255]);
  });

  it('know the running priority before they know the rest', () => {
    const apr = new PartialApr();
    apr.acknowledge(4);
    expect([apr.isKnown, apr.running]).toEqual([false, 4]);
    apr.drop();
    expect(apr.running).toBeUndefined();
  });

  it('never claim more than all consistent registers have in common', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 12 }), (operations) => {
        const apr = new PartialApr();
        // Bits above the few that the model has are clear.
        apr.known = (-1 << BITS) >>> 0;
        const model = new AllConsistent(BITS);
        for (const { do: what, priority } of operations) {
          if (what === 'drop') {
            apr.drop();
            model.drop();
          } else {
            // An acknowledge that no consistent register allows cannot happen.
            if (![...model.registers].some((value) => running(value) > priority)) continue;
            apr.acknowledge(priority);
            model.acknowledge(priority);
          }
          for (const value of model.registers) expect(value & apr.known & (2 ** BITS - 1)).toBe(apr.value);
          if (apr.running !== undefined) expect(model.running).toBe(apr.running);
          if (apr.isKnown) expect(model.known).toBe(apr.value);
        }
      }),
    );
  });

  it('are complete where the whole register was read', () => {
    const apr = new PartialApr();
    apr.set(0x8000_0100);
    apr.drop();
    expect([apr.isKnown, apr.value]).toEqual([true, 0x8000_0000]);
  });
});
