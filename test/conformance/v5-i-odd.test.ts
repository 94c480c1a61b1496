/** Scenarios S86 … S92 of gicv5-scenarios: NMI and odd cases. */
import { describe, expect, it } from 'vitest';
import { digest } from '../../core/state/digest.ts';
import { Bare } from './v5-bare.ts';
import { type Guest, type Lab, ppi, type Recorded, SW_LINE, v1, v1n, v2 } from './v5-lab.ts';

const CNTP_INTID = 0x2000_001e;

describe('NMI and odd cases', () => {
  it('[V5-086] takes priority 0 as an ordinary interrupt in a KVM guest', () => {
    const lab = v1();
    const guest = lab.guest().g(0x800_0008n);
    guest.write('PPI_PRIORITYR0', 0n);
    lab.irqLine(SW_LINE, 1);
    guest.run();
    lab.take();
    expect(guest.cdnmia()).toBe(0n);
    expect(lab.take('cpuif.ack')).toMatchObject([{ reasonZero: 'nmiMismatch' }]);
    expect(guest.cdia()).toBe(ppi(3));
    expect([guest.apr, guest.hapr]).toEqual([1n, 0n]);
    guest.timer('CNTV', true);
    expect(guest.hppir).toBe(0n);
    guest.write('PPI_PRIORITYR3', 0n);
    expect(guest.hppir).toBe(0n);
    guest.cdeoi();
    expect(guest.hppir).toBe(ppi(27));
  });

  it('[V5-087] takes priority 0 as an NMI where FEAT_NMI is on', () => {
    const a = new Bare();
    a.write('PPI_ENABLER0', 8n);
    a.interface.setNmiEnabled(true);
    a.take();
    a.source(3, true);
    expect(a.take('cpuif.signal')).toEqual([{ kind: 'cpuif.signal', irq: false, nmi: true }]);
    expect(a.cdia()).toBe(0n);
    expect(a.cdnmia()).toBe(ppi(3));
    expect([a.read('APR'), a.read('HAPR')]).toEqual([1n, 0n]);
    expect(a.take('cpuif.signal')).toEqual([{ kind: 'cpuif.signal', irq: false, nmi: false }]);
  });

  it('[V5-088] lets software write the active state', () => {
    const a = new Bare();
    a.write('PPI_PRIORITYR0', 0x1000_0000n);
    a.write('PPI_ENABLER0', 8n);
    a.source(3, true);
    a.write('PPI_SACTIVER0', 8n);
    expect(a.row).toBe('8 8 0 FF 0');
    a.write('PPI_CACTIVER0', 8n);
    expect(a.row).toBe('8 0 0 FF 120000003');
  });

  it('[V5-089] spins on a level that was dropped early', () => {
    const lab = v1();
    const guest = lab.guest().g(0x800_0000n);
    guest.timer('CNTV', true);
    expect(guest.cdia()).toBe(ppi(27));
    guest.cdeoi();
    expect(guest.hppir).toBe(0n);
    const wait = (): unknown => {
      guest.run();
      const answer = lab.vcpu().trapWfi();
      lab.vcpu().endWait();
      return answer;
    };
    for (let i = 0; i < 3; i++) expect(wait()).toMatchObject({ mask: 17, pending: true, runnable: true });
    guest.timer('CNTV', false);
    expect(wait()).toMatchObject({ pending: false });
  });

  it('[V5-090] gives the same events when it is rewound anywhere and played again', () => {
    const lab = v2();
    const guests = [lab.guest(0, 0), lab.guest(1, 1)] as const;
    const acknowledge = (guest: Guest): void => {
      const result = guest.cdia();
      guest.cdeoi();
      if (result !== 0n) guest.cddi(result & 0xffff_ffffn);
    };
    const steps: ((lab: Lab) => void)[] = [
      () => guests[0].g(0x4800_0008n),
      () => guests[1].g(8n),
      () => lab.irqLine(SW_LINE, 1),
      () => acknowledge(guests[0]),
      () => guests[0].write('CNTV_CVAL_EL0', 20n),
      () => guests[0].write('CNTV_CTL_EL0', 1n),
      () => lab.irqLine(0x0201_0003, 1),
      () => guests[1].exitAndEnter(),
      () => lab.host.advance(30n),
      () => acknowledge(guests[0]),
      () => {
        guests[0].run();
        lab.vcpu(0).trapWfi();
      },
      () => lab.vcpu(0).put(),
      () => lab.vcpu(0).load(lab.host.cpu(0)),
      () => lab.vcpu(0).endWait(),
      () => acknowledge(guests[1]),
      () => guests[0].stop(),
    ];
    const marks: number[] = [];
    const recorded: Recorded[][] = [];
    lab.take();
    for (const step of steps) {
      marks.push(lab.journal.mark());
      step(lab);
      recorded.push(lab.take());
    }
    const end = digest(lab.journal.state);
    for (const [start, mark] of marks.entries()) {
      lab.journal.undoTo(mark);
      for (const step of steps.slice(start)) step(lab);
      expect(lab.take(), `from step ${start}`).toEqual(recorded.slice(start).flat());
      expect(digest(lab.journal.state)).toBe(end);
    }
  });

  it('[V5-091] keeps the controller’s programming across a vCPU reset', () => {
    const lab = v1();
    const guest = lab.guest().g();
    lab.irqLine(SW_LINE, 1);
    expect(guest.cdia()).toBe(ppi(3));
    guest.stop();
    expect(lab.vcpu().init()).toBe(0);
    lab.take();
    guest.run();
    expect(lab.kinds('vcpu.firstRun')).toEqual([]);
    const hardware = lab.host.cpu(0).interface;
    const [bank] = hardware.banks;
    expect([hardware.vmcr.value, hardware.apr.value, bank?.enable.value, bank?.active.value]).toEqual([
      0x8000_0001n,
      0x1_0000n,
      8n,
      8n,
    ]);
    expect(guest.read('PPI_PRIORITYR0')).toBe(0x1000_0000n);
  });

  it('[V5-092] kicks for a falling level too', () => {
    const lab = v1n();
    const guest = lab.guest().g();
    guest.run();
    const inject = (level: boolean): unknown => {
      lab.take();
      expect(lab.vgic.inject(lab.vcpu(), CNTP_INTID, level, 'ptimer')).toBe(0);
      lab.settleKicks();
      return lab.take('irq.inject', 'vcpu.request', 'vcpu.kick');
    };
    const kicked = [{ reason: 'ok' }, { kind: 'vcpu.request' }, { kind: 'vcpu.kick' }];
    expect(inject(true)).toMatchObject(kicked);
    expect([guest.pend, guest.hppir]).toEqual([0x4000_0000n, 0n]);
    expect(inject(false)).toMatchObject(kicked);
    expect(guest.pend).toBe(0n);
    expect(inject(false)).toMatchObject([{ reason: 'noChange' }]);
  });
});
