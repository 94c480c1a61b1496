/** Scenarios S45 … S56 of gicv5-scenarios: masking and register access. */
import { describe, expect, it } from 'vitest';
import { GUEST_REGISTERS } from '../../core/gic/v5/guest-registers.ts';
import { DEVICE_VGIC_V3 } from '../../core/kvm/uapi.ts';
import { type HostFacts } from '../../core/kvm/host-facts.ts';
import { ALL_ONES, type Guest, H3, H5, H5C, Lab, ppi, SW_LINE, v1, v1p, v2 } from './v5-lab.ts';

const traps = (lab: Lab, cpu = 0): number[] => {
  const { hfgrtr, hfgwtr, hfgitr } = lab.host.cpu(cpu).hardwareV5;
  return [hfgrtr.lo, hfgwtr.lo, hfgitr.lo];
};

/** The 76 accesses of the kernel's no-vgic selftest; each outcome in order. */
function allAccesses(guest: Guest): string[] {
  const outcomes: string[] = [];
  const insn = (name: string): void => {
    guest.run();
    outcomes.push(guest.vcpu.instruction(name).outcome);
  };
  const reads = (name: string): void => {
    outcomes.push(guest.access('read', name).outcome);
  };
  const both = (name: string): void => {
    reads(name);
    outcomes.push(guest.access('write', name).outcome);
  };
  for (const name of ['CDAFF', 'CDDI', 'CDDIS', 'CDEN', 'CDEOI', 'CDHM', 'CDPEND', 'CDPRI', 'CDRCFG'])
    insn(`GIC ${name}`);
  for (const name of ['CDIA', 'CDNMIA']) insn(`GICR ${name}`);
  for (const name of ['APR', 'CR0', 'ICSR', 'PCR']) both(name);
  for (const name of ['HPPIR', 'IAFFIDR', 'IDR0']) reads(name);
  for (const name of ['CACTIVER', 'SACTIVER', 'CPENDR', 'SPENDR', 'ENABLER'])
    for (const n of [0, 1]) both(`PPI_${name}${n}`);
  for (const n of [0, 1]) reads(`PPI_HMR${n}`);
  for (let n = 0; n < 16; n++) both(`PPI_PRIORITYR${n}`);
  return outcomes;
}

