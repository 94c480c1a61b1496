/** Scenarios S25 … S35 of gicv5-scenarios: basic delivery. */
import { describe, expect, it } from 'vitest';
import { H5, type Guest, type Lab, ppi, SW_LINE, v1, v1p } from './v5-lab.ts';

const sw = (lab: Lab): void => {
  expect(lab.irqLine(SW_LINE, 1)).toBe(0);
};

/** PEND, ACT, APR and HPPIR as the guest reads them. */
const state = (guest: Guest): bigint[] => [guest.pend, guest.act, guest.apr, guest.hppir];

describe('basic delivery', () => {
  it('[V5-025] follows the flow of the kernel’s selftest', () => {
    const lab = v1();
    const guest = lab.guest().g();
    const gic = lab.gic();
    for (let round = 0; round < 2; round++) {
      // READY: the guest calls user space, which injects.
      guest.stop();
      sw(lab);
      lab.take();
      guest.run();
      expect(lab.take('hyp.flush')).toMatchObject([{ pendr: 8n, latchesCleared: 8n }]);
      expect(state(guest)).toEqual([8n, 0n, 0n, ppi(3)]);
      expect(lab.host.cpu(0).interface.signal.lo).toBe(1);
      // The handler's WFI traps: two tasks are runnable.
      const wait = lab.vcpu().waitForInterrupt();
      expect(wait).toEqual({ trapped: true, mask: 17, pending: true, runnable: true, wakeReason: 'PPI 3' });
      expect(gic.ppis.pendingLatch.value).toBe(8n);
      expect([3, 27, 30].map((n) => gic.ppis.priorityOf(n))).toEqual([0x10, 0x10, 0x10]);
      lab.vcpu().endWait();
      guest.run();
      expect(guest.pend).toBe(8n);
      // AWAKE is an exit to user space and a put.
      guest.stop();
      expect(guest.pend).toBe(8n);
      expect(guest.cdia()).toBe(ppi(3));
      guest.stop();
      expect(gic.ppis.activer.value).toBe(8n);
      expect(state(guest)).toEqual([0n, 8n, 0x1_0000n, 0n]);
      guest.cddi(0x2000_0003n);
      expect(state(guest)).toEqual([0n, 0n, 0x1_0000n, 0n]);
      guest.cdeoi();
      expect(state(guest)).toEqual([0n, 0n, 0n, 0n]);
      guest.stop();
      lab.take();
      expect(lab.irqLine(SW_LINE, 0)).toBe(0);
      expect(lab.take('irq.inject')).toMatchObject([{ accepted: false, reason: 'edgeLow' }]);
      expect(state(guest)).toEqual([0n, 0n, 0n, 0n]);
    }
    // Alone on its CPU the vCPU's WFI does not trap and ends at once, because the interrupt is signalled.
    guest.stop();
    lab.host.setRunnableTasks(0, 1);
    sw(lab);
    guest.run();
    expect(lab.vcpu().waitForInterrupt()).toEqual({ trapped: false, ends: true });
    expect(lab.vcpu().inGuest).toBe(true);
  });

  it('[V5-026] exposes SW_PPI always and the others by their owner', () => {
    const finalised = (lab: Lab): unknown => {
      lab.take();
      lab.guest().run();
      return lab.take('vm.ppiFinalised');
    };
    expect(finalised(v1())).toMatchObject([{ mask: 0x4800_0008n, hmr: 0x4800_0000n, sourceVcpu: 0 }]);
    expect(finalised(v1p())).toMatchObject([{ mask: 0x4880_0008n, hmr: 0x4880_0000n }]);
    expect(finalised(v1({ ...H5, pmu: false }))).toMatchObject([{ mask: 0x4800_0008n }]);
  });

  it('[V5-027] acknowledges nothing when nothing is pending', () => {
    const lab = v1();
    const guest = lab.guest().g();
    guest.run();
    lab.take();
    expect(guest.cdia()).toBe(0n);
    expect(lab.take('cpuif.ack')).toMatchObject([{ intid: 0, reasonZero: 'noCandidate' }]);
    expect(guest.cdnmia()).toBe(0n);
    expect(guest.apr).toBe(0n);
  });

  it('[V5-028] signals nothing while the interface is disabled', () => {
    const lab = v1();
    const guest = lab.guest().g();
    guest.write('CR0', 0n);
    sw(lab);
    guest.run();
    lab.take();
    expect([guest.pend, guest.hppir, guest.cdia()]).toEqual([8n, 0n, 0n]);
    expect(lab.take('cpuif.ack')).toMatchObject([{ reasonZero: 'disabled' }]);
    expect(lab.host.cpu(0).interface.signal.lo).toBe(0);
    guest.write('CR0', 1n);
    expect(guest.hppir).toBe(ppi(3));
    expect(lab.take('cpuif.signal')).toMatchObject([{ irq: true }]);
  });

  it('[V5-029] keeps a PPI pending while it is disabled', () => {
    const lab = v1();
    const guest = lab.guest().g();
    expect(guest.write('PPI_ENABLER0', 0n)).toBe('emulated');
    sw(lab);
    expect([guest.pend, guest.hppir]).toEqual([8n, 0n]);
    expect(guest.write('PPI_ENABLER0', 8n)).toBe('emulated');
    expect(guest.hppir).toBe(ppi(3));
  });

  it('[V5-030] clears the pending bit of an edge at the acknowledge, not that of a level', () => {
    const lab = v1();
    const guest = lab.guest().g(0x800_0008n);
    sw(lab);
    expect(guest.pend).toBe(8n);
    expect(guest.cdia()).toBe(ppi(3));
    expect([guest.pend, guest.act]).toEqual([0n, 8n]);
    const other = v1().guest().g(0x800_0008n);
    other.timer('CNTV', true);
    expect(other.cdia()).toBe(ppi(27));
    expect([other.pend, other.act]).toEqual([0x800_0000n, 0x800_0000n]);
  });

  it('[V5-031] collapses edges', () => {
    const lab = v1();
    const guest = lab.guest().g();
    guest.stop();
    lab.take();
    sw(lab);
    sw(lab);
    expect(lab.kinds('vcpu.kick')).toHaveLength(2);
    expect(lab.gic().ppis.pendingLatch.value).toBe(8n);
    expect(guest.pend).toBe(8n);
    expect(guest.cdia()).toBe(ppi(3));
    guest.cdeoi();
    guest.cddi(0x2000_0003n);
    expect(guest.cdia()).toBe(0n);
  });

  it('[V5-032] delivers an edge that arrives while the PPI is active', () => {
    const lab = v1();
    const guest = lab.guest().g();
    sw(lab);
    expect(guest.cdia()).toBe(ppi(3));
    expect([guest.act, guest.apr]).toEqual([8n, 0x1_0000n]);
    lab.take();
    sw(lab);
    expect(lab.vcpu().inGuest).toBe(false);
    expect(lab.take('vcpu.kick', 'hyp.fold')).toMatchObject([
      { kind: 'vcpu.kick', inGuest: true },
      { kind: 'hyp.fold', activer: 8n },
    ]);
    const { ppis } = lab.gic();
    expect([ppis.active.value, ppis.pendingLatch.value, ppis.activer.value]).toEqual([8n, 8n, 8n]);
    expect(state(guest)).toEqual([8n, 8n, 0x1_0000n, 0n]);
    guest.cdeoi();
    guest.cddi(0x2000_0003n);
    expect(guest.hppir).toBe(ppi(3));
    expect(guest.cdia()).toBe(ppi(3));
  });

  it('[V5-033] keeps an edge that is pending in hardware across an exit', () => {
    const lab = v1();
    const guest = lab.guest().g();
    guest.stop();
    sw(lab);
    expect(guest.pend).toBe(8n);
    lab.take();
    guest.exit();
    expect(lab.take('hyp.save', 'hyp.fold')).toMatchObject([{ pendr: 8n }, { latchesSet: 8n }]);
    guest.run();
    expect(lab.take('hyp.flush')).toMatchObject([{ pendr: 8n }]);
    expect(guest.cdia()).toBe(ppi(3));
    guest.cdeoi();
    guest.cddi(0x2000_0003n);
    lab.take();
    guest.exitAndEnter();
    expect(lab.take('hyp.flush')).toMatchObject([{ pendr: 0n }]);
  });

  it('[V5-034] delivers once when an edge is in hardware and in the latch', () => {
    const lab = v1();
    const guest = lab.guest().g();
    guest.stop();
    sw(lab);
    guest.run();
    expect(guest.pend).toBe(8n);
    sw(lab);
    expect(lab.gic().ppis.pendingLatch.value).toBe(8n);
    expect(guest.cdia()).toBe(ppi(3));
    guest.cdeoi();
    guest.cddi(0x2000_0003n);
    expect(guest.cdia()).toBe(0n);
  });

  it('[V5-035] loses nothing when an entry is abandoned', () => {
    const lab = v1();
    const guest = lab.guest().g();
    guest.exit();
    const vcpu = lab.vcpu();
    const hardware = lab.host.cpu(0).interface;
    const images = (): unknown => {
      const { ppis } = lab.gic();
      return [ppis.activer.value, ppis.vmcr.value, ppis.priorityr.map((cell) => cell.value)];
    };
    const before = images();
    sw(lab);
    lab.take();
    // An interrupt handler on this CPU requests, after the flush, without an injection on PPI 3.
    expect(vcpu.enter({ meanwhile: () => vcpu.requestAndKick() })).toBe('aborted');
    expect(lab.take('hyp.flush', 'hyp.save', 'hyp.fold', 'vcpu.entryAborted')).toMatchObject([
      { kind: 'hyp.flush', pendr: 8n, latchesCleared: 8n },
      { kind: 'vcpu.entryAborted', reason: 'request' },
      { kind: 'hyp.save', pendr: 8n },
      { kind: 'hyp.fold', latchesSet: 8n },
    ]);
    expect(images()).toEqual(before);
    expect(vcpu.enter()).toBe('entered');
    expect(hardware.bank(0)?.pend.value).toBe(8n);
    expect(lab.take('hyp.flush', 'vcpu.entryAborted')).toMatchObject([{ kind: 'hyp.flush', pendr: 8n }]);
  });
});
