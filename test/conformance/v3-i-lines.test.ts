/** gicv3-scenarios, parts I, J and K: timers, lines from userspace, save and restore. */
import { describe, expect, it } from 'vitest';
import { BAD_ADDRESS, DEVICE_VGIC_V3, GROUP, PMU_ATTRIBUTE, UserWords, VCPU_GROUP } from '../../core/kvm/uapi.ts';
import { FEATURE } from '../../core/kvm/vcpu-slots.ts';
import { VmVgic } from '../../core/kvm/vgic/vm-part.ts';
import { D, hex, instr, R, V3Lab } from './v3-lab.ts';

const S = R + 0x1_0000n;
const ENXIO = -6;
const EFAULT = -14;
const EBUSY = -16;
const EINVAL = -22;
const FREQUENCY = 1000n;

/** BASE with the virtual timer as KVM wires it: owner of PPI 27, mapped to the host's. */
function timed(): V3Lab {
  const lab = V3Lab.base();
  lab.stopped(() => expect(lab.at(0).vcpu.timers.enable()).toBe(0));
  lab.w(0, S + 0x100n, 1 << 27);
  lab.take();
  return lab;
}

/** The guest arms its virtual timer so that it has fired, or switches it off. */
function timer(lab: V3Lab, on: boolean): void {
  const { vcpu } = lab.at(0);
  const ran = vcpu.inGuest;
  if (!ran) lab.enter();
  vcpu.sysreg('write', 'CNTV_CVAL_EL0', 0n);
  vcpu.sysreg('write', 'CNTV_CTL_EL0', on ? 1n : 0n);
  if (!ran) lab.exit();
}

