/** Scenarios S77 … S85 of gicv5-scenarios: PPI finalisation and user-space register access, by profile. */
import { describe, expect, it } from 'vitest';
import { EBUSY, EFAULT, ENOENT, ENXIO } from '../../core/kvm/errno.ts';
import { FEATURE } from '../../core/kvm/vcpu-slots.ts';
import { GROUP, UserWords } from '../../core/kvm/uapi.ts';
import { sysregAttribute } from '../../core/kvm/v5/userspace-registers.ts';
import { bitsOf } from '../../core/gic/v5/words.ts';
import { ALL_ONES, BAD_ADDRESS, H5, Lab, ppi, v1, v2 } from './v5-lab.ts';

/** LATER scenarios run on the queued revision; those that show the bug keep the finalisation of mainline. */
const QUEUED = 'series-queued';
const FIRST = 'series-first';
const UNMASKED = 'restore-unmasked';

const ENABLER = 'ICC_PPI_ENABLER0_EL1';
const SACTIVER = 'ICC_PPI_SACTIVER0_EL1';
const SPENDR = 'ICC_PPI_SPENDR0_EL1';

/** What a careless restore writes: hidden PPIs enabled, active and pending. */
function carelessRestore(lab: Lab, index = 0): void {
  expect(lab.setRegister(ENABLER, ALL_ONES, index)).toBe(0);
  expect(lab.setRegister(SACTIVER, 0x1400_0000n, index)).toBe(0);
  expect(lab.setRegister(SPENDR, 0x400_0008n, index)).toBe(0);
}

const allBut = (...ppis: number[]): number[] => [...Array(64).keys()].filter((n) => !ppis.includes(n));

/** Masks and DVI after vCPU 1 has run first and then vCPU 0. */
function firstRunnerIsVcpu1(profile: string, pmu: boolean): { mask: bigint; hmr: bigint; enables: bigint[] } {
  const lab = new Lab(H5, profile);
  for (const id of [0, 1]) lab.addVcpu(id, pmu ? FEATURE.PMU : 0);
  expect(lab.createV5()).toBe(0);
  expect(lab.init()).toBe(0);
  if (pmu) expect([lab.pmuInit(0), lab.pmuInit(1)]).toEqual([0, 0]);
  const enables = [1, 0].map((index) => {
    const guest = lab.guest(index);
    guest.write('PPI_ENABLER0', ALL_ONES);
    return guest.read('PPI_ENABLER0');
  });
  expect(lab.gic(0).ppis.dvir.value).toBe(0x4800_0000n);
  return { mask: lab.vgic.ppiMask.value, hmr: lab.vgic.ppiHmr.value, enables };
}

