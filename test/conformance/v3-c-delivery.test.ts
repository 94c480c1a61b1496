/** gicv3-scenarios, part C: delivery to one vCPU. */
import { describe, expect, it } from 'vitest';
import { GROUP } from '../../core/kvm/uapi.ts';
import { D, hex, R, V3Lab } from './v3-lab.ts';

const S = R + 0x1_0000n;
/** SPI 33 level, all others edge. */
const LEVEL_33 = 0xaaaa_aaa2;

function priority(lab: V3Lab, intid: number, value: number): void {
  lab.w(0, D + 0x400n + BigInt(intid), value, 1);
}

function level33(): V3Lab {
  const lab = V3Lab.base();
  lab.w(0, D + 0xc08n, LEVEL_33);
  return lab;
}

describe('C. Delivery to one vCPU', () => {
  it('[V3-023] delivers an edge from its line to its end', () => {
    const lab = V3Lab.base();
    lab.spi(32);
    const told = lab.take('irq.updatePending', 'ap.queue', 'vm.requestAll', 'vcpu.kick');
    // The first SPI in the VM makes every vCPU enter again, with DIR trapped.
    expect(told.map(({ kind }) => kind)).toEqual(['irq.updatePending', 'ap.queue', 'vm.requestAll']);
    lab.enter();
    expect(hex(...lab.lr(), lab.hcr())).toEqual(['0x50a0000000000020', '0x4191']);
    expect([lab.signal(), lab.read('HPPIR1')]).toEqual(['irq', 32]);
    expect(lab.iar()).toBe(32);
    expect(hex(...lab.lr(), lab.ap1r(), lab.read('RPR'))).toEqual(['0x90a0000000000020', '0x100000', '0xa0']);
    expect([lab.signal(), lab.read('HPPIR1')]).toEqual(['none', 1023]);
    expect([lab.r(0, D + 0x304n), lab.r(0, D + 0x204n)]).toEqual([1n, 0n]);
    lab.eoi(32);
    expect(hex(...lab.lr(), lab.ap1r(), lab.read('RPR'))).toEqual(['0x10a0000000000020', '0x0', '0xff']);
    lab.exit();
    expect([lab.irq(32).active, lab.irq(32).pending, lab.list()]).toEqual([false, false, []]);
  });

  it('[V3-024] loads an edge that comes while the first is active as active and pending', () => {
    const lab = V3Lab.base();
    lab.spi(32);
    lab.enter();
    expect(lab.iar()).toBe(32);
    lab.exit();
    lab.spi(32);
    lab.enter();
    expect([...hex(...lab.lr()), lab.signal()]).toEqual(['0xd0a0000000000020', 'none']);
    lab.eoi(32);
    expect([...hex(...lab.lr()), lab.signal()]).toEqual(['0x50a0000000000020', 'irq']);
    expect(lab.iar()).toBe(32);
    lab.eoi(32);
    expect(hex(...lab.lr())).toEqual(['0x10a0000000000020']);
    const twice = V3Lab.base();
    twice.spi(32);
    twice.spi(32);
    twice.enter();
    expect(twice.iar()).toBe(32);
    twice.exit();
    twice.spi(32);
    twice.enter();
    twice.eoi(32);
    expect(twice.iar()).toBe(32);
    twice.eoi(32);
    expect(twice.iar()).toBe(1023);
  });

  it('[V3-025] delivers a level again while its line is high, and drops it when the line falls', () => {
    const lab = level33();
    lab.spi(33);
    lab.enter();
    expect(hex(...lab.lr())).toEqual(['0x50a0020000000021']);
    expect(lab.iar()).toBe(33);
    expect(hex(...lab.lr())).toEqual(['0x90a0020000000021']);
    lab.again();
    expect(hex(...lab.lr(), lab.hcr())).toEqual(['0x90a0020000000021', '0x4191']);
    lab.eoi(33);
    expect(hex(...lab.lr(), lab.at(0).hardware.eisr, lab.misr())).toEqual(['0x10a0020000000021', '0x1', '0x1']);
    expect(lab.at(0).vcpu.hasRequest).toBe(true);
    lab.take();
    lab.exit();
    expect(lab.take('irq.acknowledged')).toEqual([{ kind: 'irq.acknowledged', pin: 1 }]);
    lab.enter();
    expect([...hex(...lab.lr(), lab.hcr()), lab.signal()]).toEqual(['0x50a0020000000021', '0x191', 'irq']);
    lab.exit();
    lab.spi(33, 0);
    lab.enter();
    expect(lab.lr()).toEqual([]);
    lab.exit();
    expect(lab.list()).toEqual([]);
    // Lowered while the vCPU runs: nothing is pending any more, so nobody is kicked.
    const falls = level33();
    falls.spi(33);
    falls.enter();
    falls.take();
    falls.spi(33, 0);
    expect(falls.kicked()).toEqual([]);
    falls.exit();
    expect([falls.irq(33).line, falls.irq(33).latch, falls.list()]).toEqual([false, false, []]);
  });

  it('[V3-026] tells nobody of an end without an exit after the acknowledge', () => {
    const lab = level33();
    lab.spi(33);
    lab.enter();
    lab.iar();
    lab.eoi(33);
    expect(lab.misr()).toBe(1);
    lab.take();
    lab.again();
    expect(lab.take('irq.acknowledged')).toEqual([]);
    expect([...hex(...lab.lr()), lab.vgic.activeSpis.lo]).toEqual(['0x50a0020000000021', 1]);
  });

  it('[V3-027] ends a level whose line fell before', () => {
    const lab = level33();
    lab.spi(33);
    lab.enter();
    expect(lab.iar()).toBe(33);
    lab.exit();
    lab.spi(33, 0);
    lab.enter();
    lab.eoi(33);
    lab.take();
    lab.exit();
    expect(lab.take('irq.acknowledged')).toEqual([{ kind: 'irq.acknowledged', pin: 1 }]);
    expect(lab.list()).toEqual([]);
    lab.enter();
    expect(lab.iar()).toBe(1023);
  });

  it('[V3-028] keeps a level’s latch until the deactivation', () => {
    const lab = V3Lab.base();
    lab.w(0, D + 0xc08n, 0xaaaa_aaa8);
    lab.enter();
    lab.w(0, D + 0x204n, 1);
    expect(hex(...lab.lr())).toEqual(['0x50a0020000000020']);
    expect(lab.iar()).toBe(32);
    expect(lab.r(0, D + 0x204n)).toBe(1n);
    lab.eoi(32);
    lab.exit();
    expect([lab.r(0, D + 0x204n), lab.r(0, D + 0x304n)]).toEqual([0n, 0n]);
  });

  it('[V3-029] compares priorities with the mask strictly', () => {
    const lab = V3Lab.base();
    priority(lab, 35, 0xf0);
    lab.spi(35);
    lab.enter();
    expect([lab.read('HPPIR1'), lab.signal(), lab.iar()]).toEqual([35, 'none', 1023]);
    lab.write('PMR', 0xf8);
    expect(lab.signal()).toBe('irq');
    lab.write('PMR', 0xff);
    expect(lab.read('PMR')).toBe(0xf8);
    expect(lab.iar()).toBe(35);
    lab.eoi(35);
    lab.exit();
    priority(lab, 36, 0xf8);
    lab.spi(36);
    lab.enter();
    expect([lab.signal(), lab.iar()]).toEqual(['none', 1023]);
    lab.exit();
    priority(lab, 36, 0);
    lab.enter();
    lab.write('PMR', 0);
    expect([lab.signal(), lab.iar()]).toEqual(['none', 1023]);
  });

  it('[V3-030] preempts with a more urgent group priority only', () => {
    const lab = V3Lab.base();
    priority(lab, 34, 0x98);
    lab.spi(32);
    lab.enter();
    expect([lab.iar(), lab.ap1r()]).toEqual([32, 0x0010_0000]);
    lab.spi(33);
    lab.again();
    expect([lab.read('HPPIR1'), lab.signal(), lab.iar()]).toEqual([33, 'none', 1023]);
    lab.spi(34);
    lab.again();
    expect([lab.signal(), lab.iar(), lab.ap1r(), lab.read('RPR')]).toEqual(['irq', 34, 0x0018_0000, 0x98]);
    lab.eoi(34);
    expect([lab.ap1r(), lab.read('RPR')]).toEqual([0x0010_0000, 0xa0]);
    lab.eoi(32);
    expect([lab.ap1r(), lab.read('RPR'), lab.iar()]).toEqual([0, 0xff, 33]);
  });

  it('[V3-031] groups priorities by the binary point', () => {
    const lab = V3Lab.base();
    for (const [intid, value] of [
      [32, 0xb8],
      [33, 0xa0],
      [34, 0x98],
    ] as const)
      priority(lab, intid, value);
    lab.enter();
    lab.write('BPR1', 5);
    lab.spi(32);
    lab.again();
    expect([lab.iar(), lab.ap1r(), lab.read('RPR')]).toEqual([32, 0x0010_0000, 0xa0]);
    lab.spi(33);
    lab.again();
    expect([lab.signal(), lab.iar()]).toEqual(['none', 1023]);
    lab.spi(34);
    lab.again();
    expect([lab.iar(), lab.ap1r(), lab.read('RPR')]).toEqual([34, 0x0011_0000, 0x80]);
    lab.eoi(34);
    expect(lab.ap1r()).toBe(0x0010_0000);
    expect(lab.lr()).toContain(0x1098_0000_0000_0022n);
  });

  it('[V3-032] has minimum binary points, and one for both groups with CBPR', () => {
    const lab = V3Lab.base();
    lab.enter();
    lab.write('BPR0', 0);
    lab.write('BPR1', 0);
    expect([lab.read('BPR0'), lab.read('BPR1')]).toEqual([2, 3]);
    lab.write('CTLR', 1);
    lab.write('BPR0', 3);
    expect(lab.read('BPR1')).toBe(4);
    lab.write('BPR1', 7);
    expect(lab.read('BPR1')).toBe(4);
    lab.write('BPR0', 7);
    expect(lab.read('BPR1')).toBe(7);
    lab.write('CTLR', 0);
    expect(lab.read('BPR1')).toBe(3);
  });

  it('[V3-033] gates groups at the CPU interface and fills list registers with those that can be taken', () => {
    const lab = V3Lab.base();
    lab.w(0, S + 0x80n, 0xffff_fffe);
    for (let n = 0; n < 16; n++) lab.w(0, S + 0x400n + BigInt(n), (n + 1) * 8, 1);
    lab.w(0, S + 0x200n, 0xffff);
    lab.enter();
    expect(hex(...lab.lr(), lab.hcr())).toEqual([
      '0x5010000000000001',
      '0x5018000000000002',
      '0x5020000000000003',
      '0x5028000000000004',
      '0x9b',
    ]);
    expect([lab.read('HPPIR0'), lab.read('HPPIR1')]).toEqual([1023, 1]);
    const taken: number[] = [];
    for (let round = 0; round < 15; round++) {
      const intid = lab.iar();
      taken.push(intid);
      lab.eoi(intid);
      if (lab.misr() !== 0) lab.again();
    }
    expect(taken).toEqual(Array.from({ length: 15 }, (_, n) => n + 1));
    expect([lab.iar(), lab.read('IAR0')]).toEqual([1023, 1023]);
    // Read outside the guest, where nothing hides in a list register.
    lab.exit();
    expect([lab.r(0, S + 0x200n), lab.r(0, S + 0x300n)]).toEqual([1n, 0n]);
    lab.enter();
    expect(hex(...lab.lr(), lab.hcr())).toEqual(['0x4008000000000000', '0x91']);
    lab.write('IGRPEN0', 1);
    expect(lab.misr()).toBe(0x10);
    lab.again();
    expect([lab.signal(), lab.read('HPPIR0'), lab.read('IAR0'), lab.ap0r(), lab.read('RPR')]).toEqual([
      'fiq',
      0,
      0,
      2,
      8,
    ]);
    expect(hex(...lab.lr())).toEqual(['0x8008000000000000']);
    lab.write('EOIR0', 0);
    expect(lab.ap0r()).toBe(0);
  });

  it('[V3-034] hides one group behind a more urgent interrupt of the other', () => {
    const lab = V3Lab.base();
    lab.w(0, D + 0x84n, ~(1 << 8) >>> 0);
    priority(lab, 40, 0x10);
    priority(lab, 41, 0x20);
    lab.sysreg(0, 'IGRPEN0', 1n);
    lab.spi(40);
    lab.spi(41);
    lab.enter();
    expect(['HPPIR0', 'HPPIR1', 'IAR1', 'IAR0'].map((name) => lab.read(name))).toEqual([40, 1023, 1023, 40]);
  });

  it('[V3-035] does not queue by enabling the distributor what became pending before', () => {
    const lab = V3Lab.base();
    lab.w(0, D, 0);
    lab.spi(32);
    expect(lab.take('ap.queue')).toEqual([]);
    expect(lab.r(0, D + 0x204n)).toBe(1n);
    lab.w(0, D, 2);
    expect([lab.take('ap.queue'), lab.list()]).toEqual([[], []]);
    lab.w(0, D + 0x104n, 1);
    expect(lab.list()).toEqual([32]);
    lab.enter();
    expect(lab.signal()).toBe('irq');
  });

  it('[V3-036] takes back an interrupt that is disabled while it is loaded', () => {
    const lab = V3Lab.base();
    lab.spi(32);
    lab.enter();
    lab.w(0, D + 0x184n, 1);
    expect(lab.lr()).toEqual([]);
    lab.take();
    lab.exit();
    expect(lab.take('ap.remove')).toEqual([{ kind: 'ap.remove', intid: 32, from: 0, why: 'disabled' }]);
    expect(lab.r(0, D + 0x204n)).toBe(1n);
    lab.w(0, D + 0x104n, 1);
    lab.enter();
    expect(lab.iar()).toBe(32);
    lab.eoi(32);
    expect(lab.iar()).toBe(1023);
  });

  it('[V3-037] uses a new priority at the next entry of the vCPU concerned', () => {
    const lab = V3Lab.base({ vcpus: 2 });
    priority(lab, 32, 0xf0);
    lab.spi(32);
    lab.enter();
    priority(lab, 32, 0x80);
    expect([...hex(...lab.lr()), lab.signal()]).toEqual(['0x5080000000000020', 'irq']);
    lab.enter(1);
    lab.w(1, D + 0x420n, 0x40, 1);
    expect(hex(...lab.lr())).toEqual(['0x5080000000000020']);
    lab.again();
    expect(hex(...lab.lr())).toEqual(['0x5040000000000020']);
  });

  it('[V3-038] ignores special ends, and drops the wrong priority for the wrong order', () => {
    const lab = V3Lab.base();
    lab.enter();
    expect([lab.iar(), lab.read('IAR0'), lab.ap1r()]).toEqual([1023, 1023, 0]);
    lab.eoi(1023);
    lab.eoi(32);
    expect([lab.ap1r(), lab.eoiCount()]).toEqual([0, 0]);
    priority(lab, 34, 0x98);
    lab.spi(32);
    lab.again();
    expect(lab.iar()).toBe(32);
    lab.spi(34);
    lab.again();
    expect(lab.iar()).toBe(34);
    lab.eoi(32);
    expect(lab.ap1r()).toBe(0x0010_0000);
    lab.eoi(34);
    expect(lab.ap1r()).toBe(0);
    lab.exit();
    expect([lab.irq(32).active, lab.irq(34).active]).toEqual([true, true]);
  });

  it('[V3-039] wakes from WFI for what is below the mask, whatever the groups', () => {
    const lab = V3Lab.base();
    lab.sysreg(0, 'IGRPEN1', 0n);
    lab.spi(32);
    lab.enter();
    expect(lab.signal()).toBe('none');
    const first = lab.at(0).vcpu.trapWfi();
    expect(first.runnable).toBe(true);
    lab.at(0).vcpu.endWait();
    lab.sysreg(0, 'PMR', 0xa0n);
    lab.enter();
    const { vcpu } = lab.at(0);
    expect(vcpu.trapWfi().runnable).toBe(false);
    priority(lab, 33, 0x98);
    lab.spi(33);
    expect(vcpu.checkRunnable().runnable).toBe(true);
    expect(lab.uget(GROUP.DIST_REGS, 0x204)).toBe(3n);
  });
});