describe('I. Timers and PMU', () => {
  it('[V3-064] loads the mapped timer with its host interrupt', () => {
    const lab = timed();
    lab.host.advance(FREQUENCY);
    timer(lab, true);
    // The host's interrupt fires and KVM injects the level as the timer's owner.
    expect(lab.vm.gic?.inject(lab.at(0).vcpu, 27, true, 'vtimer')).toBe(0);
    expect([lab.irq(27).hw, lab.irq(27).hwIntid, lab.irq(27).line]).toEqual([true, 27, true]);
    lab.enter();
    expect([...hex(...lab.lr()), lab.irq(27).line]).toEqual(['0x70a0001b0000001b', false]);
    expect(lab.iar()).toBe(27);
    expect(hex(...lab.lr())).toEqual(['0xb0a0001b0000001b']);
    lab.again();
    expect(hex(...lab.lr())).toEqual(['0xb0a0001b0000001b']);
    lab.take();
    lab.eoi(27);
    expect([...hex(...lab.lr()), lab.misr()]).toEqual(['0x30a0001b0000001b', 0]);
    expect(lab.take('physical.deactivate')).toEqual([
      { kind: 'physical.deactivate', intid: 27, pintid: 27, by: 'hardware' },
    ]);
  });

  it('[V3-065] samples the timer when it is folded unacknowledged', () => {
    const lab = timed();
    lab.host.advance(FREQUENCY);
    timer(lab, true);
    lab.vm.gic?.inject(lab.at(0).vcpu, 27, true, 'vtimer');
    lab.enter();
    expect(lab.r(0, S + 0x200n) >> 27n).toBe(1n);
    timer(lab, false);
    expect(lab.r(0, S + 0x200n) >> 27n).toBe(0n);
    lab.take();
    lab.exit();
    expect([lab.irq(27).line, lab.list()]).toEqual([false, []]);
  });

  it('makes the timer physically active at each load while its output is high or the guest handles it (§13.2)', () => {
    const lab = timed();
    const loaded = (): unknown => {
      lab.take();
      lab.stopped(() => undefined);
      return lab.take('timer.physicalActive');
    };
    const active = (on: boolean): unknown => [
      { kind: 'timer.physicalActive', intid: 27, pintid: 27, on },
      { kind: 'timer.physicalActive', intid: 30, pintid: 30, on: false },
    ];
    expect(loaded()).toEqual(active(false));
    lab.host.advance(FREQUENCY);
    timer(lab, true);
    expect(loaded()).toEqual(active(true));
    lab.vm.gic?.inject(lab.at(0).vcpu, 27, true, 'vtimer');
    lab.enter();
    expect(lab.iar()).toBe(27);
    timer(lab, false);
    lab.exit();
    expect([lab.irq(27).active, loaded()]).toEqual([true, active(true)]);
  });

  it('[V3-066] ignores a line that userspace drives and a timer owns', () => {
    const before = V3Lab.base();
    before.ppi(27);
    before.ppi(30);
    expect([before.irq(27).line, before.irq(30).line]).toEqual([true, true]);
    const lab = timed();
    lab.host.journal.clear();
    lab.ppi(27);
    expect([lab.host.journal.count, lab.take('irq.updatePending').length]).toEqual([0, 1]);
    lab.ppi(23);
    expect(lab.irq(23).line).toBe(true);
  });

  it('[V3-067] deactivates the timer by a trapped DIR while an SPI is live', () => {
    const lab = timed();
    lab.sysreg(0, 'PMR', 0xf8n);
    lab.w(0, D + 0x420n, 0xf0, 1);
    lab.w(0, S + 0x41bn, 0xe8, 1);
    lab.spi(32);
    lab.host.advance(FREQUENCY);
    timer(lab, true);
    lab.vm.gic?.inject(lab.at(0).vcpu, 27, true, 'vtimer');
    lab.enter();
    lab.write('CTLR', 2);
    expect(hex(lab.hcr())).toEqual(['0x4191']);
    expect(lab.lr().map((lr) => Number(lr & 0x3ffn))).toEqual([32, 27]);
    expect(lab.iar()).toBe(27);
    timer(lab, false);
    expect(lab.r(0, S + 0x200n) >> 27n).toBe(0n);
    lab.eoi(27);
    lab.take();
    expect(lab.write('DIR', 27)).toBe('emulated');
    expect(lab.take('physical.deactivate')).toEqual([
      { kind: 'physical.deactivate', intid: 27, pintid: 27, by: 'software' },
    ]);
    expect(lab.r(0, S + 0x300n) >> 27n).toBe(0n);
    lab.exit();
    timer(lab, true);
    lab.vm.gic?.inject(lab.at(0).vcpu, 27, true, 'vtimer');
    lab.enter();
    expect(lab.iar()).toBe(27);
  });

  it('[V3-068] tells of the PMU’s line by the interrupt that user space chose', () => {
    const lab = new V3Lab();
    lab.vm.createVcpu(0);
    const { vcpu } = lab.at(0);
    vcpu.init(FEATURE.PMU);
    lab.device();
    const pmu = (attribute: number, value = 0n): number =>
      vcpu.attribute('set', VCPU_GROUP.PMU_V3_CTRL, BigInt(attribute), new UserWords(value));
    expect([pmu(PMU_ATTRIBUTE.IRQ, 20n), pmu(PMU_ATTRIBUTE.INIT)]).toEqual([0, 0]);
    lab.load(0);
    lab.take();
    vcpu.pmu.set(1, 1, true);
    lab.enter();
    expect(lab.take('pmu.level')).toEqual([{ kind: 'pmu.level', intid: 20, level: true }]);
  });

  it('[V3-068] loads the PMU’s line as a plain level', () => {
    const lab = new V3Lab();
    expect(lab.vm.createVcpu(0)).toBe(0);
    const { vcpu } = lab.at(0);
    expect(vcpu.init(FEATURE.PMU)).toBe(0);
    lab.device();
    const pmu = (attribute: number, value = 0n): number =>
      vcpu.attribute('set', VCPU_GROUP.PMU_V3_CTRL, BigInt(attribute), new UserWords(value));
    expect([pmu(PMU_ATTRIBUTE.IRQ, 23n), pmu(PMU_ATTRIBUTE.INIT)]).toEqual([0, 0]);
    lab.load(0);
    lab.w(0, D, 2);
    lab.w(0, S + 0x100n, 1 << 23);
    lab.w(0, S + 0x417n, 0xa0, 1);
    lab.take();
    lab.enter();
    lab.exit();
    const unchanged = { kind: 'irq.updatePending', vcpu: 0, intid: 23, level: false, via: 'pmu', outcome: 'unchanged' };
    expect(lab.take('irq.updatePending')).toEqual([unchanged, unchanged]);
    vcpu.pmu.set(1, 1, true);
    lab.enter();
    expect(hex(...lab.lr())).toEqual(['0x50a0020000000017']);
  });
});

