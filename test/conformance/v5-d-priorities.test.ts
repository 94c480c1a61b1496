/** Scenarios S36 … S44 of gicv5-scenarios: priorities. */
import { describe, expect, it } from 'vitest';
import { effectivePriorityMask } from '../../core/kvm/v5/priority-mask.ts';
import { Bare } from './v5-bare.ts';
import { ALL_ONES, type Guest, type Lab, ppi, SW_LINE, v1, v1p } from './v5-lab.ts';

/** A counter of the PMU overflows or is cleared while the guest runs: an exit, the flag is set, entry. */
function pmuLevel(lab: Lab, up: boolean): number {
  const guest = lab.guest();
  guest.exit();
  lab.vcpu().pmu.set(up ? 1 : 0, 1, true);
  return guest.run();
}

const row = (guest: Guest): string =>
  [guest.pend, guest.act, guest.apr, guest.hapr, guest.hppir].map((v) => v.toString(16).toUpperCase()).join(' ');

describe('priorities', () => {
  it('[V5-036] takes the priority mask as inclusive', () => {
    const lab = v1();
    const guest = lab.guest().g();
    lab.irqLine(SW_LINE, 1);
    expect(guest.pend).toBe(8n);
    const under = (mask: bigint): bigint => {
      guest.write('PCR', mask);
      return guest.hppir;
    };
    expect([0xfn, 0x10n, 0n].map(under)).toEqual([0n, ppi(3), 0n]);
    guest.write('PPI_PRIORITYR0', 0n);
    expect(guest.hppir).toBe(ppi(3));
  });

  it('[V5-037] preempts by priority', () => {
    // Fixture A plays W3 in v5-worked-examples; this is the same table through KVM.
    const lab = v1p();
    const guest = lab.guest();
    guest.write('PPI_PRIORITYR0', 0x1000_0000n);
    guest.write('PPI_PRIORITYR2', 0x1000_0000_0000_0000n);
    guest.write('PPI_PRIORITYR3', 0x800_0000n);
    guest.write('PCR', 0x1fn);
    guest.write('CR0', 1n);
    expect(guest.write('PPI_ENABLER0', 0x880_0008n)).toBe('emulated');
    expect(lab.gic().ppis.enabler.value).toBe(0x880_0008n);
    guest.write('PPI_SPENDR0', 8n);
    expect(row(guest)).toBe('8 0 0 FF 120000003');
    expect(guest.cdia()).toBe(ppi(3));
    expect(row(guest)).toBe('0 8 10000 10 0');
    expect(pmuLevel(lab, true)).toBe(1);
    expect(row(guest)).toBe('800000 8 10000 10 0');
    lab.take();
    guest.timer('CNTV', true);
    expect(row(guest)).toBe('8800000 8 10000 10 12000001B');
    expect(guest.cdia()).toBe(ppi(27));
    expect(row(guest)).toBe('8800000 8000008 10100 8 0');
    guest.timer('CNTV', false);
    expect(lab.kinds('vcpu.exit')).toEqual([]);
    guest.cdeoi();
    expect(row(guest)).toBe('800000 8000008 10000 10 0');
    guest.cddi(0x2000_001bn);
    expect(row(guest)).toBe('800000 8 10000 10 0');
    guest.cdeoi();
    expect(row(guest)).toBe('800000 8 0 FF 120000017');
    guest.cddi(0x2000_0003n);
    expect(row(guest)).toBe('800000 0 0 FF 120000017');
    expect(guest.cdia()).toBe(ppi(23));
    expect(row(guest)).toBe('800000 800000 10000 10 0');
  });

  it('[V5-038] does not preempt at equal priority', () => {
    const lab = v1p();
    const guest = lab.guest().g(0x80_0008n);
    lab.irqLine(SW_LINE, 1);
    expect(guest.cdia()).toBe(ppi(3));
    lab.take();
    expect(pmuLevel(lab, true)).toBe(1);
    expect(lab.take('hyp.flush').at(-1)).toMatchObject({ pendr: 0x80_0000n });
    expect([guest.pend, guest.act, guest.hppir]).toEqual([0x80_0000n, 8n, 0n]);
    guest.cdeoi();
    expect([guest.apr, guest.hppir]).toEqual([0n, ppi(23)]);
    expect(guest.cdia()).toBe(ppi(23));
    expect([guest.act, guest.apr]).toEqual([0x80_0008n, 0x1_0000n]);
  });

  it('[V5-039] drops before it deactivates', () => {
    // Every row of W5 on fixture A is in v5-worked-examples; here the states that follow from the order.
    const a = new Bare();
    a.write('PPI_PRIORITYR0', 0x1000_0000n);
    a.write('PPI_PRIORITYR2', 0x1000_0000_0000_0000n);
    a.write('PPI_ENABLER0', 0x80_0008n);
    a.source(3, true);
    expect(a.cdia()).toBe(ppi(3));
    a.source(3, true);
    expect(a.row).toBe('8 8 10000 10 0');
    a.cdeoi();
    expect(a.row).toBe('8 8 0 FF 0');
    a.source(23, true);
    expect(a.row).toBe('800008 8 0 FF 120000017');
    a.cddi(0x2000_0003n);
    expect(a.row).toBe('800008 0 0 FF 120000003');
  });

  it('[V5-040] deactivates before it drops', () => {
    const a = new Bare();
    a.write('PPI_PRIORITYR3', 0x1000_0000n);
    a.write('PPI_ENABLER0', 0x800_0000n);
    a.source(27, true);
    const guest = v1().guest().g(0x800_0008n);
    guest.timer('CNTV', true);
    const subjects = [
      { acts: a, show: (): string => a.row },
      { acts: guest, show: (): string => row(guest) },
    ];
    for (const { acts, show } of subjects) {
      expect(acts.cdia()).toBe(ppi(27));
      expect(show()).toBe('8000000 8000000 10000 10 0');
      acts.cddi(0x2000_001bn);
      expect(show()).toBe('8000000 0 10000 10 0');
      acts.cdeoi();
      expect(show()).toBe('8000000 0 0 FF 12000001B');
    }
  });

  it('[V5-041] survives unbalanced operations', () => {
    const eoi = new Bare();
    eoi.cdeoi();
    expect(eoi.read('APR')).toBe(0n);
    const after = (act: bigint, operand: bigint): bigint => {
      const a = new Bare().start({ act });
      a.cddi(operand);
      return a.read('PPI_SACTIVER0');
    };
    expect(after(0n, 0x2000_0003n)).toBe(0n);
    for (const operand of [0x2000_0080n, 0x2000_0043n, 0x4000_0003n, 3n]) expect(after(8n, operand)).toBe(8n);
    expect(after(8n, 0xffff_ffff_3000_0003n)).toBe(0n);
    const a = new Bare().start({ act: 0x800_0008n, apr: 0x1_0010n });
    const aprs = [0, 1, 2].map(() => {
      a.cdeoi();
      return a.read('APR');
    });
    expect(aprs).toEqual([0x1_0000n, 0n, 0n]);
    expect(a.read('PPI_SACTIVER0')).toBe(0x800_0008n);
  });

  it('[V5-042] computes the effective priority mask', () => {
    const pairs: [number, number][] = [
      [0xf800_0000, 0],
      [1, 0],
      [0x8000_0001, 0],
      [0xf800_0001, 0],
      [0xf800_0001, 0x10],
      [0x4000_0001, 0x1_0000],
      [0x8000_0001, 0x1_0010],
      [0xf800_0001, 1],
      [0xf800_0001, 0x8000_0000],
    ];
    expect(pairs.map(([vmcr, apr]) => effectivePriorityMask(vmcr, apr))).toEqual([0, 1, 17, 32, 4, 9, 4, 0, 31]);
  });

  it('[V5-043] stores five bits of the priorities of implemented PPIs', () => {
    const a = new Bare();
    const guest = v1().guest();
    const subjects = [
      (name: string): bigint => {
        a.write(name, ALL_ONES);
        return a.read(name);
      },
      (name: string): bigint => {
        guest.write(name, ALL_ONES);
        return guest.read(name);
      },
    ];
    for (const readBack of subjects) {
      expect(readBack('PPI_PRIORITYR0')).toBe(0x1f00_0000n);
      expect(readBack('PPI_PRIORITYR3')).toBe(0x001f_001f_1f1f_0000n);
      expect(readBack('PPI_PRIORITYR2')).toBe(0x1f00_0000_0000_0000n);
      for (const n of [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]) expect(readBack(`PPI_PRIORITYR${n}`)).toBe(0n);
    }
  });

  it('[V5-044] breaks a tie by the lowest number and records it', () => {
    const a = new Bare();
    a.write('PPI_PRIORITYR2', 0x1000_0000_0000_0000n);
    a.write('PPI_PRIORITYR3', 0x1000_0000n);
    a.write('PCR', 0x10n);
    a.write('PPI_ENABLER0', 0x880_0000n);
    a.source(23, true);
    a.take();
    a.source(27, true);
    expect(a.read('HPPIR')).toBe(ppi(23));
    expect(a.take('cpuif.hppi')).toMatchObject([{ after: 0x2000_0017, tie: [0x2000_0017, 0x2000_001b] }]);
    expect(a.cdia()).toBe(ppi(23));
    a.take();
    a.cdeoi();
    expect(a.read('HPPIR')).toBe(ppi(27));
    expect(a.take('cpuif.hppi')).toMatchObject([{ after: 0x2000_001b, tie: [] }]);
  });
});
