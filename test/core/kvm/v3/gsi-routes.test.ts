/** Routes of GSIs: when there are any, and who is told of a pin (kvm-vgic-v3 §3.3, §15.2, §15.3). */
import { describe, expect, it } from 'vitest';
import { EBUSY, ENODEV, EPERM } from '../../../../core/kvm/errno.ts';
import { DEVICE_VGIC_V2, DEVICE_VGIC_V3, GROUP } from '../../../../core/kvm/uapi.ts';
import { D, V3Lab } from '../../../conformance/v3-lab.ts';

const signal = (lab: V3Lab, gsi: number, level = true): number | undefined => lab.vm.gic?.gsis?.signal(gsi, level);

/** A VM of 64 interrupts whose GIC was not initialised. */
function early(type: number): V3Lab {
  const lab = new V3Lab();
  expect(lab.addVcpu(0)).toBe(0);
  expect(lab.vm.createDevice(type)).toBe(0);
  expect(lab.attr('set', GROUP.NR_IRQS, 0n, 64n).ret).toBe(0);
  return lab;
}

describe('routes of GSIs', () => {
  it('are none before initialisation, which makes one for each SPI', () => {
    for (const type of [DEVICE_VGIC_V3, DEVICE_VGIC_V2]) {
      const lab = early(type);
      expect([signal(lab, 8), lab.vm.initialized.flag]).toEqual([-EPERM, false]);
      expect(lab.init()).toBe(0);
      expect([signal(lab, 8), lab.irq(40).latch, signal(lab, 32)]).toEqual([0, true, -EPERM]);
    }
  });

  it('that userspace gives before lead to a GIC that is not there yet, and are replaced when it is', () => {
    const lab = early(DEVICE_VGIC_V3);
    expect(lab.vm.setGsiRouting([{ gsi: 3, to: { irqchip: 0, pin: 8 } }])).toBe(0);
    expect(signal(lab, 3)).toBe(-EBUSY);
    expect(lab.init()).toBe(0);
    expect([signal(lab, 3), lab.irq(35).latch, lab.irq(40).latch]).toEqual([0, true, false]);
  });

  it('to messages need an ITS before they need a level', () => {
    const lab = V3Lab.base();
    const msi = { address: 0x808_0040n, data: 0, flags: 1, device: 0 };
    expect(lab.vm.setGsiRouting([{ gsi: 3, to: { msi } }])).toBe(0);
    expect([signal(lab, 3, true), signal(lab, 3, false)]).toEqual([-ENODEV, -ENODEV]);
  });

  it('of several GSIs to a pin have the last one told of an acknowledge', () => {
    const lab = V3Lab.base();
    lab.w(0, D + 0xc08n, 0xaaaa_aaa2);
    const to = { irqchip: 0, pin: 1 };
    expect(
      lab.vm.setGsiRouting([
        { gsi: 5, to },
        { gsi: 4, to },
      ]),
    ).toBe(0);
    for (const gsi of [4, 5]) lab.vm.gic?.gsis?.addResampler(gsi);
    expect(signal(lab, 4)).toBe(0);
    lab.enter(0);
    expect(lab.iar()).toBe(33);
    lab.again();
    lab.write('EOIR1', 33);
    lab.exit(0);
    const told = lab.take('resample.signal').map((event) => event.kind === 'resample.signal' && event.gsi);
    expect(told).toEqual([4]);
  });
});
