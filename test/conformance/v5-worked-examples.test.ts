/** The worked examples W1 … W12 of gicv5-cpuif-behaviour §12, row by row: PEND ACT APR HAPR HPPIR. */
import { describe, expect, it } from 'vitest';
import { Bare } from './v5-bare.ts';

/** Makes PPIs candidates with the given priorities. */
function enable(bare: Bare, priorities: Readonly<Record<number, number>>): Bare {
  let bitmap = 0n;
  const registers = new Map<number, bigint>();
  for (const [text, priority] of Object.entries(priorities)) {
    const ppi = Number(text);
    bitmap |= 1n << BigInt(ppi);
    const n = ppi >> 3;
    registers.set(n, (registers.get(n) ?? 0n) | (BigInt(priority) << BigInt(8 * (ppi & 7))));
  }
  for (const [n, value] of registers) bare.write(`PPI_PRIORITYR${n}`, value);
  bare.write('PPI_ENABLER0', bitmap);
  bare.take();
  return bare;
}

describe('worked examples of the CPU interface', () => {
  it('[W1] delivers one SW_PPI interrupt', () => {
    const a = new Bare();
    for (let n = 0; n < 16; n++) a.write(`PPI_PRIORITYR${n}`, 0x1010_1010_1010_1010n);
    a.write('PCR', 0x10n);
    a.write('PPI_ENABLER0', 8n);
    expect(a.row).toBe('0 0 0 FF 0');
    a.take();
    a.source(3, true);
    expect(a.row).toBe('8 0 0 FF 120000003');
    expect(a.take('cpuif.signal')).toEqual([{ kind: 'cpuif.signal', irq: true, nmi: false }]);
    expect(a.cdia()).toBe(0x1_2000_0003n);
    expect(a.row).toBe('0 8 10000 10 0');
    expect(a.take('cpuif.signal')).toEqual([{ kind: 'cpuif.signal', irq: false, nmi: false }]);
    a.cddi(0x2000_0003n);
    expect(a.row).toBe('0 0 10000 10 0');
    a.cdeoi();
    expect(a.row).toBe('0 0 0 FF 0');
  });

  it('[W2] follows the line of a directly injected timer', () => {
    const a = new Bare();
    a.write('PPI_PRIORITYR3', 0x1000_0000n);
    a.write('PCR', 0x10n);
    a.write('PPI_ENABLER0', 0x800_0000n);
    a.interface.bank(0)?.setDvi(0x800_0000, 0);
    a.interface.setPhysical(27, true);
    expect(a.row).toBe('8000000 0 0 FF 12000001B');
    expect(a.cdia()).toBe(0x1_2000_001bn);
    expect(a.row).toBe('8000000 8000000 10000 10 0');
    a.interface.setPhysical(27, false);
    expect(a.row).toBe('0 8000000 10000 10 0');
    a.cdeoi();
    expect(a.row).toBe('0 8000000 0 FF 0');
    a.cddi(0x2000_001bn);
    expect(a.row).toBe('0 0 0 FF 0');
    // The variant in which the guest forgets to rearm.
    a.interface.setPhysical(27, true);
    a.cdia();
    a.cdeoi();
    expect(a.row).toBe('8000000 8000000 0 FF 0');
    a.cddi(0x2000_001bn);
    expect(a.row).toBe('8000000 0 0 FF 12000001B');
  });

  it('[W3] preempts by priority', () => {
    const a = enable(new Bare(), { 3: 0x10, 23: 0x10, 27: 8 });
    a.write('PPI_SPENDR0', 8n);
    expect(a.row).toBe('8 0 0 FF 120000003');
    expect(a.cdia()).toBe(0x1_2000_0003n);
    expect(a.row).toBe('0 8 10000 10 0');
    a.source(23, true);
    expect(a.row).toBe('800000 8 10000 10 0');
    a.source(27, true);
    expect(a.row).toBe('8800000 8 10000 10 12000001B');
    expect(a.cdia()).toBe(0x1_2000_001bn);
    expect(a.row).toBe('8800000 8000008 10100 8 0');
    a.source(27, false);
    a.cdeoi();
    expect(a.row).toBe('800000 8000008 10000 10 0');
    a.cddi(0x2000_001bn);
    expect(a.row).toBe('800000 8 10000 10 0');
    a.cdeoi();
    expect(a.row).toBe('800000 8 0 FF 120000017');
    a.cddi(0x2000_0003n);
    expect(a.row).toBe('800000 0 0 FF 120000017');
    expect(a.cdia()).toBe(0x1_2000_0017n);
    expect(a.row).toBe('800000 800000 10000 10 0');
  });

  it('[W4] lets the priority that equals the mask pass', () => {
    const a = enable(new Bare(), { 3: 0x10 });
    a.source(3, true);
    const under = (mask: bigint): bigint => {
      a.write('PCR', mask);
      return a.read('HPPIR');
    };
    expect([0n, 0xfn, 0x10n, 0x1fn].map(under)).toEqual([0n, 0n, 0x1_2000_0003n, 0x1_2000_0003n]);
    a.write('PPI_PRIORITYR0', 0n);
    expect(under(0n)).toBe(0x1_2000_0003n);
  });

  it('[W5] drops before it deactivates', () => {
    const a = enable(new Bare(), { 3: 0x10, 23: 0x10 });
    a.source(3, true);
    a.cdia();
    a.source(3, true);
    expect(a.row).toBe('8 8 10000 10 0');
    a.cdeoi();
    expect(a.row).toBe('8 8 0 FF 0');
    a.source(23, true);
    expect(a.row).toBe('800008 8 0 FF 120000017');
    a.take();
    a.cddi(0x2000_0003n);
    expect(a.row).toBe('800008 0 0 FF 120000003');
    expect(a.take('cpuif.hppi')).toMatchObject([{ tie: [0x2000_0003, 0x2000_0017] }]);
  });

  it('[W6] deactivates before it drops', () => {
    const a = enable(new Bare(), { 27: 0x10 });
    a.source(27, true);
    a.cdia();
    expect(a.row).toBe('8000000 8000000 10000 10 0');
    a.take();
    a.cddi(0x2000_001bn);
    expect(a.row).toBe('8000000 0 10000 10 0');
    expect(a.take('cpuif.hppi')).toMatchObject([{ reason: 'runningPriority', priority: 0x10 }]);
    a.cdeoi();
    expect(a.row).toBe('8000000 0 0 FF 12000001B');
  });

  it('[W7] survives unbalanced operations', () => {
    const a = new Bare();
    a.cdeoi();
    expect(a.row).toBe('0 0 0 FF 0');
    a.cddi(0x2000_0003n);
    expect(a.row).toBe('0 0 0 FF 0');
    a.start({ apr: 0x1_0010n, act: 0x800_0008n });
    a.cdeoi();
    expect(a.row).toBe('0 8000008 10000 10 0');
  });

  it('[W8] delivers priority 0 as an NMI when SCTLR.NMI is set', () => {
    const a = new Bare();
    a.write('PPI_ENABLER0', 8n);
    a.interface.setNmiEnabled(true);
    a.source(3, true);
    expect(a.take('cpuif.signal')).toEqual([{ kind: 'cpuif.signal', irq: false, nmi: true }]);
    expect(a.cdia()).toBe(0n);
    expect(a.take('cpuif.ack')).toMatchObject([{ reasonZero: 'nmiMismatch' }]);
    expect(a.cdnmia()).toBe(0x1_2000_0003n);
    expect([a.read('APR'), a.read('HAPR')]).toEqual([1n, 0n]);
    const plain = new Bare();
    plain.write('PPI_ENABLER0', 8n);
    plain.source(3, true);
    expect(plain.cdnmia()).toBe(0n);
    expect(plain.cdia()).toBe(0x1_2000_0003n);
  });

  it('[W9] takes pending writes for edge PPIs only', () => {
    const a = new Bare();
    a.source(27, true);
    expect(a.read('PPI_SPENDR0')).toBe(0x800_0000n);
    a.write('PPI_SPENDR0', 0xffff_ffff_ffff_ffffn);
    expect(a.read('PPI_SPENDR0')).toBe(0x800_0008n);
    a.write('PPI_CPENDR0', 0xffff_ffff_ffff_ffffn);
    expect(a.read('PPI_CPENDR0')).toBe(0x800_0000n);
  });

  it('[W10] lets software write the active state', () => {
    const a = enable(new Bare(), { 3: 0x10 });
    a.source(3, true);
    expect(a.row).toBe('8 0 0 FF 120000003');
    a.write('PPI_SACTIVER0', 8n);
    expect(a.row).toBe('8 8 0 FF 0');
    a.write('PPI_CACTIVER0', 8n);
    expect(a.row).toBe('8 0 0 FF 120000003');
  });

  it('[W11] signals at once when a disabled interface is enabled', () => {
    const a = enable(new Bare(), { 3: 0x10 });
    a.write('CR0', 0n);
    a.source(3, true);
    expect(a.row).toBe('8 0 0 FF 0');
    expect(a.cdia()).toBe(0n);
    a.take();
    a.write('CR0', 1n);
    expect(a.row).toBe('8 0 0 FF 120000003');
    expect(a.take('cpuif.signal')).toEqual([{ kind: 'cpuif.signal', irq: true, nmi: false }]);
  });

  it('[W12] is blocked by an active priority zero', () => {
    const a = new Bare();
    a.write('PPI_ENABLER0', 8n);
    a.source(3, true);
    a.write('APR', 1n);
    expect(a.row).toBe('8 0 1 0 0');
    a.cdeoi();
    expect(a.row).toBe('8 0 0 FF 120000003');
  });
});
