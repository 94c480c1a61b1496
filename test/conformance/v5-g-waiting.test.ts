/** Scenarios S67 … S76 of gicv5-scenarios: WFI, load and put, several vCPUs. */
import { describe, expect, it } from 'vitest';
import { type Guest, type Lab, ppi, SW_LINE, v1, v2 } from './v5-lab.ts';

/** Programs PCR, CR0 and APR so that a WFI saves this VMCR and APR. */
function program(guest: Guest, vmcr: bigint, apr: bigint): void {
  guest.write('PCR', vmcr >> 27n);
  guest.write('CR0', vmcr & 1n);
  guest.write('APR', apr);
}

const sw = (lab: Lab, irq = SW_LINE): void => {
  expect(lab.irqLine(irq, 1)).toBe(0);
};

describe('waiting, load and put', () => {
  it('[V5-067] wakes by priority', () => {
    const wait = (vmcr: bigint, apr: bigint): [number, boolean] => {
      const lab = v1();
      const guest = lab.guest().g();
      sw(lab);
      expect(guest.pend).toBe(8n);
      program(guest, vmcr, apr);
      const { mask, runnable } = lab.vcpu().trapWfi();
      const { ppis } = lab.gic();
      expect([ppis.vmcr.value, ppis.apr.value, ppis.priorityOf(3)]).toEqual([vmcr, apr, 0x10]);
      expect(ppis.pendingLatch.value).toBe(8n);
      return [mask, !runnable];
    };
    expect(wait(0x8000_0001n, 0n)).toEqual([17, false]);
    expect(wait(0x7800_0001n, 0n)).toEqual([16, true]);
    expect(wait(0x8000_0001n, 0x1_0000n)).toEqual([16, true]);
    expect(wait(0x8000_0001n, 0x2_0000n)).toEqual([17, false]);
    expect(wait(0x8000_0000n, 0n)).toEqual([0, true]);
  });

  it('[V5-068] is woken by an injection that is urgent enough', () => {
    const lab = v1();
    const guest = lab.guest().g();
    guest.run();
    const vcpu = lab.vcpu();
    expect(vcpu.trapWfi().runnable).toBe(false);
    lab.take();
    sw(lab);
    expect(lab.take('vcpu.kick')).toMatchObject([{ blocked: true }]);
    expect(vcpu.checkRunnable().runnable).toBe(true);
    expect(lab.take('vcpu.pendingCheck')).toMatchObject([{ mask: 17, pending: true }]);
    vcpu.endWait();
    expect([guest.pend, guest.hppir]).toEqual([8n, ppi(3)]);

    const masked = v1();
    const other = masked.guest().g();
    program(other, 0x7800_0001n, 0n);
    expect(masked.vcpu().trapWfi().runnable).toBe(false);
    sw(masked);
    expect(masked.gic().ppis.pendingLatch.value).toBe(8n);
    expect(masked.vcpu().checkRunnable().runnable).toBe(false);
    // A signal ends the KVM_RUN.
    masked.vcpu().endWait();
    masked.vcpu().endRun(-4);
    expect(masked.gic().ppis.pendingLatch.value).toBe(8n);
  });

  it('[V5-069] is woken by the background timer', () => {
    const sleeping = (mask: bigint): Lab => {
      const lab = v1();
      const guest = lab.guest().g(0x800_0008n);
      guest.write('PCR', mask);
      guest.write('CNTV_CVAL_EL0', 1000n);
      guest.write('CNTV_CTL_EL0', 1n);
      expect(lab.vcpu().trapWfi().runnable).toBe(false);
      lab.vcpu().put();
      lab.take();
      lab.host.advance(999n);
      expect(lab.kinds('vcpu.wake')).toEqual([]);
      lab.host.advance(1n);
      expect(lab.take('host.softTimer', 'vcpu.wake')).toMatchObject([{ timer: 'background' }, { kind: 'vcpu.wake' }]);
      lab.vcpu().load(lab.host.cpu(0));
      return lab;
    };
    const lab = sleeping(0x10n);
    lab.take();
    expect(lab.vcpu().checkRunnable()).toMatchObject({ mask: 17, runnable: true });
    expect(lab.take('vcpu.pendingCheck')).toMatchObject([
      {
        ppis: [
          { ppi: 3, pending: false },
          { ppi: 27, enabled: true, hw: true, priority: 16, pending: true },
        ],
      },
    ]);
    lab.vcpu().endWait();
    expect(lab.guest().hppir).toBe(ppi(27));
    // Masked: the thread wakes, finds nothing, and sleeps again.
    const masked = sleeping(0xfn);
    expect(masked.vcpu().checkRunnable()).toMatchObject({ mask: 16, runnable: false });
  });

  it('[V5-070] loads and puts at most once around a wait', () => {
    const lab = v2();
    const guest = lab.guest(0, 0).g();
    guest.write('APR', 0x2_0000n);
    lab.take();
    const [first, second] = [lab.vcpu(0), lab.vcpu(1)];
    expect(first.trapWfi().runnable).toBe(false);
    first.put();
    const other = lab.guest(1, 0);
    other.write('APR', 1n);
    expect(other.apr).toBe(1n);
    other.stop();
    expect(second.cpu).toBeUndefined();
    sw(lab);
    first.load(lab.host.cpu(0));
    expect(first.checkRunnable()).toMatchObject({ mask: 17, runnable: true });
    first.endWait();
    const events = lab.take('vcpu.load', 'vcpu.put').filter(({ vcpu }) => vcpu === 0);
    expect(events).toMatchObject([
      { kind: 'vcpu.put', skipped: false, apr: 0x2_0000n },
      { kind: 'vcpu.put', skipped: true },
      { kind: 'vcpu.load', skipped: false, apr: 0x2_0000n },
      { kind: 'vcpu.load', skipped: true },
    ]);
    expect([guest.apr, guest.hppir]).toEqual([0x2_0000n, ppi(3)]);
    // The same with SW before the WFI: no scheduling in between.
    const prompt = v2();
    const quick = prompt.guest(0, 0).g();
    quick.write('APR', 0x2_0000n);
    sw(prompt);
    quick.run();
    prompt.take();
    expect(prompt.vcpu().trapWfi().runnable).toBe(true);
    prompt.vcpu().endWait();
    expect(prompt.take('vcpu.load', 'vcpu.put')).toMatchObject([
      { kind: 'vcpu.put', skipped: false },
      { kind: 'vcpu.load', skipped: false },
    ]);
  });

  it('[V5-071] looks at stale priorities outside a wait', () => {
    const lab = v1();
    const guest = lab.guest().g();
    guest.write('PCR', 0xfn);
    guest.exit();
    sw(lab);
    const cpu = lab.host.cpu(0);
    expect(lab.gic().hasPending(cpu)).toEqual({ mask: 16, pending: true, because: 'PPI 3' });
    guest.run();
    expect(lab.vcpu().trapWfi()).toMatchObject({ mask: 16, pending: false, runnable: false });
    // A suspension through the MP state brings them up to date as well.
    const other = v1();
    const suspended = other.guest().g();
    suspended.write('PCR', 0xfn);
    suspended.exit();
    sw(other);
    expect(other.vcpu().suspend()).toMatchObject({ mask: 16, pending: false, runnable: false });
  });

  it('[V5-072] saves VMCR at every exit and APR at the put', () => {
    const lab = v1();
    const guest = lab.guest().g();
    sw(lab);
    expect(guest.cdia()).toBe(ppi(3));
    guest.write('PCR', 0x1fn);
    guest.exit();
    const { ppis } = lab.gic();
    expect([ppis.vmcr.value, ppis.apr.value]).toEqual([0xf800_0001n, 0n]);
    guest.stop();
    expect(ppis.apr.value).toBe(0x1_0000n);
  });

  it('[V5-073] lets a vCPU that is alone wait in hardware', () => {
    const lab = v1();
    lab.host.setRunnableTasks(0, 1);
    const guest = lab.guest().g(0x800_0000n);
    const vcpu = lab.vcpu();
    expect(vcpu.slots.trapWfi.flag).toBe(false);
    guest.write('CNTV_CVAL_EL0', 10n);
    guest.write('CNTV_CTL_EL0', 1n);
    guest.run();
    lab.take();
    expect(vcpu.waitForInterrupt()).toEqual({ trapped: false, ends: false });
    lab.host.advance(10n);
    expect(lab.take('cpuif.signal', 'vcpu.exit')).toMatchObject([{ kind: 'cpuif.signal', irq: true }]);
    expect(vcpu.waitForInterrupt()).toEqual({ trapped: false, ends: true });
    guest.stop();
    lab.host.setRunnableTasks(0, 2);
    guest.run();
    expect(vcpu.slots.trapWfi.flag).toBe(true);
  });

  it('[V5-074] keeps two vCPUs apart', () => {
    const lab = v2();
    const [a, b] = [lab.guest(0).g(), lab.guest(1).g()];
    a.run();
    b.run();
    lab.take();
    sw(lab, 0x0201_0003);
    expect(lab.take('vcpu.kick')).toMatchObject([{ vcpu: 1 }]);
    expect([lab.gic(0).ppis.pendingLatch.value, a.hppir]).toEqual([0n, 0n]);
    expect(b.cdia()).toBe(ppi(3));
    expect([a.apr, a.act]).toEqual([0n, 0n]);
    a.write('PPI_ENABLER0', 0n);
    expect([lab.gic(0).ppis.enabler.value, lab.gic(1).ppis.enabler.value]).toEqual([0n, 8n]);
  });

  it('[V5-075] switches everything when two vCPUs share a CPU', () => {
    const lab = v2();
    const [a, b] = [lab.guest(0, 0).g(), lab.guest(1, 0)];
    sw(lab);
    expect(a.cdia()).toBe(ppi(3));
    a.stop();
    b.g();
    b.write('PCR', 0x1fn);
    b.stop();
    const hardware = lab.host.cpu(0).interface;
    const seen = [a, b, a].map((guest) => {
      expect(hardware.bank(0)?.dvi.value).toBe(0n);
      guest.run();
      const bank = hardware.bank(0);
      const row = [hardware.vmcr.value, hardware.apr.value, bank?.active.value, bank?.enable.value, bank?.dvi.value];
      guest.stop();
      return row;
    });
    const first = [0x8000_0001n, 0x1_0000n, 8n, 8n, 0x4800_0000n];
    expect(seen).toEqual([first, [0xf800_0001n, 0n, 0n, 8n, 0x4800_0000n], first]);
  });

  it('[V5-076] has no interrupts between processors', () => {
    const lab = v2();
    const [a, b] = [lab.guest(0).g(), lab.guest(1).g()];
    a.run();
    b.run();
    lab.take();
    a.insn('GIC CDPEND', 0x1_4000_0000n);
    expect(lab.take()).toMatchObject([{ kind: 'cpuif.insn', effect: 'ignored', vcpu: 0 }]);
    expect([b.pend, b.hppir]).toEqual([0n, 0n]);
    a.insn('GIC CDRCFG', 0x4000_0000n);
    expect(a.read('ICSR')).toBe(1n);
  });
});
