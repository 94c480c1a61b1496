/** Scenarios S21 … S24 of gicv5-scenarios: KVM_IRQ_LINE. */
import { describe, expect, it } from 'vitest';
import { EBUSY, EFAULT, EINVAL, ENXIO } from '../../core/kvm/errno.ts';
import { decodeIrqLine, encodeIrqLine } from '../../core/kvm/uapi.ts';
import { H5, Lab, SW_LINE, v1 } from './v5-lab.ts';

function withoutIrqchip(): Lab {
  const lab = new Lab(H5);
  lab.addVcpu(0);
  return lab;
}

function uninitialised(): Lab {
  const lab = withoutIrqchip();
  expect(lab.createV5()).toBe(0);
  return lab;
}

const one = (make: () => Lab, irq: number): number => make().irqLine(irq, 1);

describe('KVM_IRQ_LINE', () => {
  it('[V5-021] refuses everything but SW_PPI', () => {
    expect(one(withoutIrqchip, SW_LINE)).toBe(-ENXIO);
    for (const irq of [SW_LINE, 0x0200_0040, 0x0201_0003]) expect(one(uninitialised, irq)).toBe(-EBUSY);
    for (const make of [withoutIrqchip, uninitialised, v1]) expect(one(make, 0x0300_0003)).toBe(-EINVAL);
    expect(one(withoutIrqchip, 0x0100_0020)).toBe(-ENXIO);
    expect(one(uninitialised, 0x0100_0020)).toBe(-EBUSY);
    expect(one(v1, 0x0100_0020)).toBe(-EINVAL);
    expect(one(v1, 0)).toBe(-ENXIO);
    for (const number of [0, 4, 0x17, 0x1a, 0x1b, 0x1e, 0x40, 0x7f, 0xffff])
      expect(one(v1, 0x0200_0000 + number), `PPI ${number}`).toBe(-EINVAL);
    expect(one(v1, 0x0201_0003)).toBe(-EINVAL);
    expect(one(v1, 0x1200_0003)).toBe(-EINVAL);
    expect(v1().vm.irqLine(undefined)).toBe(-EFAULT);
    expect(one(v1, SW_LINE)).toBe(0);
  });

  it('[V5-022] ignores level 0 of an edge', () => {
    const lab = v1();
    lab.take();
    expect(lab.irqLine(SW_LINE, 0)).toBe(0);
    expect(lab.take('irq.inject', 'vcpu.kick')).toMatchObject([{ accepted: false, reason: 'edgeLow' }]);
    expect(lab.gic().ppis.pendingLatch.value).toBe(0n);
    expect(lab.irqLine(SW_LINE, 1)).toBe(0);
    expect(lab.kinds('vcpu.kick')).toEqual(['vcpu.kick']);
    expect(lab.gic().ppis.pendingLatch.value).toBe(8n);
    expect(lab.irqLine(SW_LINE, 0)).toBe(0);
    expect(lab.gic().ppis.pendingLatch.value).toBe(8n);
  });

  it('[V5-023] takes any level but 0 as 1', () => {
    const lab = v1();
    expect(lab.irqLine(SW_LINE, 0xffff_ffff)).toBe(0);
    expect(lab.gic().ppis.pendingLatch.value).toBe(8n);
  });

  it('[V5-024] reaches vCPU ids above 255', () => {
    const lab = new Lab(H5);
    lab.addVcpu(0);
    lab.addVcpu(300);
    expect(lab.createV5()).toBe(0);
    expect(lab.init()).toBe(0);
    expect(lab.irqLine(0x122c_0003, 1)).toBe(0);
    expect([lab.gic(0).ppis.pendingLatch.value, lab.gic(1).ppis.pendingLatch.value]).toEqual([0n, 8n]);
    expect(lab.irqLine(0x022c_0003, 1)).toBe(-EINVAL);
    expect(decodeIrqLine(0x122c_0003)).toEqual({ type: 2, vcpu: 300, number: 3 });
    expect(encodeIrqLine({ type: 2, vcpu: 300, number: 3 })).toBe(0x122c_0003);
  });
});
