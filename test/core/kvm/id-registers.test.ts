import { describe, expect, it } from 'vitest';
import { EBUSY, EINVAL, ENOENT } from '../../../core/kvm/errno.ts';
import { DEVICE_VGIC_V3 } from '../../../core/kvm/uapi.ts';
import { FEATURE } from '../../../core/kvm/vcpu-slots.ts';
import { V3Lab } from '../../conformance/v3-lab.ts';

/** ID_AA64PFR0_EL1 but for GIC: A64 at EL0 and EL1, neither FP nor Advanced SIMD. */
const CORE = 0xff_0011n;
const GIC = 0x100_0000n;

describe('identification registers in userspace', () => {
  it('read as the guest reads them', () => {
    const lab = new V3Lab();
    expect(lab.addVcpu(0)).toBe(0);
    const vcpu = lab.at(0).vcpu;
    for (const register of ['ID_AA64PFR0_EL1', 'ID_AA64MMFR0_EL1', 'ID_ISAR0_EL1', 'MIDR_EL1', 'CLIDR_EL1']) {
      const { result, value } = vcpu.getOneReg(register);
      lab.enter(0);
      expect([result, value]).toEqual([0, vcpu.sysreg('read', register).value]);
      vcpu.endRun();
    }
    expect(vcpu.getOneReg('ID_AA64PFR9_EL1').result).toBe(-ENOENT);
  });

  it('keep every field that no irqchip decides', () => {
    const lab = new V3Lab();
    expect(lab.addVcpu(0)).toBe(0);
    expect(lab.vm.createDevice(DEVICE_VGIC_V3)).toBe(0);
    const vcpu = lab.at(0).vcpu;
    expect(vcpu.getOneReg('ID_AA64PFR0_EL1').value).toBe(CORE | GIC);
    expect(vcpu.setOneReg('ID_AA64PFR0_EL1', CORE)).toBe(0);
    expect(vcpu.getOneReg('ID_AA64PFR0_EL1').value).toBe(CORE);
    // A processor without A64 at EL1 there is none; GICv4.1 the host has not.
    expect(vcpu.setOneReg('ID_AA64PFR0_EL1', GIC)).toBe(-EINVAL);
    expect(vcpu.setOneReg('ID_AA64PFR0_EL1', CORE | (3n << 24n))).toBe(-EINVAL);
    expect(vcpu.setOneReg('ID_AA64ISAR1_EL1', 0n)).toBe(-EINVAL);
    expect(vcpu.setOneReg('ID_AA64ISAR2_EL1', 0n)).toBe(0);
  });

  it('are fixed once the VM has run', () => {
    const lab = new V3Lab();
    expect(lab.addVcpu(0)).toBe(0);
    const vcpu = lab.at(0).vcpu;
    expect(vcpu.beginRun(lab.host.cpu(0))).toBe(0);
    vcpu.endRun();
    const { value } = vcpu.getOneReg('ID_AA64ISAR1_EL1');
    expect(vcpu.setOneReg('ID_AA64ISAR1_EL1', value)).toBe(0);
    expect(vcpu.setOneReg('ID_AA64ISAR1_EL1', 0n)).toBe(-EBUSY);
  });

  it('show EL2 to a guest that has it', () => {
    const lab = new V3Lab({ facts: { nestedVirt: true } });
    expect(lab.vm.createVcpu(0)).toBe(0);
    const vcpu = lab.at(0).vcpu;
    expect(vcpu.init(FEATURE.NESTED)).toBe(0);
    expect(vcpu.getOneReg('ID_AA64PFR0_EL1').value & 0xfffn).toBe(0x111n);
  });
});