describe('J. Lines from userspace', () => {
  it('[V3-069] takes lines by their packed numbers', () => {
    const lab = V3Lab.base();
    const results: [number, number][] = [
      [0x0100_0028, 0],
      [0x0100_0040, EINVAL],
      [0x0100_001f, EINVAL],
      [0x0100_03fc, EINVAL],
      [0x0100_0400, EINVAL],
      [0x0100_1400, EINVAL],
      [0x0200_0017, 0],
      [0x0200_000f, EINVAL],
      [0x0200_0020, EINVAL],
      [0x0205_0017, EINVAL],
      [0x0000_0000, ENXIO],
      [0x0300_0000, EINVAL],
    ];
    for (const [irq, result] of results) expect([irq, lab.line(irq, 1)]).toEqual([irq, result]);
    expect([lab.irq(40).latch, lab.irq(23).line]).toEqual([true, true]);
    lab.spi(40, 0);
    expect(lab.irq(40).latch).toBe(true);
    const many = new V3Lab({ vcpus: 301 });
    expect(many.line(0x0100_0028, 1)).toBe(ENXIO);
    for (let id = 0; id < 301; id++) many.addVcpu(id);
    expect(many.vm.createDevice(DEVICE_VGIC_V3)).toBe(0);
    expect(many.line(0x0100_0028, 1)).toBe(EBUSY);
    expect(many.init()).toBe(0);
    expect(many.line(0x122c_0017, 1)).toBe(0);
    expect([many.irq(23, 300).line, many.irq(23, 44).line]).toEqual([true, false]);
  });

  it('[V3-070] raises SPI pin + 32 for a routed line', () => {
    const lab = V3Lab.base();
    const signal = (gsi: number): number | undefined => lab.vm.gic?.gsis?.signal(gsi, true);
    const routed = (pin: number): number => lab.vm.setGsiRouting([{ gsi: 3, to: { irqchip: 0, pin } }]);
    // Until userspace replaces the table, GSI n is pin n.
    expect([signal(8), lab.irq(40).latch]).toEqual([0, true]);
    expect([routed(988), routed(987)]).toEqual([EINVAL, 0]);
    // A pin beyond the VM's 64 INTIDs, in the table and at the call itself.
    expect(routed(40)).toBe(0);
    const { gic } = lab.vm;
    lab.host.journal.clear();
    expect([signal(3), gic instanceof VmVgic && gic.injectPin(40, true)]).toEqual([EINVAL, EINVAL]);
    expect(lab.host.journal.count).toBe(0);
  });

  it('[V3-071] reads and writes line levels', () => {
    const lab = V3Lab.base();
    lab.uset(GROUP.LEVEL_INFO, 32, 2);
    expect([lab.irq(33).line, lab.irq(33).pending, lab.uget(GROUP.LEVEL_INFO, 32)]).toEqual([true, false, 0n]);
    lab.w(0, D + 0xc08n, 0xaaaa_aaa2);
    lab.uset(GROUP.LEVEL_INFO, 32, 2);
    expect([lab.irq(33).pending, lab.uget(GROUP.LEVEL_INFO, 32)]).toEqual([true, 2n]);
    lab.uset(GROUP.LEVEL_INFO, 0, 0x0080_ffff);
    expect(lab.uget(GROUP.LEVEL_INFO, 0)).toBe(0x0080_0000n);
    expect([lab.uset(GROUP.LEVEL_INFO, 0x21, 0), lab.uset(GROUP.LEVEL_INFO, 0x420, 0)]).toEqual([EINVAL, EINVAL]);
    expect([lab.uset(GROUP.LEVEL_INFO, 0x3e0, 0xffff), lab.uget(GROUP.LEVEL_INFO, 0x3e0)]).toEqual([0, 0n]);
  });
});

/** The words that a monitor saves, in the order in which it restores them (kvm-vgic-v3 §16). */
const SAVED: readonly (readonly [group: number, offset: number])[] = [
  [GROUP.DIST_REGS, 0x84],
  [GROUP.DIST_REGS, 0x104],
  [GROUP.DIST_REGS, 0xc08],
  [GROUP.DIST_REGS, 0xc0c],
  ...Array.from({ length: 32 }, (_, n) => [GROUP.DIST_REGS, 0x6100 + 8 * n] as const),
  ...Array.from({ length: 8 }, (_, n) => [GROUP.DIST_REGS, 0x420 + 4 * n] as const),
  [GROUP.REDIST_REGS, 0x1_0080],
  [GROUP.REDIST_REGS, 0x1_0100],
  ...Array.from({ length: 8 }, (_, n) => [GROUP.REDIST_REGS, 0x1_0400 + 4 * n] as const),
  ...['CTLR', 'PMR', 'BPR0', 'BPR1', 'AP0R0', 'AP1R0', 'IGRPEN0', 'IGRPEN1'].map(
    (name) => [GROUP.CPU_SYSREGS, instr(name)] as const,
  ),
  [GROUP.DIST_REGS, 0],
  [GROUP.DIST_REGS, 0x304],
  [GROUP.REDIST_REGS, 0x1_0300],
  [GROUP.DIST_REGS, 0x204],
  [GROUP.REDIST_REGS, 0x1_0200],
  [GROUP.LEVEL_INFO, 32],
  [GROUP.LEVEL_INFO, 0],
];