describe('masking and register access', () => {
  it('[V5-045] masks enables with the exposed PPIs', () => {
    const lab = v1();
    const guest = lab.guest();
    guest.run();
    lab.take();
    guest.write('PPI_ENABLER0', ALL_ONES);
    const events = lab.take('trap.sysreg', 'irq.enabled');
    expect(events).toMatchObject([
      { kind: 'irq.enabled', ppi: 3, after: true },
      { kind: 'irq.enabled', ppi: 27, after: true },
      { kind: 'irq.enabled', ppi: 30, after: true },
      { kind: 'trap.sysreg', value: ALL_ONES, stored: 0x4800_0008n },
    ]);
    expect(guest.read('PPI_ENABLER0')).toBe(0x4800_0008n);
    guest.write('PPI_ENABLER0', 0x1400_0000n);
    expect(lab.take('irq.enabled')).toMatchObject([3, 27, 30].map((n) => ({ ppi: n, after: false })));
    expect(guest.read('PPI_ENABLER0')).toBe(0n);
    const withPmu = v1p();
    const other = withPmu.guest();
    other.write('PPI_ENABLER0', ALL_ONES);
    expect(withPmu.gic().ppis.enabler.value).toBe(0x4880_0008n);
    other.write('PPI_ENABLER0', 0x1400_0000n);
    expect(withPmu.gic().ppis.enabler.value).toBe(0n);
  });

  it('[V5-046] swallows enables of PPIs 64 and up', () => {
    const guest = v1().guest();
    expect(guest.write('PPI_ENABLER1', ALL_ONES)).toBe('emulated');
    expect(guest.read('PPI_ENABLER1')).toBe(0n);
  });

  it('[V5-047] lets pending writes reach edge PPIs only', () => {
    const lab = v1();
    const guest = lab.guest();
    guest.timer('CNTV', true);
    expect(guest.write('PPI_SPENDR0', ALL_ONES)).toBe('performed');
    expect(guest.pend).toBe(0x800_0008n);
    expect(guest.write('PPI_CPENDR0', ALL_ONES)).toBe('performed');
    expect(guest.pend).toBe(0x800_0000n);
  });

  it('[V5-048] keeps a software trigger across an exit', () => {
    const lab = v1();
    const guest = lab.guest().g();
    guest.run();
    lab.take();
    guest.write('PPI_SPENDR0', 8n);
    expect(guest.hppir).toBe(ppi(3));
    expect(lab.kinds('vcpu.exit')).toEqual([]);
    guest.exit();
    expect(lab.gic().ppis.pendingLatch.value).toBe(8n);
  });

  it('[V5-049] keeps active bits of hidden PPIs', () => {
    const lab = v1();
    const guest = lab.guest();
    guest.write('PPI_SACTIVER0', 0x400_0000n);
    guest.exit();
    const { ppis } = lab.gic();
    expect([ppis.activer.value, ppis.active.value]).toEqual([0x400_0000n, 0n]);
    expect(guest.act).toBe(0x400_0000n);
  });

  it('[V5-050] forgets PPIs 64 and up at the next entry', () => {
    const plain = v1().guest();
    plain.write('PPI_PRIORITYR8', 0x1010_1010_1010_1010n);
    plain.write('PPI_SACTIVER1', 1n);
    expect([plain.read('PPI_PRIORITYR8'), plain.read('PPI_SACTIVER1')]).toEqual([0n, 0n]);
    const guest = v1({ ...H5, extraPpis: [0n, 1n] }).guest();
    guest.write('PPI_PRIORITYR8', 0x1010_1010_1010_1010n);
    guest.write('PPI_SACTIVER1', 1n);
    expect([guest.read('PPI_PRIORITYR8'), guest.read('PPI_SACTIVER1')]).toEqual([0x10n, 1n]);
    guest.exitAndEnter();
    expect([guest.read('PPI_PRIORITYR8'), guest.read('PPI_SACTIVER1')]).toEqual([0n, 0n]);
  });

  it('[V5-051] shows its own identification registers', () => {
    const lab = v2();
    for (const index of [0, 1]) {
      const guest = lab.guest(index);
      expect([guest.read('IDR0'), guest.read('IAFFIDR')]).toEqual([0x40n, BigInt(index)]);
      for (const name of ['IDR0', 'IAFFIDR']) expect(guest.access('write', name).outcome).toBe('undefined:hardware');
    }
  });

  it('[V5-052] shows the handling modes of hardware, hidden PPIs included', () => {
    const guest = v1().guest();
    expect([guest.read('PPI_HMR0'), guest.read('PPI_HMR1')]).toEqual([0x5c80_0000n, 0n]);
    for (const n of [0, 1]) expect(guest.access('write', `PPI_HMR${n}`).outcome).toBe('undefined:hardware');
  });

  it('[V5-053] switches the trap registers around the guest', () => {
    const lab = v1();
    const host = [0x1f_00f7, 0x1e_0065, 0x7ff];
    expect(traps(lab)).toEqual(host);
    const guest = lab.guest();
    guest.run();
    expect(traps(lab)).toEqual([0x1f_007d, 0x1c_0065, 0x7ff]);
    guest.exit();
    expect(traps(lab)).toEqual(host);
  });

  it('[V5-054] makes every GICv5 access UNDEFINED without a vGIC', () => {
    const lab = new Lab(H5);
    lab.addVcpu(0);
    const guest = lab.guest();
    expect((guest.read('ID_AA64PFR2_EL1') >> 12n) & 0xfn).toBe(0n);
    guest.run();
    expect(traps(lab)).toEqual([8, 0, 0]);
    lab.take();
    const outcomes = allAccesses(guest);
    expect(outcomes).toHaveLength(76);
    expect(new Set(outcomes)).toEqual(new Set(['undefined:fgu']));
    const events = lab.take('trap.undef');
    expect(events).toHaveLength(76);
    expect(events.every((event) => event.kind === 'trap.undef' && event.via === 'fgu')).toBe(true);
  });

  it('[V5-055] makes every GICv5 access UNDEFINED in a GICv3 guest, before any trap', () => {
    const lab = new Lab(H5C);
    lab.addVcpu(0);
    expect(lab.vm.createDevice(DEVICE_VGIC_V3)).toBe(0);
    // Distributor and redistributors must be in place before a GICv3 vCPU runs (kvm-vgic-v3 §3.4).
    for (const [attr, base] of [
      [2n, 0x800_0000n],
      [3n, 0x80a_0000n],
    ] as const)
      expect(lab.vm.deviceAttr('set', 0, attr, { load: () => base, store: () => true })).toBe(0);
    expect(lab.init()).toBe(0);
    const guest = lab.guest();
    const pfr = [guest.read('ID_AA64PFR0_EL1') >> 24n, guest.read('ID_AA64PFR2_EL1') >> 12n];
    expect(pfr).toEqual([1n, 0n]);
    guest.run();
    expect(traps(lab)).toEqual([8, 0, 0]);
    expect(lab.host.cpu(0).hardwareV5.vctlr.lo).toBe(3);
    lab.take();
    expect(new Set(allAccesses(guest))).toEqual(new Set(['undefined:hardware']));
    expect(lab.take('trap.undef').filter((event) => event.kind === 'trap.undef' && event.via === 'fgu')).toEqual([]);
    guest.stop();
    // Then a GICv5 VM on the same physical CPU.
    const other = lab.host.createVm();
    expect(other.createVcpu(0)).toBe(0);
    expect(other.vcpu(0)?.init()).toBe(0);
    expect(other.createDevice(16)).toBe(0);
    expect(other.deviceAttr('set', 4, 0n, { load: () => 0n, store: () => true })).toBe(0);
    expect(other.vcpu(0)?.beginRun(lab.host.cpu(0))).toBe(0);
    expect(lab.host.cpu(0).hardwareV5.vctlr.lo).toBe(1);
  });

  it('[V5-056] makes every GICv3 access UNDEFINED without a vGIC', () => {
    const readWrite = ['PMR', 'HPPIR0', 'BPR0', 'HPPIR1', 'BPR1', 'CTLR', 'IGRPEN0', 'IGRPEN1'];
    const lists = [0, 1, 2, 3].flatMap((n) => [`AP0R${n}`, `AP1R${n}`]);
    const readOnly = ['IAR0', 'RPR', 'IAR1'];
    const writeOnly = ['EOIR0', 'DIR', 'SGI1R', 'ASGI1R', 'SGI0R', 'EOIR1'];
    const check = (facts: HostFacts): void => {
      const lab = new Lab(facts);
      lab.addVcpu(0);
      const guest = lab.guest();
      expect((guest.read('ID_AA64PFR0_EL1') >> 24n) & 0xfn).toBe(0n);
      for (const name of [...readWrite, ...lists, ...readOnly])
        expect(guest.access('read', name).outcome, name).toMatch(/^undefined/);
      for (const name of [...readWrite, ...lists, ...writeOnly])
        expect(guest.access('write', name).outcome, name).toMatch(/^undefined/);
      // ICC_SRE_EL1 may trap instead of reading back bit 0; here it traps.
      expect(guest.access('write', 'SRE', 1n).outcome).toMatch(/^undefined/);
    };
    check(H3);
    check(H5C);
  });

  it('covers every register of the interface with a direction, a trap bit or a reason for none', () => {
    const untrapped = GUEST_REGISTERS.filter((row) => row.readTrap === undefined && row.writeTrap === undefined);
    expect(untrapped.map(({ name }) => name)).toEqual(['ICC_HAPR_EL1']);
    expect(GUEST_REGISTERS).toHaveLength(36);
    expect(GUEST_REGISTERS.every((row) => row.read !== undefined)).toBe(true);
  });
});

describe('SW_PPI', () => {
  it('reaches the guest through the interrupt line whatever the guest enabled', () => {
    const lab = v1();
    const guest = lab.guest();
    expect(lab.irqLine(SW_LINE, 1)).toBe(0);
    expect([guest.pend, guest.hppir]).toEqual([8n, 0n]);
  });
});
