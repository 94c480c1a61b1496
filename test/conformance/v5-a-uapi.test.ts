/** Scenarios S01 … S20 of gicv5-scenarios: the device and its attributes. */
import { describe, expect, it } from 'vitest';
import { EBUSY, EEXIST, EFAULT, EINVAL, EIO, ENODEV, ENOEXEC, ENOTTY, ENXIO } from '../../core/kvm/errno.ts';
import {
  BAD_ADDRESS,
  CTRL,
  DEVICE_VGIC_V3,
  DEVICE_VGIC_V5,
  GROUP,
  KVM_CREATE_DEVICE_TEST,
  PMU_ATTRIBUTE,
  UserWords,
  VCPU_GROUP,
} from '../../core/kvm/uapi.ts';
import { FEATURE } from '../../core/kvm/vcpu-slots.ts';
import { H3, H5, H5C, H5P, H5V, Lab, SW_LINE, v1 } from './v5-lab.ts';

const USERSPACE_PPIS = BigInt(CTRL.USERSPACE_PPIS);
const INIT = BigInt(CTRL.INIT);
const [VTIMER, PTIMER, HVTIMER, HPTIMER] = [0n, 1n, 2n, 3n];

function readPpis(lab: Lab, words = new UserWords(0n, 0n)): { result: number; words: bigint[] } {
  const result = lab.vm.deviceAttr('get', GROUP.CTRL, USERSPACE_PPIS, words);
  return { result, words: words.words };
}

const setTimer = (lab: Lab, timer: bigint, value: bigint): number =>
  lab.vcpu().attribute('set', VCPU_GROUP.TIMER_CTRL, timer, new UserWords(value));

function getTimer(lab: Lab, timer: bigint): bigint | number {
  const words = new UserWords(0n);
  const result = lab.vcpu().attribute('get', VCPU_GROUP.TIMER_CTRL, timer, words);
  return result === 0 ? (words.words[0] ?? 0n) : result;
}

function getPmuIrq(lab: Lab): bigint | number {
  const words = new UserWords(0n);
  const result = lab.vcpu().attribute('get', VCPU_GROUP.PMU_V3_CTRL, BigInt(PMU_ATTRIBUTE.IRQ), words);
  return result === 0 ? (words.words[0] ?? 0n) : result;
}

/** KVM_RUN that returns at once; the result of an entry that succeeds is 0. */
function run(lab: Lab, index = 0): number {
  const vcpu = lab.vcpu(index);
  const result = vcpu.beginRun(lab.host.cpu(index));
  if (result !== 0) return result;
  expect(vcpu.enter()).toBe('entered');
  vcpu.endRun();
  return 0;
}

/** GIC and GCIE as user space reads them. */
function idPair(lab: Lab): [bigint, bigint] {
  const pfr0 = lab.vcpu().getOneReg('ID_AA64PFR0_EL1');
  const pfr2 = lab.vcpu().getOneReg('ID_AA64PFR2_EL1');
  expect([pfr0.result, pfr2.result]).toEqual([0, 0]);
  return [(pfr0.value >> 24n) & 0xfn, (pfr2.value >> 12n) & 0xfn];
}

/** The same as the guest reads them. */
function guestIdPair(lab: Lab): [bigint, bigint] {
  const guest = lab.guest();
  return [(guest.read('ID_AA64PFR0_EL1') >> 24n) & 0xfn, (guest.read('ID_AA64PFR2_EL1') >> 12n) & 0xfn];
}