describe('K. Save and restore', () => {
  it('[V3-072] restores what was saved, and the guest goes on alike', () => {
    const lab = V3Lab.base();
    lab.w(0, D + 0x184n, 0xffff_fff8);
    lab.w(0, D + 0xc08n, 0xaaaa_aa82);
    lab.w(0, D + 0x421n, 0x98, 1);
    lab.uset(GROUP.DIST_REGS, 0x304, 1);
    lab.uset(GROUP.DIST_REGS, 0x204, 0xd);
    lab.uset(GROUP.LEVEL_INFO, 32, 2);
    lab.uset(GROUP.LEVEL_INFO, 0, 1 << 23);
    lab.w(0, S + 0x100n, 1 << 23);
    lab.sysreg(0, 'CTLR', 0x402n);
    lab.sysreg(0, 'AP1R0', 0x0010_0000n);
    const get = (offset: number): bigint => lab.uget(GROUP.DIST_REGS, offset);
    expect([0x104, 0x204, 0x284, 0x304, 0xc08, 0x420].map(get)).toEqual([7n, 0xdn, 0n, 1n, 0xaaaa_aa82n, 0xa0a0_98a0n]);
    expect([lab.uget(GROUP.LEVEL_INFO, 32), lab.uget(GROUP.LEVEL_INFO, 0)]).toEqual([2n, 0x0080_0000n]);
    expect([lab.sysreg(0, 'CTLR'), lab.sysreg(0, 'AP1R0')]).toEqual([0x402n, 0x0010_0000n]);
    expect(lab.r(0, D + 0x204n)).toBe(0xfn);

    const words = SAVED.map(([group, offset]) => lab.uget(group, offset));
    const copy = new V3Lab();
    copy.addVcpu(0);
    copy.device();
    copy.load(0);
    copy.uset(GROUP.DIST_REGS, 0x184, 0xffff_ffff);
    copy.uset(GROUP.REDIST_REGS, 0x1_0180, 0xffff_ffff);
    SAVED.forEach(([group, offset], n) => expect(copy.uset(group, offset, words[n] ?? 0n)).toBe(0));
    expect(SAVED.map(([group, offset]) => copy.uget(group, offset))).toEqual(words);
    const life = (each: V3Lab): unknown[] => {
      each.enter();
      const seen: unknown[] = [each.hcr(), [...each.lr()].sort()];
      each.eoi(32);
      each.write('DIR', 32);
      for (let n = 0; n < 4; n++) {
        const intid = each.iar();
        each.eoi(intid);
        each.write('DIR', intid);
        seen.push(intid, each.ap1r());
      }
      return seen;
    };
    expect(life(copy)).toEqual(life(lab));
  });

  it('[V3-073] sets only, except pending, which it replaces', () => {
    const lab = V3Lab.base();
    const set = (offset: number, value: number): number => lab.uset(GROUP.DIST_REGS, offset, value);
    const get = (offset: number): bigint => lab.uget(GROUP.DIST_REGS, offset);
    set(0x184, 0xffff_ff00);
    set(0x104, 1);
    expect(get(0x104)).toBe(0xffn);
    set(0x184, 0xffff_ffff);
    set(0x104, 1);
    expect(get(0x104)).toBe(1n);
    set(0x204, 5);
    set(0x204, 1);
    expect(get(0x204)).toBe(1n);
    set(0x284, 0xffff_ffff);
    expect(get(0x204)).toBe(1n);
    set(0x304, 3);
    set(0x304, 1);
    expect(get(0x304)).toBe(3n);
  });

  it('[V3-074] loses from sight what is restored before the distributor is enabled', () => {
    for (const early of [false, true]) {
      const lab = V3Lab.base();
      lab.uset(GROUP.DIST_REGS, 0, early ? 2 : 0);
      lab.uset(GROUP.DIST_REGS, 0x204, 1);
      lab.uset(GROUP.DIST_REGS, 0, 2);
      lab.enter();
      expect(lab.signal()).toBe(early ? 'irq' : 'none');
      lab.exit();
      expect(lab.r(0, D + 0x204n)).toBe(1n);
    }
  });

  it('[V3-075] is busy while a vCPU is in its run call', () => {
    const lab = V3Lab.base();
    const attributes: [number, bigint][] = [
      [GROUP.DIST_REGS, 0n],
      [GROUP.REDIST_REGS, 0n],
      [GROUP.CPU_SYSREGS, 0xc230n],
      [GROUP.LEVEL_INFO, 0n],
    ];
    for (const [group, attr] of attributes) {
      expect([lab.attr('get', group, attr).ret, lab.attr('set', group, attr).ret]).toEqual([EBUSY, EBUSY]);
      expect(lab.attr('has', group, attr).ret).toBe(0);
      const nobody = attr | (7n << 32n);
      if (group !== GROUP.DIST_REGS) expect(lab.attr('get', group, nobody).ret).toBe(EINVAL);
      const bad = group === GROUP.CPU_SYSREGS ? EBUSY : EFAULT;
      expect(lab.vm.deviceAttr('set', group, attr, BAD_ADDRESS)).toBe(bad);
    }
  });
});
