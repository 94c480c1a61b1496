/** The GICv3 virtual CPU interface by itself (gicv3-behaviour §5, §6, §12), and laws over random operations. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CpuInterfaceV3 } from '../../../../core/gic/v3/cpu-interface.ts';
import { LR_ACTIVE, LR_GROUP, LR_HW, LR_PENDING, LR_STATE } from '../../../../core/gic/v3/list-register.ts';
import { HCR } from '../../../../core/gic/v3/vmcr.ts';
import { Journal } from '../../../../core/state/journal.ts';
import { Layout } from '../../../../core/state/layout.ts';

function open(bits = 5, listRegisters = 4): { readonly cpu: CpuInterfaceV3; readonly deactivated: number[] } {
  const deactivated: number[] = [];
  const cpu = new CpuInterfaceV3(
    new Journal(new Layout()),
    'pcpu0.',
    { listRegisters, priorityBits: bits, preemptionBits: Math.min(bits, 7) },
    { deactivatePhysical: (pintid) => deactivated.push(pintid) },
  );
  cpu.hcr.set(HCR.EN);
  cpu.pmr = 0xff;
  cpu.enableGroup(1, true);
  return { cpu, deactivated };
}

function load(
  cpu: CpuInterfaceV3,
  index: number,
  intid: number,
  priority: number,
  state = LR_PENDING | LR_GROUP,
): void {
  cpu.lr[index]?.set(intid, (state | (priority << 16)) >>> 0);
}

describe('the GICv3 CPU interface', () => {
  it.each([
    [5, 2, 3, 0xf8],
    [6, 1, 2, 0xfc],
    [7, 0, 1, 0xfe],
    [8, 0, 1, 0xff],
  ])('with %i priority bits has minimum binary points %i and %i and mask %i', (bits, bpr0, bpr1, mask) => {
    const { cpu } = open(bits);
    cpu.bpr0 = 0;
    cpu.bpr1 = 0;
    expect([cpu.bpr0, cpu.bpr1, cpu.pmr]).toEqual([bpr0, bpr1, mask]);
  });

  it('tells the implementation in the control register', () => {
    expect(open(5).cpu.control).toBe(0x400);
    const { cpu } = open(7);
    cpu.control = 0xffff_ffff;
    expect(cpu.control).toBe(0x603);
  });

  it('takes the lowest list register among equals, and never priority 0xFF', () => {
    const { cpu } = open(8);
    load(cpu, 0, 40, 0xff);
    load(cpu, 1, 41, 0x80);
    load(cpu, 2, 42, 0x80);
    expect([cpu.highestPending(1), cpu.acknowledge(1), cpu.highestPending(1)]).toEqual([41, 41, 42]);
  });

  it('forwards the end of a mapped interrupt to the physical one', () => {
    const { cpu, deactivated } = open();
    cpu.lr[0]?.set(27, (LR_PENDING | LR_GROUP | LR_HW | (0x80 << 16) | 27) >>> 0);
    expect(cpu.acknowledge(1)).toBe(27);
    cpu.endOfInterrupt(1, 27);
    expect([deactivated, (cpu.lr[0]?.hi ?? 0) & LR_STATE, cpu.elrsr]).toEqual([[27], 0, 0xf]);
  });

  it('hands a bogus special INTID over once, without activating it', () => {
    const { cpu } = open();
    load(cpu, 0, 1021, 0x10);
    expect([cpu.acknowledge(1), cpu.runningPriority, cpu.acknowledge(1)]).toEqual([1021, 0xff, 1023]);
  });

  it('counts ends of interrupts that it does not hold, modulo 32, and asks for maintenance', () => {
    const { cpu } = open();
    cpu.hcr.set(HCR.EN | HCR.LRENPIE);
    for (let n = 0; n < 33; n++) {
      cpu.setActivePriority(1, 0, 1);
      cpu.endOfInterrupt(1, 99);
    }
    expect([cpu.hcr.lo >>> 27, cpu.maintenance, cpu.misr]).toEqual([1, true, 4]);
  });

  it('signals nothing while it is disabled', () => {
    const { cpu } = open();
    load(cpu, 0, 32, 0x10);
    expect(cpu.signal).toBe('irq');
    cpu.hcr.set(0);
    expect(cpu.signal).toBe('none');
  });

  it('nests and unwinds: ends in reverse order leave no active priority and no valid list register', () => {
    const loads = fc.array(fc.record({ priority: fc.integer({ min: 0, max: 30 }), group: fc.nat(1) }), {
      minLength: 1,
      maxLength: 16,
    });
    fc.assert(
      fc.property(loads, fc.constantFrom(5, 6, 7), (list, bits) => {
        const { cpu } = open(bits, 16);
        cpu.enableGroup(0, true);
        const taken: [0 | 1, number][] = [];
        let running = 0xff;
        for (const [index, { priority, group }] of list.entries()) {
          load(cpu, index, 32 + index, priority * 8, LR_PENDING | (group === 1 ? LR_GROUP : 0));
          const signal = cpu.signal;
          const one = cpu.acknowledge(1);
          const zero = one === 1023 ? cpu.acknowledge(0) : 1023;
          // What is signalled can be acknowledged, and nothing else can.
          expect(signal).toBe(one !== 1023 ? 'irq' : zero !== 1023 ? 'fiq' : 'none');
          if (signal === 'none') continue;
          taken.push(one !== 1023 ? [1, one] : [0, zero]);
          expect(cpu.runningPriority).toBeLessThan(running);
          running = cpu.runningPriority;
        }
        expect(cpu.lr.filter((cell) => cell.hi >= LR_ACTIVE)).toHaveLength(taken.length);
        for (const [group, intid] of taken.reverse()) cpu.endOfInterrupt(group, intid);
        expect([cpu.runningPriority, cpu.hcr.lo >>> 27]).toEqual([0xff, 0]);
        expect(cpu.lr.filter((cell) => cell.hi >= LR_ACTIVE)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