describe('device and UAPI', () => {
  it('[V5-001] answers the test flag without creating anything', () => {
    const lab = new Lab(H5);
    lab.addVcpu(0);
    lab.take();
    expect(lab.vm.createDevice(DEVICE_VGIC_V5, KVM_CREATE_DEVICE_TEST)).toBe(0);
    expect(lab.kinds('vm.idregs')).toEqual([]);
    expect(lab.vm.irqchip.lo).toBe(0);
    expect(lab.createV5()).toBe(0);
    expect(lab.kinds('vm.idregs')).toEqual(['vm.idregs']);
  });

  it('[V5-002] knows no device of type 0', () => {
    for (const facts of [H5, H5C, H3]) {
      const lab = new Lab(facts);
      expect(lab.vm.createDevice(0)).toBe(-ENODEV);
      expect(lab.vm.createDevice(0, KVM_CREATE_DEVICE_TEST)).toBe(-ENODEV);
    }
  });

  it('[V5-003] creates the device once', () => {
    const lab = new Lab(H5);
    expect(lab.createV5()).toBe(0);
    expect(lab.createV5()).toBe(-EEXIST);
    // Closing the file descriptor leaves the irqchip, so there is nothing to call here.
    expect(lab.createV5()).toBe(-EEXIST);
  });

  it('[V5-004] offers vGICv5 only where the host can', () => {
    expect(new Lab(H3).createV5()).toBe(-ENODEV);
    expect(new Lab(H3).vm.createDevice(DEVICE_VGIC_V5, KVM_CREATE_DEVICE_TEST)).toBe(-ENODEV);
    expect(new Lab(H5P).createV5()).toBe(-ENODEV);
    expect(new Lab(H5P).vm.createDevice(DEVICE_VGIC_V3)).toBe(0);
    // What the host registers at start (kvm-vgic-v5 §3).
    expect(new Lab(H5).host.probe()).toEqual({ result: 0, deviceTypes: [16] });
    expect(new Lab(H5C).host.probe()).toEqual({ result: 0, deviceTypes: [16, 7] });
    expect(new Lab(H5P).host.probe()).toEqual({ result: 0, deviceTypes: [7] });
    expect(new Lab({ ...H5, pkvm: true }).host.probe().result).toBe(-ENODEV);
    expect(new Lab({ ...H5, nestedVirt: true }).host.probe().result).toBe(-ENODEV);
  });

  it('[V5-005] refuses to create it while a vCPU runs or after one has run', () => {
    const lab = new Lab(H5);
    const vcpu = lab.addVcpu(0);
    expect(vcpu.beginRun(lab.host.cpu(0))).toBe(0);
    expect(lab.createV5()).toBe(-EBUSY);
    vcpu.endRun();
    expect(lab.createV5()).toBe(-EBUSY);
    expect(lab.vm.irqchip.lo).toBe(0);
    expect(lab.vm.createDevice(DEVICE_VGIC_V5, KVM_CREATE_DEVICE_TEST)).toBe(0);
  });

  it('[V5-006] tests for an irqchip before it tests for a run', () => {
    const lab = v1();
    expect(run(lab)).toBe(0);
    expect(lab.createV5()).toBe(-EEXIST);
    expect(lab.vcpu().beginRun(lab.host.cpu(0))).toBe(0);
    expect(lab.createV5()).toBe(-EBUSY);
  });

  it('[V5-007] shows the identification registers by phase', () => {
    const a = new Lab(H5C);
    expect(a.vm.createVcpu(0)).toBe(0);
    expect(a.vcpu().getOneReg('ID_AA64PFR0_EL1').result).toBe(-ENOEXEC);
    expect(a.vcpu().init()).toBe(0);
    expect(idPair(a)).toEqual([1n, 1n]);
    expect(a.createV5()).toBe(0);
    expect(idPair(a)).toEqual([0n, 1n]);

    const b = new Lab(H5C);
    b.addVcpu(0);
    expect(b.vm.createDevice(DEVICE_VGIC_V3)).toBe(0);
    expect(idPair(b)).toEqual([1n, 0n]);

    // The vectors store these registers when the VM is made; the text of the specification has this order.
    const c = new Lab(H5C);
    expect(c.createV5()).toBe(0);
    c.addVcpu(0);
    expect(idPair(c)).toEqual([1n, 1n]);
    expect(c.init()).toBe(0);
    expect(guestIdPair(c)).toEqual([0n, 1n]);
    expect(idPair(c)).toEqual([0n, 1n]);

    const d = new Lab(H5C);
    d.addVcpu(0);
    expect(idPair(d)).toEqual([1n, 1n]);
    expect(guestIdPair(d)).toEqual([0n, 0n]);

    const e = new Lab(H5);
    e.addVcpu(0);
    expect(idPair(e)).toEqual([0n, 1n]);
    expect(e.createV5()).toBe(0);
    expect(idPair(e)).toEqual([0n, 1n]);
  });

  it('[V5-008] does not let user space fake them', () => {
    const lab = v1(H5C);
    const vcpu = lab.vcpu();
    const pfr0 = vcpu.getOneReg('ID_AA64PFR0_EL1').value;
    expect(vcpu.setOneReg('ID_AA64PFR0_EL1', pfr0 | (1n << 24n))).toBe(0);
    expect(vcpu.setOneReg('ID_AA64PFR2_EL1', 1n << 12n)).toBe(0);
    expect(idPair(lab)).toEqual([1n, 1n]);
    expect(guestIdPair(lab)).toEqual([0n, 1n]);
    lab.vcpu().endRun();
    expect(vcpu.setOneReg('ID_AA64PFR0_EL1', pfr0 | (1n << 24n))).toBe(-EBUSY);
  });

  it('[V5-009] initialises without vCPUs, and adds none afterwards', () => {
    const lab = new Lab(H5);
    expect(lab.createV5()).toBe(0);
    expect(lab.init()).toBe(0);
    expect(lab.vm.createVcpu(0)).toBe(-EBUSY);
  });

  it('[V5-010] does nothing at a second INIT', () => {
    const lab = v1();
    const before = lab.journal.state.clone();
    lab.take();
    expect(lab.init()).toBe(0);
    expect(lab.journal.state.equals(before)).toBe(true);
    expect(lab.kinds('vm.init')).toEqual([]);
  });

  it('[V5-011] refuses INIT and creation while a vCPU is half created', () => {
    const lab = new Lab(H5);
    expect(lab.createV5()).toBe(0);
    lab.vm.beginVcpuCreation();
    expect(lab.init()).toBe(-EBUSY);
    lab.vm.abandonVcpuCreation();
    expect(lab.init()).toBe(0);
    const other = new Lab(H5);
    other.vm.beginVcpuCreation();
    expect(other.createV5()).toBe(-EBUSY);
  });

  it('[V5-012] kills the VM that runs before INIT', () => {
    const lab = new Lab(H5);
    expect(lab.vm.createVcpu(0)).toBe(0);
    expect(lab.createV5()).toBe(0);
    expect(run(lab)).toBe(-ENOEXEC);
    expect(lab.vm.dead.flag).toBe(false);
    expect(lab.vcpu().init()).toBe(0);
    lab.take();
    expect(run(lab)).toBe(-EBUSY);
    expect(lab.kinds('vm.dead')).toEqual(['vm.dead']);
    expect([
      run(lab),
      lab.init(),
      readPpis(lab).result,
      lab.vm.createVcpu(1),
      lab.createV5(),
      lab.irqLine(SW_LINE, 1),
    ]).toEqual(Array(6).fill(-EIO));
  });

  it('[V5-013] refuses nested virtualisation', () => {
    const lab = new Lab(H5V);
    lab.addVcpu(0, FEATURE.NESTED);
    expect(lab.createV5()).toBe(0);
    expect(lab.init()).toBe(-EINVAL);
    expect(lab.init()).toBe(-EINVAL);
    expect(lab.irqLine(SW_LINE, 1)).toBe(-EBUSY);
    lab.take();
    expect(run(lab)).toBe(-EBUSY);
    expect(lab.kinds('vm.dead')).toEqual(['vm.dead']);
    const plain = new Lab(H5C);
    expect(plain.vm.createVcpu(0)).toBe(0);
    expect(plain.vcpu().init(FEATURE.NESTED)).toBe(-EINVAL);
  });

  it('[V5-014] tells which PPIs user space may drive', () => {
    const lab = new Lab(H5);
    lab.addVcpu(0);
    expect(lab.createV5()).toBe(0);
    const memory = new UserWords(0n, 0n);
    expect(lab.vm.deviceAttr('has', GROUP.CTRL, USERSPACE_PPIS, memory)).toBe(0);
    expect(readPpis(lab, new UserWords(7n, 7n))).toEqual({ result: 0, words: [0n, 0n] });
    expect(lab.vm.deviceAttr('set', GROUP.CTRL, USERSPACE_PPIS, memory)).toBe(-ENXIO);
    expect(lab.init()).toBe(0);
    expect(readPpis(lab)).toEqual({ result: 0, words: [8n, 0n] });
    expect(lab.vm.deviceAttr('set', GROUP.CTRL, USERSPACE_PPIS, memory)).toBe(-ENXIO);
  });

  it('[V5-015] reports faults, and what was written before one', () => {
    const lab = v1();
    expect(lab.vm.deviceAttr('get', GROUP.CTRL, USERSPACE_PPIS, BAD_ADDRESS)).toBe(-EFAULT);
    expect(readPpis(lab, new UserWords(0n))).toEqual({ result: -EFAULT, words: [8n] });
    expect(lab.vm.deviceAttr('set', GROUP.CTRL, INIT, undefined)).toBe(-EFAULT);
  });

  it('[V5-016] knows no other attribute', () => {
    const lab = v1();
    const memory = new UserWords(0n, 0n);
    const wrong: [number, bigint][] = [
      [GROUP.ADDR, 0n],
      [GROUP.NR_IRQS, 0n],
      [GROUP.CPU_SYSREGS, 0n],
      [GROUP.MAINT_IRQ, 0n],
      [63, 0n],
      [GROUP.CTRL, 3n],
      [GROUP.CTRL, 99n],
    ];
    for (const op of ['has', 'get', 'set'] as const)
      for (const [group, attr] of wrong)
        expect(lab.vm.deviceAttr(op, group, attr, memory), `${op} ${group}/${attr}`).toBe(-ENXIO);
    expect(lab.vm.deviceAttr('get', GROUP.CTRL, INIT, memory)).toBe(-ENXIO);
    expect(lab.vm.deviceAttr('has', GROUP.CTRL, INIT, memory)).toBe(0);
    expect(lab.vm.deviceAttr('set', GROUP.CTRL, USERSPACE_PPIS, memory)).toBe(-ENXIO);
    expect(lab.vm.deviceAttr('has', GROUP.CTRL, USERSPACE_PPIS, memory)).toBe(0);
    expect(lab.vm.unknownDeviceIoctl()).toBe(-ENOTTY);
  });

  it('[V5-017] limits vCPU ids and their number', () => {
    const bare = new Lab(H5);
    const withDevice = new Lab(H5);
    expect(withDevice.createV5()).toBe(0);
    for (const lab of [bare, withDevice]) {
      expect(lab.vm.createVcpu(0x200)).toBe(-EINVAL);
      expect(lab.vm.createVcpu(0x1ff)).toBe(0);
      expect(lab.vm.createVcpu(0x1ff)).toBe(-EEXIST);
      expect(lab.vm.maxVcpusCapability).toBe(0x200);
    }
    expect(withDevice.init()).toBe(0);
    expect(withDevice.vm.createVcpu(0)).toBe(-EBUSY);
    expect(withDevice.vm.createVcpu(0x200)).toBe(-EINVAL);
  });

  it('[V5-018] has no legacy irqchip', () => {
    expect(new Lab(H5).vm.createLegacyIrqchip()).toBe(-ENODEV);
    expect(new Lab(H5P).vm.createLegacyIrqchip()).toBe(-ENODEV);
  });

  it('[V5-019] takes PPI identifiers for the timers and punishes wrong ones at the first run', () => {
    const early = new Lab(H5);
    early.addVcpu(0);
    expect(setTimer(early, VTIMER, 0x1bn)).toBe(-EINVAL);
    expect(setTimer(early, VTIMER, 0x2000_001bn)).toBe(-EINVAL);
    expect(getTimer(early, VTIMER)).toBe(0x1bn);

    const lab = v1();
    expect([VTIMER, PTIMER, HVTIMER, HPTIMER].map((timer) => getTimer(lab, timer))).toEqual([
      0x2000_001bn,
      0x2000_001en,
      0x2000_001cn,
      0x2000_001an,
    ]);
    expect(setTimer(lab, VTIMER, 0x1bn)).toBe(-EINVAL);
    expect(setTimer(lab, VTIMER, 0x2000_001bn)).toBe(0);
    expect(getTimer(lab, VTIMER)).toBe(0x2000_001bn);
    expect(setTimer(lab, 9n, 0x2000_001bn)).toBe(-ENXIO);
    expect(setTimer(lab, PTIMER, 0x2000_0003n)).toBe(0);
    expect(run(lab)).toBe(-EINVAL);
    expect(run(lab)).toBe(-EINVAL);
    expect(lab.vm.dead.flag).toBe(false);
    expect(setTimer(lab, PTIMER, 0x2000_001en)).toBe(0);
    expect(run(lab)).toBe(0);
    expect(setTimer(lab, VTIMER, 0x2000_001bn)).toBe(-EBUSY);
    expect(setTimer(lab, VTIMER, 0x1bn)).toBe(-EINVAL);
    expect(setTimer(lab, 9n, 0x2000_001bn)).toBe(-EBUSY);
    // The residue: the failed runs made the physical timer the owner of PPI 3.
    expect(lab.gic().ppis.ownerOf(3)).toBe('ptimer');
    lab.take();
    expect(lab.irqLine(SW_LINE, 1)).toBe(0);
    expect(lab.take('irq.inject')).toMatchObject([{ accepted: false, reason: 'owner' }]);
    expect(lab.gic().ppis.pendingLatch.value).toBe(0n);
  });

  it('[V5-020] sets up the PMU interrupt in one order only', () => {
    const withPmu = (): Lab => {
      const lab = new Lab(H5);
      lab.addVcpu(0, FEATURE.PMU);
      expect(lab.createV5()).toBe(0);
      expect(lab.init()).toBe(0);
      return lab;
    };
    const first = withPmu();
    expect(getPmuIrq(first)).toBe(-ENXIO);
    const set = (value: bigint): number => first.pmuSet(PMU_ATTRIBUTE.IRQ, value);
    expect(set(0x17n)).toBe(-EINVAL);
    expect(set(0x2000_0003n)).toBe(-EINVAL);
    expect(set(0x6000_0020n)).toBe(-EINVAL);
    expect(set(0x2000_0017n)).toBe(0);
    expect(set(0x2000_0017n)).toBe(-EBUSY);
    expect(set(0x17n)).toBe(-EINVAL);
    expect(first.pmuInit()).toBe(0);
    expect(first.pmuInit()).toBe(-EBUSY);
    expect(set(0x17n)).toBe(-EBUSY);

    const without = v1();
    expect(without.pmuSet(PMU_ATTRIBUTE.IRQ, 0x2000_0017n)).toBe(-ENODEV);
    expect(without.pmuInit()).toBe(-ENODEV);
    expect(getPmuIrq(without)).toBe(-ENODEV);

    const second = new Lab(H5);
    second.addVcpu(0, FEATURE.PMU);
    expect(second.createV5()).toBe(0);
    expect(second.pmuInit()).toBe(-ENODEV);
    expect(second.init()).toBe(0);
    expect(second.pmuInit()).toBe(0);
    expect(getPmuIrq(second)).toBe(0x2000_0017n);

    const third = withPmu();
    expect(run(third)).toBe(-EINVAL);
    expect(third.vm.dead.flag).toBe(false);
    expect(third.pmuInit()).toBe(0);
    expect(run(third)).toBe(0);
    expect(third.vgic.ppiMask.value).toBe(0x4880_0008n);

    const fourth = new Lab(H5);
    fourth.addVcpu(0, FEATURE.PMU);
    expect(fourth.pmuInit()).toBe(0);
    expect(fourth.createV5()).toBe(0);
    expect(fourth.init()).toBe(0);
    expect(run(fourth)).toBe(-EINVAL);
  });
});
