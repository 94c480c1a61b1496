/** The profile of the first vGICv3, of 2014, against today's (kvm-vgic-v3 §1); its 64-bit accesses are scenario 17. */
import { describe, expect, it } from 'vitest';
import { E2BIG, EINVAL, ENXIO } from '../../core/kvm/errno.ts';
import { profileByName } from '../../core/kvm/profiles.ts';
import { DEVICE_VGIC_V3, GROUP } from '../../core/kvm/uapi.ts';
import { D, R, V3Lab } from './v3-lab.ts';

const first = profileByName('vgicv3-2014');

describe('the profile vgicv3-2014', () => {
  it('serves 255 vCPUs, today 512', () => {
    const lab = new V3Lab({ profile: first });
    expect(lab.vm.createDevice(DEVICE_VGIC_V3)).toBe(0);
    expect([lab.vm.createVcpu(254), lab.vm.createVcpu(255)]).toEqual([0, -EINVAL]);
    const today = new V3Lab();
    expect(today.vm.createDevice(DEVICE_VGIC_V3)).toBe(0);
    expect(today.vm.createVcpu(255)).toBe(0);
  });

  it('refuses a VM that has more vCPUs already', () => {
    const lab = new V3Lab({ profile: first, facts: { gic: 'v5', v3Compat: true } });
    for (let id = 0; id < 256; id++) expect(lab.addVcpu(id)).toBe(0);
    expect(lab.vm.createDevice(DEVICE_VGIC_V3)).toBe(-E2BIG);
  });

  it('has the two addresses, the number of interrupts and no other attribute', () => {
    const lab = new V3Lab({ profile: first });
    lab.addVcpu(0);
    expect(lab.vm.createDevice(DEVICE_VGIC_V3)).toBe(0);
    const has = (group: number, attr: bigint): number => lab.attr('has', group, attr).ret;
    expect([2n, 3n, 5n].map((attr) => has(GROUP.ADDR, attr))).toEqual([0, 0, -ENXIO]);
    expect(has(GROUP.NR_IRQS, 0n)).toBe(0);
    const others = [GROUP.DIST_REGS, GROUP.REDIST_REGS, GROUP.CPU_SYSREGS, GROUP.LEVEL_INFO, GROUP.MAINT_IRQ];
    expect(others.map((group) => has(group, 0n))).toEqual(others.map(() => -ENXIO));
  });

  it('shows no revision, which KVM counts since 2018, and nothing of what revision 3 adds', () => {
    const registers = (lab: V3Lab): bigint[] => [lab.r(0, D + 8n), lab.r(0, R)];
    expect(registers(V3Lab.plain({ profile: first }))).toEqual([0x4b00_043bn, 0n]);
    expect(registers(V3Lab.plain())).toEqual([0x4b00_343bn, 6n]);
  });

  it('loads every list register with priority 0, in order of arrival', () => {
    const load = (lab: V3Lab): readonly bigint[] => {
      for (let n = 0; n < 2; n++) lab.w(0, D + 0x420n + BigInt(n), n === 0 ? 0xa0 : 0x80, 1);
      lab.w(0, D + 0x104n, 3);
      lab.spi(32);
      lab.spi(33);
      lab.enter(0);
      return lab
        .at(0)
        .hardware.lr.slice(0, 2)
        .map(({ value }) => value);
    };
    expect(load(V3Lab.plain({ profile: first }))).toEqual([0x5000_0000_0000_0020n, 0x5000_0000_0000_0021n]);
    expect(load(V3Lab.plain())).toEqual([0x50a0_0000_0000_0020n, 0x5080_0000_0000_0021n]);
  });
});
