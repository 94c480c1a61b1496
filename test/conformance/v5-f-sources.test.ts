/** Scenarios S57 … S66 of gicv5-scenarios: direct injection, timers, PMU. */
import { describe, expect, it } from 'vitest';
import { EAGAIN, EEXIST, EINVAL } from '../../core/kvm/errno.ts';
import { type Guest, H5, Lab, ppi, v1, v1n, v1p } from './v5-lab.ts';

const CNTV_INTID = 0x2000_001b;
const CNTP_INTID = 0x2000_001e;
const PMU_INTID = 0x2000_0017;

const ctx = (guest: Guest): string => [guest.pend, guest.act, guest.hppir].map((v) => v.toString(16)).join(' ');

describe('direct injection, timers and PMU', () => {
  it('[V5-057] injects the timers in hardware', () => {
    const lab = v1();
    lab.take();
    expect(lab.vcpu().firstRun()).toBe(0);
    const setup = ['irq.owner', 'irq.ops', 'irq.map', 'dvi.change', 'vm.ppiFinalised'];
    expect(lab.take(...setup)).toMatchObject([
      { kind: 'irq.owner', ppi: 30 },
      { kind: 'irq.owner', ppi: 27 },
      { kind: 'irq.ops', ppi: 30, after: 'timer' },
      { kind: 'irq.ops', ppi: 27, after: 'timer' },
      { kind: 'irq.map', ppi: 27 },
      { kind: 'dvi.change', dvir: 0x800_0000n },
      { kind: 'irq.map', ppi: 30 },
      { kind: 'dvi.change', dvir: 0x4800_0000n },
      { kind: 'vm.ppiFinalised', mask: 0x4800_0008n },
    ]);
    const guest = lab.guest().g(0x4800_0008n);
    guest.run();
    lab.take();
    guest.timer('CNTV', true);
    expect([guest.pend, guest.hppir]).toEqual([0x800_0000n, ppi(27)]);
    expect(lab.kinds('vcpu.exit', 'irq.inject')).toEqual([]);
    const hardware = lab.host.cpu(0).interface.bank(0);
    guest.exit();
    expect(lab.take('hyp.save', 'hyp.fold')).toMatchObject([{ pendr: 0x800_0000n }, { edgePendr: 0n, latchesSet: 0n }]);
    expect(hardware?.dvi.value).toBe(0n);
    guest.run();
    expect(lab.take('hyp.flush', 'hyp.restore')).toMatchObject([{ pendr: 0n }, { pendr: 0n, dvir: 0x4800_0000n }]);
    expect(guest.hppir).toBe(ppi(27));
  });

  it('[V5-058] masks the host’s timer PPIs while the thread is loaded', () => {
    const lab = v1();
    const guest = lab.guest();
    lab.take();
    guest.run();
    const order = ['host.ppiMask', 'vcpu.load', 'vcpu.put'];
    expect(lab.take(...order)).toMatchObject([
      { kind: 'host.ppiMask', ppi: 27, masked: true },
      { kind: 'host.ppiMask', ppi: 30, masked: true },
      { kind: 'vcpu.load' },
    ]);
    // The put and load inside a wait do not touch them.
    lab.vcpu().trapWfi();
    lab.vcpu().endWait();
    expect(lab.kinds(...order)).toEqual(['vcpu.put', 'vcpu.load']);
    expect(lab.host.cpu(0).disabledPpis.value).toBe(0x4800_0000n);
    guest.stop();
    expect(lab.take(...order)).toMatchObject([
      { kind: 'host.ppiMask', ppi: 27, masked: false },
      { kind: 'host.ppiMask', ppi: 30, masked: false },
      { kind: 'vcpu.put' },
    ]);
  });

  it('[V5-059] emulates the physical timer on a non-VHE host', () => {
    const lab = v1n();
    const guest = lab.guest().g(0x4000_0008n);
    expect([lab.vgic.ppiMask.value, lab.gic().ppis.dvir.value]).toEqual([0x4800_0008n, 0x800_0000n]);
    guest.write('PPI_ENABLER0', 0x4000_0000n);
    expect(guest.write('CNTP_CVAL_EL0', 5n)).toBe('emulated');
    expect(guest.write('CNTP_CTL_EL0', 1n)).toBe('emulated');
    guest.exit();
    lab.take();
    lab.host.advance(5n);
    expect(lab.take('irq.inject', 'vcpu.kick')).toMatchObject([
      { kind: 'irq.inject', intid: CNTP_INTID, level: true, owner: 'ptimer', accepted: true },
      { kind: 'vcpu.kick' },
    ]);
    expect(lab.gic().ppis.lineLevel.value).toBe(0x4000_0000n);
    guest.run();
    expect(lab.take('hyp.flush')).toMatchObject([{ pendr: 0x4000_0000n }]);
    expect(guest.hppir).toBe(ppi(30));
    expect(guest.cdia()).toBe(ppi(30));
    expect(ctx(guest)).toBe('40000000 40000000 0');
    lab.take();
    expect(guest.write('CNTP_CVAL_EL0', 100n)).toBe('emulated');
    expect(lab.take('irq.inject', 'vcpu.kick')).toMatchObject([
      { intid: CNTP_INTID, level: false, accepted: true },
      { kind: 'vcpu.kick' },
    ]);
    expect(lab.gic().ppis.lineLevel.value).toBe(0n);
    expect(ctx(guest)).toBe('0 40000000 0');
    expect(lab.take('hyp.flush')).toMatchObject([{ pendr: 0n }]);
  });

  it('[V5-060] fires a level again that was not cleared', () => {
    const lab = v1n();
    const guest = lab.guest().g(0x4000_0000n);
    guest.timer('CNTP', true);
    expect(guest.cdia()).toBe(ppi(30));
    lab.take();
    guest.cdeoi();
    guest.cddi(BigInt(CNTP_INTID));
    expect(guest.hppir).toBe(ppi(30));
    expect(lab.kinds('vcpu.exit')).toEqual([]);
  });

  it('[V5-061] keeps user space off an owned PPI', () => {
    const lab = v1();
    lab.guest().run();
    lab.take();
    expect(lab.irqLine(0x0200_001b, 1)).toBe(-EINVAL);
    expect(lab.kinds('irq.inject')).toEqual([]);
    expect(lab.vgic.inject(lab.vcpu(), CNTV_INTID, true, 'none')).toBe(0);
    expect(lab.take('irq.inject')).toMatchObject([{ accepted: false, reason: 'owner' }]);
  });

  it('[V5-062] delivers the PMU level at the price of one abandoned entry', () => {
    const lab = v1p();
    const guest = lab.guest().g(0x80_0008n);
    guest.write('PMCR_EL0', 1n);
    guest.write('PMINTENSET_EL1', 1n);
    guest.run();
    lab.take();
    expect(guest.write('PMOVSSET_EL0', 1n)).toBe('emulated');
    // The evaluation of that exit still saw level 0.
    expect(lab.take('pmu.level', 'irq.inject')).toMatchObject([{ kind: 'irq.inject', reason: 'noChange' }]);
    expect(guest.run()).toBe(1);
    const steps = ['pmu.level', 'vcpu.request', 'vcpu.entryAborted', 'vcpu.entry'];
    expect(lab.kinds(...steps)).toEqual(steps);
    expect(lab.host.cpu(0).hardwareV5.scratchPendr.value).toBe(0x80_0000n);
    expect(guest.hppir).toBe(ppi(23));
    lab.take();
    expect(guest.write('PMOVSCLR_EL0', 1n)).toBe('emulated');
    expect(guest.run()).toBe(1);
    expect(lab.gic().ppis.lineLevel.value).toBe(0n);
    expect([guest.pend, guest.hppir]).toEqual([0n, 0n]);
    expect(lab.gic().ppis.dvir.value).toBe(0x4800_0000n);
  });

  it('[V5-063] abandons one entry when the PMU level changes just before it', () => {
    const lab = v1p();
    const guest = lab.guest().g(0x80_0008n);
    guest.exit();
    lab.vcpu().pmu.set(1, 1, true);
    lab.take();
    expect(lab.vcpu().enter()).toBe('aborted');
    expect(lab.take('irq.inject', 'hyp.flush', 'vcpu.entryAborted', 'hyp.fold')).toMatchObject([
      { kind: 'irq.inject', level: true, reason: 'ok' },
      { kind: 'hyp.flush', pendr: 0x80_0000n },
      { kind: 'vcpu.entryAborted' },
      { kind: 'irq.inject', reason: 'noChange' },
      { kind: 'hyp.fold', latchesSet: 0n },
    ]);
    expect(lab.vcpu().enter()).toBe('entered');
    expect(lab.take('irq.inject', 'hyp.flush')).toMatchObject([{ reason: 'noChange' }, { pendr: 0x80_0000n }]);
  });

  it('[V5-064] refuses second owners and other types', () => {
    const early = new Lab(H5);
    early.addVcpu(0);
    expect(early.createV5()).toBe(0);
    expect(early.gic().setOwner(PMU_INTID, 'other')).toBe(-EAGAIN);
    expect(early.gic().setOwner(0x4000_000a, 'other')).toBe(-EAGAIN);
    const gic = v1().gic();
    expect(gic.setOwner(PMU_INTID, 'other')).toBe(0);
    expect(gic.setOwner(PMU_INTID, 'other')).toBe(0);
    expect(gic.setOwner(PMU_INTID, 'pmu')).toBe(-EEXIST);
    expect(gic.setOwner(0x4000_000a, 'other')).toBe(-EINVAL);
    expect(gic.setOwner(0x6000_0020, 'other')).toBe(-EINVAL);
  });

  it('[V5-065] keeps operations apart from mapping', () => {
    const lab = v1();
    const guest = lab.guest();
    guest.exit();
    const gic = lab.gic();
    expect(gic.unmapHostPpi(CNTV_INTID)).toBe(0);
    expect([gic.ppis.dvir.value, gic.ppis.hw.has(27), gic.ppis.operationsOf(27)]).toEqual([
      0x4000_0000n,
      false,
      'timer',
    ]);
    lab.take();
    expect(lab.vgic.inject(lab.vcpu(), CNTV_INTID, true, 'vtimer')).toBe(0);
    expect(lab.take('irq.inject', 'vcpu.kick')).toMatchObject([{ accepted: true }, { kind: 'vcpu.kick' }]);
    guest.run();
    expect(lab.take('hyp.flush', 'hyp.restore')).toMatchObject([{ pendr: 0x800_0000n }, { pendr: 0x800_0000n }]);
    guest.exit();
    expect(gic.mapHostPpi(CNTV_INTID, 27)).toBe(0);
    expect([gic.ppis.dvir.value, gic.ppis.lineLevel.value]).toEqual([0x4800_0000n, 0x800_0000n]);
    lab.take();
    guest.run();
    expect(lab.take('hyp.flush', 'hyp.restore')).toMatchObject([{ pendr: 0x800_0000n }, { pendr: 0n }]);
    expect(guest.pend).toBe(0n);
  });

  it('[V5-066] resets the timers’ shadow, not the active image', () => {
    const lab = v1();
    const guest = lab.guest().g(0x800_0000n);
    guest.timer('CNTV', true);
    expect(guest.cdia()).toBe(ppi(27));
    guest.stop();
    const { ppis } = lab.gic();
    expect([ppis.active.value, ppis.activer.value]).toEqual([0x800_0000n, 0x800_0000n]);
    expect(lab.vcpu().init()).toBe(0);
    expect([ppis.active.value, ppis.activer.value, ppis.lineLevel.value]).toEqual([0n, 0x800_0000n, 0n]);
    expect(lab.vcpu().timers.context('vtimer').control.lo).toBe(0);
    expect(guest.act).toBe(0x800_0000n);
    guest.exit();
    expect(ppis.active.value).toBe(0x800_0000n);
  });
});
