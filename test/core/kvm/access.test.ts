import { describe, expect, it } from 'vitest';
import { formatResult } from '../../../core/kvm/errno.ts';
import { PROFILES, profileByName } from '../../../core/kvm/profiles.ts';
import { H3, H5, Lab, v1 } from '../../conformance/v5-lab.ts';

describe('a guest access', () => {
  it('of a register above EL1 is UNDEFINED', () => {
    const guest = v1().guest();
    for (const name of ['ICH_VMCR_EL2', 'ICH_PPI_ENABLER0_EL2'])
      expect(guest.access('read', name).outcome).toBe('undefined:hardware');
  });

  it('of a GICv3 register in a vGICv5 VM is UNDEFINED', () => {
    const guest = v1().guest();
    expect(guest.access('read', 'ICC_IAR1_EL1').outcome).toBe('undefined:handler');
  });

  it('of a name that no table has is an error of the caller', () => {
    const { vcpu } = v1().guest();
    expect(() => vcpu.sysreg('read', 'ICC_PPI_NONSENSE_EL1')).toThrow(/not in the guest|no register named/);
    v1().guest().run();
    const running = v1().guest();
    running.run();
    expect(() => running.vcpu.sysreg('read', 'ICC_PPI_NONSENSE_EL1')).toThrow('no register named ICC_PPI_NONSENSE_EL1');
    expect(() => running.vcpu.instruction('GIC CDXX')).toThrow('no EL1 GIC instruction named GIC CDXX');
  });

  it('outside the guest is an error of the caller', () => {
    const lab = v1();
    expect(() => lab.vcpu().sysreg('read', 'ICC_PCR_EL1')).toThrow('vCPU 0 is not in the guest');
    expect(() => lab.vcpu().enter()).toThrow('vCPU 0 is not loaded on a physical CPU');
  });

  it('of the PMU traps, and is UNDEFINED without one', () => {
    const guest = v1().guest();
    expect(guest.access('write', 'PMOVSSET_EL0', 1n).outcome).toBe('undefined:handler');
    expect(guest.vcpu.inGuest).toBe(false);
  });

  it('that should not trap but does is undefined, with the kernel’s warning', () => {
    const lab = v1();
    const guest = lab.guest();
    guest.run();
    lab.host.cpu(0).setTraps({ read: 0, write: 0, instruction: 0x7ff });
    lab.take();
    expect(guest.vcpu.sysreg('read', 'ICC_PPI_ENABLER0_EL1').outcome).toBe('undefined:handler');
    expect(lab.kinds('host.warning', 'trap.undef')).toEqual(['host.warning', 'trap.undef']);
    guest.run();
    lab.host.cpu(0).setTraps({ read: 0, write: 0, instruction: 0x7ff });
    expect(guest.vcpu.sysreg('write', 'ICC_PCR_EL1', 1n).outcome).toBe('undefined:handler');
  });
});

describe('a profile', () => {
  it('is found by its name, and a wrong name lists the right ones', () => {
    expect(profileByName('masked').ppiFinalisation).toBe('perVcpu');
    expect(() => profileByName('linux')).toThrow(
      'no profile "linux"; there are mainline, masked, restore-unmasked, series-first, series-queued',
    );
    expect(new Set(PROFILES.map(({ name }) => name)).size).toBe(PROFILES.length);
  });

  it('says what it changes, unless it is mainline', () => {
    for (const { name, changes, since } of PROFILES) {
      expect(since).not.toBe('');
      expect(changes.length > 0).toBe(name !== 'mainline');
    }
  });
});

describe('a host', () => {
  it('names errors as people do', () => {
    expect([0, -22, -14, 7].map(formatResult)).toEqual(['0', '-EINVAL', '-EFAULT', '7']);
  });

  it('keeps the slots of several VMs apart', () => {
    const lab = new Lab(H5);
    const second = lab.host.createVm();
    expect(second.createVcpu(5)).toBe(0);
    expect(lab.vm.vcpus).toEqual([]);
    expect(second.vcpu(0)?.id).toBe(5);
    expect(lab.journal.layout.find('vm1.vcpu0.ppi.enabled')).toBeDefined();
    expect(() => lab.host.cpu(2)).toThrow('no physical CPU 2; the host has 2');
  });

  it('claims the same slots in the same order for equal configurations', () => {
    const paths = (): string[] => new Lab(H5).journal.layout.slots.map(({ path }) => path);
    expect(paths()).toEqual(paths());
    expect(paths()).toContain('vcpu2.ICH_PPI_ENABLER0_EL2');
    expect(paths()).toContain('pcpu0.ICH_VMCR_EL2');
    expect(paths()).toContain('vm.ppiMask');
  });

  it('has no register of a GICv5 on a host before it, but the lines of its physical PPIs', () => {
    const { host, journal } = new Lab(H3);
    const told: string[] = [];
    host.observe((event, { pcpu }) => {
      if (event.kind === 'cpuif.physical') told.push(`${pcpu}: PPI ${event.ppi} ${event.level ? 'rises' : 'falls'}`);
    });
    host.setPhysicalPpi(1, 23, true);
    host.setPhysicalPpi(1, 23, true);
    host.setPhysicalPpi(1, 23, false);
    expect(told).toEqual(['1: PPI 23 rises', '1: PPI 23 falls']);
    const paths = journal.layout.slots.map(({ path }) => path).filter((path) => path.startsWith('pcpu0.'));
    expect(paths).toContain('pcpu0.physicalPpis');
    expect(
      paths.filter((path) => /ICC_PPI|ICH_PPI|ICH_HFG|ICH_APR|ICH_VCTLR|ICSR|ICH_HPPIR|scratch/.test(path)),
    ).toEqual([]);
    expect(() => host.cpu(0).interface).toThrow('physical CPU 0 has no GICv5');
  });
});
