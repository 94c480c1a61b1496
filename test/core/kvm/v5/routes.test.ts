/** Where eventfds of a vGICv5 lead (kvm-vgic-v5-spi §7.2). */
import { describe, expect, it } from 'vitest';
import { EBUSY, EINVAL, ENODEV, EPERM } from '../../../../core/kvm/errno.ts';
import { type GsiRoute } from '../../../../core/kvm/gic-model.ts';
import { ready, SpiLab } from '../../../conformance/v5-spi-lab.ts';

const toPin = (gsi: number, pin: number, irqchip = 0): GsiRoute => ({ gsi, to: { irqchip, pin } });
const toMessage = (gsi: number, flags = 1): GsiRoute => ({
  gsi,
  to: { msi: { address: 0x2000_0000n, data: 0, flags, device: 0 } },
});

describe('a table of routes', () => {
  it('names pins of the VM’s SPIs in the first posting, and 1024 later', () => {
    const results = (profile: string): number[] => {
      const { vm } = new SpiLab(profile, { until: 'initialised' });
      return [31, 32, 1023, 1024].map((pin) => vm.setGsiRouting([toPin(0, pin)]));
    };
    expect(results('H1')).toEqual([0, -EINVAL, -EINVAL, -EINVAL]);
    for (const profile of ['H3', 'Q']) expect(results(profile)).toEqual([0, 0, 0, -EINVAL]);
  });

  it('is refused whole for one wrong route, and the one before it stays', () => {
    const { lab } = ready('Q');
    const wrong = [toPin(5, 0, 1), toMessage(5, 2), toPin(4096, 0), toPin(4, 6)];
    for (const route of wrong) expect(lab.vm.setGsiRouting([toPin(4, 7), route])).toBe(-EINVAL);
    expect([lab.irs.listeners.signal(4, true), lab.word(4), lab.word(7)]).toEqual([0, 1, 0]);
    expect(lab.vm.setGsiRouting([toPin(4095, 7)])).toBe(0);
    expect([lab.irs.listeners.signal(4095, true), lab.word(7)]).toEqual([0, 1]);
  });

  it('is that of INIT again, which routes every SPI’s GSI to its own pin', () => {
    const lab = new SpiLab('Q', { until: 'created' });
    expect(lab.vm.setGsiRouting([toPin(3, 7)])).toBe(0);
    expect(lab.init()).toBe(0);
    const { listeners } = lab.irs;
    expect([listeners.signal(3, true), lab.word(3), lab.word(7)]).toEqual([0, 1, 0]);
    expect([31, 32].map((gsi) => listeners.signal(gsi, true))).toEqual([0, -EPERM]);
  });
});

describe('an eventfd', () => {
  it('leads nowhere before INIT, unless user space has routed it', () => {
    const lab = new SpiLab('Q', { until: 'created' });
    expect([lab.setSpis(32), lab.irs.listeners.signal(3, true)]).toEqual([0, -EPERM]);
  });

  it('leads nowhere without a route', () => {
    const { lab } = ready('Q');
    expect(lab.vm.setGsiRouting([toPin(3, 7)])).toBe(0);
    expect([3, 7].map((gsi) => lab.irs.listeners.signal(gsi, true))).toEqual([0, -EPERM]);
  });

  it('finds its pin before it asks whether the VM is initialised', () => {
    const lab = new SpiLab('Q', { until: 'created' });
    expect([lab.setSpis(32), lab.vm.setGsiRouting([toPin(1, 31), toPin(2, 32)])]).toEqual([0, 0]);
    expect([1, 2].map((gsi) => lab.irs.listeners.signal(gsi, true))).toEqual([-EBUSY, -EINVAL]);
  });

  it('that leads to a message finds no ITS, whichever way it moves; with one it cannot fall', () => {
    const results = (profile: string): number[] => {
      const { vm, irs } = new SpiLab(profile, { until: 'initialised' });
      expect(vm.setGsiRouting([toMessage(1)])).toBe(0);
      return [true, false].map((level) => irs.listeners.signal(1, level));
    };
    for (const profile of ['H1', 'H3', 'Q']) expect(results(profile)).toEqual([-ENODEV, -ENODEV]);
    expect(results('its-preview')).toEqual([-EINVAL, -EPERM]);
  });
});

describe('a consumed interrupt', () => {
  it('is told to the last GSI that leads to its pin', () => {
    const { lab, g0 } = ready('H3');
    const { listeners } = lab.irs;
    expect(lab.vm.setGsiRouting([toPin(10, 5), toPin(11, 5), toPin(12, 6)])).toBe(0);
    for (const gsi of [10, 11, 12]) listeners.addResampler(gsi);
    listeners.addResampler(11);
    expect(listeners.signal(10, true)).toBe(0);
    expect(g0.handle()).toBe(0x1_6000_0005n);
    lab.take();
    g0.exit();
    expect(lab.told().filter((line) => line.startsWith('resample'))).toEqual([
      'resample.signal 11 0',
      'resample.signal 11 1',
    ]);
  });
});