describe('PPI finalisation', () => {
  it('[V5-077] shows hidden PPIs after a restore with mainline’s finalisation', () => {
    const lab = v1(H5, UNMASKED);
    carelessRestore(lab);
    const guest = lab.guest();
    guest.run();
    expect(lab.vgic.ppiMask.value).toBe(0x4800_0008n);
    expect(lab.take('hyp.flush').at(-1)).toMatchObject({ pendr: 8n });
    expect(lab.gic().ppis.enabler.value).toBe(ALL_ONES);
    expect([guest.read('PPI_ENABLER0'), guest.act]).toEqual([0x5c80_0008n, 0x1400_0000n]);
    guest.stop();
    expect([SPENDR, ENABLER, SACTIVER].map((name) => lab.getRegister(name))).toEqual([
      0x400_0008n,
      ALL_ONES,
      0x1400_0000n,
    ]);
    // SW_PPI is acknowledged, dropped and deactivated; the hidden PPI stays pending for ever.
    guest.write('PCR', 0x1fn);
    guest.write('CR0', 1n);
    expect(guest.cdia()).toBe(ppi(3));
    guest.cdeoi();
    guest.cddi(0x2000_0003n);
    guest.stop();
    expect(lab.getRegister(SPENDR)).toBe(0x400_0000n);
  });

  it('[V5-078] clears hidden PPIs at the first run with the later finalisation', () => {
    const lab = v1(H5, QUEUED);
    carelessRestore(lab);
    lab.take();
    const guest = lab.guest();
    guest.run();
    expect(lab.take('vcpu.ppiMasked', 'hyp.flush')).toMatchObject([
      {
        kind: 'vcpu.ppiMasked',
        enablerBefore: ALL_ONES,
        enablerAfter: 0x4800_0008n,
        clearedLine: [26],
        clearedLatch: [],
        clearedActive: [26, 28],
        clearedEnabled: allBut(3, 27, 30),
      },
      { kind: 'hyp.flush', pendr: 8n },
    ]);
    const { ppis } = lab.gic();
    expect([lab.vgic.ppiMask.value, ppis.enabler.value, ppis.activer.value]).toEqual([0x4800_0008n, 0x4800_0008n, 0n]);
    expect([guest.read('PPI_ENABLER0'), guest.act]).toEqual([0x4800_0008n, 0n]);
    guest.exit();
    expect([...Array(64).keys()].filter((n) => ppis.isPending(n))).toEqual([3]);
  });

  it('[V5-079] masks the second vCPU at its own first run', () => {
    const restored = (profile: string): { before: bigint; after: bigint } => {
      const lab = v2(H5, profile);
      carelessRestore(lab, 1);
      lab.guest(0).run();
      expect(lab.vgic.ppiMask.value).toBe(0x4800_0008n);
      const before = lab.gic(1).ppis.enabler.value;
      lab.guest(1).run();
      return { before, after: lab.gic(1).ppis.enabler.value };
    };
    expect(restored(QUEUED)).toEqual({ before: ALL_ONES, after: 0x4800_0008n });
    expect(restored(UNMASKED)).toEqual({ before: ALL_ONES, after: ALL_ONES });
  });

  it('[V5-080] takes or refuses a write that comes too late', () => {
    const ran = (profile: string): Lab => {
      const lab = v1(H5, profile);
      lab.guest().run();
      lab.guest().stop();
      return lab;
    };
    const first = ran(FIRST);
    expect(first.setRegister(ENABLER, ALL_ONES)).toBe(0);
    const guest = first.guest();
    expect(guest.read('PPI_ENABLER0')).toBe(0x5c80_0008n);
    guest.write('PPI_ENABLER0', ALL_ONES);
    expect(guest.read('PPI_ENABLER0')).toBe(0x4800_0008n);
    const queued = ran(QUEUED);
    const before = queued.journal.state.clone();
    expect(queued.setRegister(ENABLER, ALL_ONES)).toBe(-EBUSY);
    expect(queued.journal.state.equals(before)).toBe(true);
    expect(queued.getRegister(ENABLER)).toBe(0n);
    const two = v2(H5, QUEUED);
    two.guest(0).run();
    two.guest(0).stop();
    expect(two.setRegister(ENABLER, ALL_ONES, 1)).toBe(-EBUSY);
  });

  it('[V5-081] depends on the first runner with mainline’s finalisation', () => {
    expect(firstRunnerIsVcpu1('mainline', false)).toEqual({ mask: 8n, hmr: 0n, enables: [8n, 8n] });
    expect(firstRunnerIsVcpu1('mainline', true)).toMatchObject({ mask: 0x80_0008n, hmr: 0x80_0000n });
    for (const profile of ['masked', QUEUED]) {
      expect(firstRunnerIsVcpu1(profile, false).mask).toBe(0x4800_0008n);
      expect(firstRunnerIsVcpu1(profile, true).mask).toBe(0x4880_0008n);
    }
  });

  it('[V5-082] finalises once', () => {
    const lab = v2();
    const exposed = (): bigint[] => [lab.vgic.ppiMask.value, lab.vgic.ppiHmr.value];
    for (const index of [0, 0, 1, 0]) {
      lab.guest(index).run();
      lab.guest(index).stop();
      expect(exposed()).toEqual([0x4800_0008n, 0x4800_0000n]);
    }
    expect(lab.gic(0).setOwner(0x2000_0017, 'other')).toBe(0);
    const guest = lab.guest(0);
    guest.write('PPI_ENABLER0', ALL_ONES);
    expect(guest.read('PPI_ENABLER0')).toBe(0x4800_0008n);
    expect(exposed()).toEqual([0x4800_0008n, 0x4800_0000n]);
  });

  it('[V5-083] gives back what user space wrote', () => {
    const lab = v1(H5, QUEUED);
    const values: Record<string, bigint> = {
      ICC_APR_EL1: 0x1_0000n,
      ICC_CR0_EL1: 1n,
      ICC_PCR_EL1: 0x10n,
      ICC_ICSR_EL1: 0n,
      [ENABLER]: 0x4800_0008n,
      [SACTIVER]: 8n,
      [SPENDR]: 8n,
      ICC_PPI_PRIORITYR0_EL1: 0x1010_1010_1010_1010n,
    };
    for (const [name, value] of Object.entries(values)) expect(lab.setRegister(name, value)).toBe(0);
    for (const [name, value] of Object.entries(values))
      expect(lab.getRegister(name), name).toBe(name === 'ICC_CR0_EL1' ? 7n : value);
    const guest = lab.guest();
    guest.run();
    const hardware = lab.host.cpu(0).interface;
    const [bank] = hardware.banks;
    expect([bank?.pend.value, bank?.active.value, bank?.enable.value, hardware.vmcr.value, hardware.apr.value]).toEqual(
      [8n, 8n, 0x4800_0008n, 0x8000_0001n, 0x1_0000n],
    );
    expect(guest.hppir).toBe(0n);

    const other = v1(H5, QUEUED);
    const roundTrip = (name: string, value: bigint): bigint | number => {
      expect(other.setRegister(name, value)).toBe(0);
      return other.getRegister(name);
    };
    expect(roundTrip('ICC_PPI_PRIORITYR8_EL1', ALL_ONES)).toBe(0n);
    expect(roundTrip('ICC_CR0_EL1', ALL_ONES)).toBe(7n);
    expect(roundTrip('ICC_APR_EL1', 0xffff_ffff_0001_0000n)).toBe(0x1_0000n);
    expect(roundTrip('ICC_PPI_PRIORITYR0_EL1', ALL_ONES)).toBe(0x1f1f_1f1f_1f1f_1f1fn);
    expect(roundTrip('ICC_PCR_EL1', 0xffn)).toBe(0x1fn);
    expect(roundTrip('ICC_ICSR_EL1', ALL_ONES)).toBe(0xffff_0000_f83fn);
    for (const name of ['ICC_HAPR_EL1', 'ICC_PPI_HMR0_EL1', 'ICC_PPI_CACTIVER0_EL1']) {
      const attr = sysregAttribute(other.vcpu(), name);
      expect(other.vm.deviceAttr('has', GROUP.CPU_SYSREGS, attr, new UserWords())).toBe(-ENXIO);
      expect(other.getRegister(name)).toBe(-ENOENT);
      expect(other.vm.deviceAttr('set', GROUP.CPU_SYSREGS, attr, BAD_ADDRESS)).toBe(-EFAULT);
      expect(other.setRegister(name, 0n)).toBe(-ENOENT);
    }
    expect(v1(H5, FIRST).getRegister('ICC_CR0_EL1')).toBe(0n);
  });

  it('[V5-084] assigns pending state, it does not add to it', () => {
    const lab = v1(H5, QUEUED);
    expect(lab.setRegister(SPENDR, 0x800_0008n)).toBe(0);
    expect(lab.getRegister(SPENDR)).toBe(0x800_0008n);
    expect(lab.setRegister(SPENDR, 0n)).toBe(0);
    expect(lab.getRegister(SPENDR)).toBe(0n);
    expect(lab.setRegister(SPENDR, 0x800_0000n)).toBe(0);
    lab.take();
    const guest = lab.guest();
    guest.run();
    expect(lab.take('hyp.flush', 'hyp.restore')).toMatchObject([{ pendr: 0x800_0000n }, { pendr: 0n }]);
    expect(guest.pend).toBe(0n);
    guest.stop();
    expect(lab.getRegister(SPENDR)).toBe(0x800_0000n);
  });

  it('[V5-085] has no register access without the later series', () => {
    const lab = v1();
    const attr = sysregAttribute(lab.vcpu(), ENABLER);
    expect(attr).toBe(0xc656n);
    for (const op of ['has', 'get', 'set'] as const)
      expect(lab.vm.deviceAttr(op, GROUP.CPU_SYSREGS, attr, new UserWords(0n))).toBe(-ENXIO);
    expect(lab.vcpu().getOneReg(ENABLER).result).toBe(-ENOENT);
    expect(lab.vcpu().setOneReg(ENABLER, 0n)).toBe(-ENOENT);
  });

  it('names every attribute of a register as the specification does', () => {
    const vcpu = v1(H5, QUEUED).vcpu();
    const attr = (name: string): bigint => sysregAttribute(vcpu, `ICC_${name}_EL1`);
    expect(attr('ICSR')).toBe(0xc654n);
    expect([attr('PPI_SACTIVER0'), attr('PPI_SPENDR1')]).toEqual([0xc66an, 0xc66fn]);
    expect([attr('PPI_PRIORITYR0'), attr('PPI_PRIORITYR15')]).toEqual([0xc670n, 0xc67fn]);
    expect([attr('APR'), attr('CR0'), attr('PCR')]).toEqual([0xce00n, 0xce01n, 0xce02n]);
    expect(bitsOf(0x8000_0000_0000_0001n)).toEqual([0, 63]);
  });
});
