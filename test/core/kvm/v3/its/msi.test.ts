/** Messages: refusals, the cache of translations, routes (kvm-vgic-v3 §15.3). */
import { describe, expect, it } from 'vitest';
import { D, R, V3Lab } from '../../../../conformance/v3-lab.ts';
import { DOORBELL, ITS, ItsLab } from './its-lab.ts';

const EBUSY = -16;
const EINVAL = -22;
const ENODEV = -19;

describe('messages', () => {
  it('[V3 §15.3] are refused in the order of the checks', () => {
    const none = V3Lab.base();
    expect(none.vm.signalMsi({ address: DOORBELL, data: 0, flags: 1, device: 0 })).toBe(ENODEV);
    expect(new V3Lab().vm.signalMsi({ address: DOORBELL, data: 0, flags: 1, device: 0 })).toBe(EINVAL);
    const lab = ItsLab.ready();
    lab.mapAll(1);
    expect([lab.msi(0, 0, 2), lab.msi(0, 0, 0), lab.msi(0, 0, 1, 0x1000n), lab.msi(0, 0, 1, D)]).toEqual([
      EINVAL,
      EINVAL,
      EINVAL,
      EINVAL,
    ]);
    expect([lab.msi(0, 1), lab.msi(1, 0), lab.msi(0, 0)]).toEqual([0, 0, 1]);
    lab.w(0, ITS, 0);
    expect([lab.msi(0, 0), lab.msi(0, 1)]).toEqual([EBUSY, EBUSY]);
    // The whole frame is a doorbell.
    lab.w(0, ITS, 1);
    expect(lab.msi(0, 0, 1, ITS + 0x1_fffcn)).toBe(1);
  });

  it('are cached once translated: a cached one passes where the ITS itself would refuse', () => {
    const lab = ItsLab.ready({ vcpus: 2 });
    lab.mapAll(2);
    lab.w(1, R + 0x2_0000n, 0);
    expect([lab.msi(0, 0), lab.msi(0, 0)]).toEqual([1, 1]);
    expect(lab.take('its.message').map((event) => event.kind === 'its.message' && event.how)).toEqual([
      'translated',
      'cached',
    ]);
    // MAPC drops nothing: the LPI goes to a vCPU whose LPIs are disabled, and a missing flag is not noticed either.
    lab.mapc(0, 1);
    expect([lab.msi(0, 1), lab.msi(0, 0), lab.msi(0, 0, 0)]).toEqual([EBUSY, 1, 1]);
    lab.movi(0, 1, 0);
    expect([lab.its.cached.lo, lab.msi(0, 0), lab.msi(0, 0, 0)]).toEqual([0, EBUSY, EINVAL]);
  });

  it('go through routes of KVM_SET_GSI_ROUTING as they do through KVM_SIGNAL_MSI', () => {
    const lab = ItsLab.ready();
    lab.mapAll(1);
    const msi = { address: DOORBELL, data: 0, flags: 1, device: 0 };
    const gsis = lab.vm.gic?.gsis;
    // Until the table is replaced, GSI 8 is SPI 40.
    expect([gsis?.signal(8, true), lab.irq(40).latch]).toEqual([0, true]);
    const set = lab.vm.setGsiRouting.bind(lab.vm);
    expect(set([{ gsi: 3, to: { irqchip: 0, pin: 988 } }])).toBe(EINVAL);
    expect(set([{ gsi: 3, to: { irqchip: 1, pin: 0 } }])).toBe(EINVAL);
    expect(set([{ gsi: 4096, to: { irqchip: 0, pin: 0 } }])).toBe(EINVAL);
    expect(set([{ gsi: 3, to: { msi: { ...msi, flags: 2 } } }])).toBe(EINVAL);
    const twice = { gsi: 3, to: { irqchip: 0, pin: 1 } };
    expect(set([twice, twice])).toBe(EINVAL);
    expect(
      set([
        { gsi: 3, to: { irqchip: 0, pin: 10 } },
        { gsi: 70, to: { msi } },
        { gsi: 71, to: { irqchip: 0, pin: 987 } },
      ]),
    ).toBe(0);
    expect([gsis?.signal(3, true), lab.irq(42).latch]).toEqual([0, true]);
    expect([gsis?.signal(70, true), lab.irq(8192).latch]).toEqual([1, true]);
    expect([gsis?.signal(70, false), gsis?.signal(8, true), gsis?.signal(71, true)]).toEqual([-1, -1, EINVAL]);
  });

  it('KVM_IRQ_LINE of type SPI sets a mapped LPI pending too', () => {
    const lab = ItsLab.ready();
    lab.mapAll(1);
    expect([lab.line(0x0100_2000, 1), lab.list(), lab.line(0x0100_2001, 1)]).toEqual([0, [8192], EINVAL]);
  });
});
