/** The ITS device: creation, addresses, attributes and their errnos (kvm-vgic-v3 §14.10). */
import { describe, expect, it } from 'vitest';
import { profileByName } from '../../../../../core/kvm/profiles.ts';
import { BAD_ADDRESS, DEVICE_VGIC_ITS, DEVICE_VGIC_V3, GROUP } from '../../../../../core/kvm/uapi.ts';
import { V3Lab } from '../../../../conformance/v3-lab.ts';
import { ITS, ItsLab } from './its-lab.ts';

const EBUSY = -16;
const EFAULT = -14;
const EINVAL = -22;
const ENODEV = -19;
const ENXIO = -6;
const CTRL = { save: 1n, restore: 2n, reset: 4n } as const;

describe('the ITS device', () => {
  it('is refused, tested and created beside any interrupt controller, more than once, before it too', () => {
    const lab = new V3Lab();
    expect(lab.vm.createDevice(DEVICE_VGIC_ITS, 1)).toBe(0);
    expect(lab.vm.companionAttr({ type: DEVICE_VGIC_ITS, index: 0 }, 'has', GROUP.ADDR, 4n, BAD_ADDRESS)).toBe(ENODEV);
    expect([lab.vm.createDevice(DEVICE_VGIC_ITS), lab.vm.createDevice(DEVICE_VGIC_ITS)]).toEqual([0, 0]);
    expect(lab.vm.createDevice(DEVICE_VGIC_V3)).toBe(0);
    const first = new V3Lab({ profile: profileByName('vgicv3-2014') });
    expect(first.vm.createDevice(DEVICE_VGIC_ITS)).toBe(ENODEV);
  });

  it('knows its attributes, and each errno in the order of the checks', () => {
    const lab = ItsLab.bare();
    const has = (group: number, attr: bigint): number => lab.itsAttr('has', group, attr).ret;
    expect([has(GROUP.ADDR, 4n), has(GROUP.ADDR, 2n)]).toEqual([0, ENXIO]);
    expect([0n, 1n, 2n, 3n, 4n, 5n].map((attr) => has(GROUP.CTRL, attr))).toEqual([0, 0, 0, ENXIO, 0, ENXIO]);
    expect([0n, 4n, 8n, 0x80n, 0x138n, 0xffd0n, 0xfffcn].map((attr) => has(GROUP.ITS_REGS, attr))).toEqual(
      Array.from({ length: 7 }, () => 0),
    );
    expect([2n, 0xcn, 0x84n, 0x140n, 0x20n].map((attr) => has(GROUP.ITS_REGS, attr))).toEqual([
      EINVAL,
      EINVAL,
      EINVAL,
      ENXIO,
      ENXIO,
    ]);
    expect(has(GROUP.DIST_REGS, 0n)).toBe(ENXIO);
    expect(lab.itsAttr('set', GROUP.ADDR, 2n, 0n).ret).toBe(ENODEV);
    expect(lab.itsAttr('get', GROUP.ADDR, 2n).ret).toBe(ENODEV);
    const bad = (op: 'get' | 'set', group: number, attr: bigint): number =>
      lab.vm.companionAttr({ type: DEVICE_VGIC_ITS, index: 0 }, op, group, attr, BAD_ADDRESS);
    expect([bad('set', GROUP.ADDR, 4n), bad('get', GROUP.ADDR, 4n)]).toEqual([EFAULT, EFAULT]);
    // A vCPU is in its run call: a bad pointer and an odd offset come before, a missing address after.
    const register = (op: 'get' | 'set', attr: bigint): number => lab.itsAttr(op, GROUP.ITS_REGS, attr).ret;
    expect([bad('set', GROUP.ITS_REGS, 2n), register('set', 2n), register('get', 0n)]).toEqual([EFAULT, EINVAL, EBUSY]);
    expect(lab.itsAttr('set', GROUP.CTRL, CTRL.reset).ret).toBe(EBUSY);
    expect(lab.itsAttr('set', GROUP.CTRL, 9n).ret).toBe(EBUSY);
    lab.stopped(() => {
      expect([register('get', 0n), register('get', 0x20n)]).toEqual([ENXIO, ENXIO]);
      expect(lab.itsAttr('set', GROUP.ADDR, 4n, ITS).ret).toBe(0);
      expect([register('get', 0n), register('get', 0x20n)]).toEqual([0, ENXIO]);
      expect(bad('get', GROUP.ITS_REGS, 8n)).toBe(EFAULT);
      expect(lab.itsAttr('set', GROUP.CTRL, 9n).ret).toBe(ENXIO);
      expect(lab.itsAttr('get', GROUP.CTRL, CTRL.save).ret).toBe(ENXIO);
    });
    expect(lab.itsAttr('set', GROUP.CTRL, 0n).ret).toBe(0);
  });

  it('takes a layout revision that exists and no other', () => {
    const lab = ItsLab.bare();
    lab.itsAttr('set', GROUP.ADDR, 4n, ITS);
    lab.stopped(() => {
      expect(lab.itsAttr('set', GROUP.ITS_REGS, 4n, 0x4b00_043bn).ret).toBe(0);
      expect(lab.itsAttr('set', GROUP.ITS_REGS, 4n, 0x4b00_143bn).ret).toBe(EINVAL);
      expect(lab.itsAttr('get', GROUP.ITS_REGS, 4n).val).toBe(0x4b00_043bn);
    });
  });
});
