/** Redistributors with LPIs: configuration and pending tables in guest memory (gicv3-behaviour §11). */
import { describe, expect, it } from 'vitest';
import { hex, R, V3Lab } from '../../../conformance/v3-lab.ts';
import { ItsLab, pendingTable } from './its/its-lab.ts';

const EBUSY = -16;

describe('redistributors with an ITS', () => {
  it('announce LPIs, share one PROPBASER, and fix the tables while LPIs are enabled', () => {
    const lab = ItsLab.bare({ vcpus: 2 });
    const rd = (vcpu: number, offset: number): bigint => R + BigInt(vcpu) * 0x2_0000n + BigInt(offset);
    expect([lab.r(0, rd(0, 8)), lab.r(0, rd(1, 8))]).toEqual([1n, 0x111n]);
    expect(hex(lab.r(0, rd(0, 0x70), 8))).toEqual(['0x580']);
    lab.w(0, rd(1, 0x70), 0x4010_000fn, 8);
    expect(hex(lab.r(0, rd(0, 0x70), 8))).toEqual(['0x4010018f']);
    lab.w(0, rd(0, 0), 1);
    expect([lab.r(0, rd(0, 0)), lab.r(0, rd(1, 0))]).toEqual([7n, 6n]);
    lab.w(0, rd(0, 0x70), 0n, 8);
    lab.w(0, rd(0, 0x78), 0x4020_0000n, 8);
    expect(hex(lab.r(0, rd(0, 0x70), 8), lab.r(0, rd(0, 0x78), 8))).toEqual(['0x4010018f', '0x580']);
    lab.w(0, rd(1, 0x78), (1n << 62n) | 0x4021_0000n, 8);
    // PTZ is stored and reads 0.
    expect(hex(lab.r(0, rd(1, 0x78), 8))).toEqual(['0x40210180']);
    const without = V3Lab.base();
    without.w(0, R, 1);
    expect([without.r(0, R), without.r(0, R + 8n)]).toEqual([6n, 0x10n]);
  });

  it('read the pending table when LPIs are enabled, unless PTZ says that it is zero', () => {
    for (const ptz of [0n, 1n << 62n]) {
      const lab = ItsLab.ready();
      lab.mapAll(2);
      lab.w(0, R, 0);
      lab.setPendingBit(8193);
      lab.w(0, R + 0x78n, ptz | BigInt(pendingTable(0)), 8);
      lab.w(0, R, 1);
      expect([lab.irq(8192).latch, lab.irq(8193).latch]).toEqual([false, ptz === 0n]);
      expect(lab.list()).toEqual(ptz === 0n ? [8193] : []);
      // Enabling does not take the bit out of memory.
      expect(lab.pendingBit(8193)).toBe(true);
    }
  });

  it('drop LPIs from the AP list and all translations when LPIs are disabled', () => {
    const lab = ItsLab.ready();
    lab.mapAll(2);
    expect([lab.msi(0, 0), lab.msi(0, 1)]).toEqual([1, 1]);
    lab.spi(40);
    expect([lab.list(), lab.its.cached.lo]).toEqual([[8192, 8193, 40], 2]);
    lab.w(0, R, 0);
    expect([lab.list(), lab.its.cached.lo, lab.irq(8192).latch]).toEqual([[40], 0, true]);
    expect(lab.msi(0, 0)).toBe(EBUSY);
  });

  it('read one configuration again by GICR_INVLPIR, and all of a vCPU by GICR_INVALLR', () => {
    const lab = ItsLab.ready({ vcpus: 2 });
    lab.mapAll(2);
    expect(lab.mapti(0, 5, 8197, 1)).toBe('ok');
    const priorities = (): number[] => [8192, 8193, 8197].map((lpi) => lab.irq(lpi).priority);
    for (const lpi of [8192, 8193, 8197]) lab.configure(lpi, 0x10);
    lab.w(0, R + 0xa4n, 8192);
    lab.w(0, R + 0xa0n, 100);
    lab.w(0, R + 0xa0n, 8200);
    expect(priorities()).toEqual([0xa0, 0xa0, 0xa0]);
    // Through any redistributor, whichever vCPU the LPI targets.
    lab.w(0, R + 0xa0n, 8197, 8);
    expect(priorities()).toEqual([0xa0, 0xa0, 0x10]);
    lab.w(0, R + 0x2_00b0n, 0, 8);
    expect(priorities()).toEqual([0xa0, 0xa0, 0x10]);
    lab.w(0, R + 0xb0n, 0);
    expect(priorities()).toEqual([0x10, 0x10, 0x10]);
    lab.configure(8192, 0x20);
    lab.w(0, R, 0);
    lab.w(0, R + 0xa0n, 8192);
    lab.w(0, R + 0xb0n, 0);
    expect(lab.irq(8192).priority).toBe(0x10);
    expect([lab.r(0, R + 0xa0n, 8), lab.r(0, R + 0xc0n)]).toEqual([0n, 0n]);
  });
});
