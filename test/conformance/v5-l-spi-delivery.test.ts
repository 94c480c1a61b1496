/** Sleeping vCPUs, doorbells, LPIs, arbitration and targets (gicv5-spi-scenarios S17, S18, S20, S32 … S34, S41, S42). */
import { describe, expect, it } from 'vitest';
import { LPI_BASE } from '../../core/gic/v5/irs/iste.ts';
import { bitsOf } from '../../core/gic/v5/words.ts';
import { FEATURE } from '../../core/kvm/vcpu-slots.ts';
import { ALL_ONES } from './v5-lab.ts';
import { ALL_PROFILES, CDIA5, ready, SpiLab, SPI5, type SpiGuest } from './v5-spi-lab.ts';

const IST = 0x4_8010_0000n;

/** A table of 2^5 LPIs. */
function withLpis(guest: SpiGuest): void {
  guest.w32(0x190, 5);
  guest.w64(0x180, IST | 1n);
}

describe('a sleeping vCPU', () => {
  it('[SPI-S17] is woken by its doorbell, which stays marked until it sleeps again', () => {
    const { lab, g0 } = ready('Q');
    g0.write('PCR', 0x14n);
    g0.run();
    lab.take();
    expect(g0.vcpu.trapWfi().runnable).toBe(false);
    expect(lab.told()).toEqual(['vcpu.nonresident 0 0x14']);
    lab.line(5, 1);
    expect(lab.told()).toEqual(['spi.inject 1', 'vdpend 0x60000005 1', 'vcpu.doorbell 0']);
    expect(lab.gic(0).doorbell?.flag).toBe(true);
    expect(g0.vcpu.checkRunnable().runnable).toBe(true);
    g0.vcpu.endWait();
    g0.run();
    expect(lab.told()).toEqual(['vcpu.resident 0 0', 'irs.hppi 0 0x60000005']);
    expect(g0.cdia()).toBe(CDIA5);
    expect(lab.gic(0).doorbell?.flag).toBe(true);
    g0.stop();
    expect(lab.gic(0).doorbell?.flag).toBe(false);
  });

  it('[SPI-S18] sleeps on where no priority could be signalled', () => {
    const { lab, g0 } = ready('Q');
    g0.write('PCR', 0x08n);
    g0.run();
    lab.take();
    g0.vcpu.trapWfi();
    expect(lab.told()).toEqual(['vcpu.nonresident 0 0x8']);
    lab.line(5, 1);
    expect([lab.word(5), lab.told()]).toEqual([0x8009, ['spi.inject 1', 'vdpend 0x60000005 1']]);
    expect(g0.vcpu.checkRunnable().runnable).toBe(false);
  });

  it.each([
    ['priority 0 runs', 'APR', 1n],
    ['the interface is disabled', 'CR0', 0n],
  ])('[SPI-S18] asks for no doorbell while %s', (_when, register, value) => {
    const { lab, g0 } = ready('Q');
    g0.write(register, value);
    g0.run();
    lab.take();
    g0.vcpu.trapWfi();
    expect(lab.told()).toEqual(['vcpu.nonresident 0 no doorbell']);
    lab.line(5, 1);
    expect(lab.count('vcpu.doorbell')).toBe(0);
  });
});

describe('LPIs', () => {
  it.each(ALL_PROFILES)('[SPI-S20] are inter-processor interrupts without any exit (%s)', (profile) => {
    const { lab, g0, g1 } = ready(profile);
    withLpis(g0);
    g0.configure(LPI_BASE, 0x10, 1).configure(LPI_BASE + 1, 0x10, 0);
    g1.run();
    lab.take();
    g0.insn('GIC CDPEND', 0x1_4000_0000n);
    expect(g1.cdia()).toBe(0x1_4000_0000n);
    g1.insn('GIC CDDI', 0x4000_0000n);
    g1.cdeoi();
    g1.insn('GIC CDPEND', 0x1_4000_0001n);
    expect(g0.cdia()).toBe(0x1_4000_0001n);
    expect(
      lab.events.map(({ kind }) => kind).filter((kind) => /^(vcpu\.(exit|entry)|spi\.|aplist)/.test(kind)),
    ).toEqual([]);
  });
});

describe('arbitration', () => {
  it.each(ALL_PROFILES)('[SPI-S32] prefers a PPI on a tie, then LPIs, then the smaller number (%s)', (profile) => {
    const lab = new SpiLab(profile);
    const g0 = lab.spiGuest(0);
    withLpis(g0);
    for (const intid of [SPI5, SPI5 - 1, LPI_BASE + 7]) g0.configure(intid);
    g0.write('PPI_PRIORITYR3', 0x1000_0000n);
    g0.write('PPI_ENABLER0', 1n << 27n);
    lab.line(5, 1);
    g0.timer('CNTV', true);
    expect(g0.cdia()).toBe(0x1_2000_001bn);
    g0.timer('CNTV', false);
    g0.cdeoi();
    g0.cddi(0x2000_001bn);
    g0.insn('GIC CDPEND', BigInt(LPI_BASE + 7) | (1n << 32n));
    lab.line(4, 1);
    expect([g0.handle(), g0.handle(), g0.handle()]).toEqual([0x1_4000_0007n, 0x1_6000_0004n, CDIA5]);
    g0.cd('PRI', SPI5, 0x0f);
    lab.line(5, 1);
    g0.timer('CNTV', true);
    expect(g0.cdia()).toBe(CDIA5);
  });

  it.each(ALL_PROFILES)('[SPI-S33] takes the mask as inclusive and the running priority as strict (%s)', (profile) => {
    const { lab, g0 } = ready(profile);
    g0.configure(SPI5 + 1).configure(SPI5 + 2, 0x0f);
    lab.line(5, 1);
    g0.write('PCR', 0x0fn);
    expect(g0.hppir).toBe(0n);
    g0.write('PCR', 0x10n);
    expect(g0.cdia()).toBe(CDIA5);
    lab.line(6, 1);
    expect(g0.hppir).toBe(0n);
    lab.line(7, 1);
    expect(g0.cdia()).toBe(0x1_6000_0007n);
    expect(g0.apr).toBe(0x1_8000n);
    g0.cdeoi();
    expect(g0.apr).toBe(0x1_0000n);
    g0.cdeoi();
    expect(g0.apr).toBe(0n);
  });

  it.each(ALL_PROFILES)('[SPI-S34] leaves an SPI whose target does not exist pending (%s)', (profile) => {
    const { lab, g0, g1 } = ready(profile);
    g0.cd('AFF', SPI5, 9);
    lab.take();
    lab.line(5, 1);
    expect(lab.word(5)).toBe(0x9_8009);
    expect(lab.told()).toContain('irs.hppi.noPe 9');
    expect([g0.hppir, g1.hppir]).toEqual([0n, 0n]);
    g0.cd('AFF', SPI5, 1);
    expect(g1.cdia()).toBe(CDIA5);
  });

  it('[SPI-S42] names vCPUs by their ids, however sparse', () => {
    const { lab, g0, g1 } = ready('Q', { ids: [17, 3] });
    expect([g0.read('IAFFIDR'), g1.read('IAFFIDR')]).toEqual([17n, 3n]);
    expect(g0.r32(0x04) & 0xffff).toBe(2);
    g0.w32(0x140, 17);
    expect(g0.r32(0x144)).toBe(7);
    g0.w32(0x140, 0);
    expect(g0.r32(0x144)).toBe(1);
    g0.cd('AFF', SPI5, 3);
    lab.line(5, 1);
    expect(g1.cdia()).toBe(CDIA5);
    const other = new SpiLab('Q', { ids: [17, 3], until: 'initialised' });
    const doorbells = other.events.flatMap((event) =>
      event.kind === 'vm.vpe.valid' ? [[event.vpe, event.doorbellLpi]] : [],
    );
    expect(doorbells).toEqual([
      [17, 1000],
      [3, 1001],
    ]);
  });
});

describe('the first run', () => {
  it.each(ALL_PROFILES)('[SPI-S41] masks hidden PPIs at each vCPU’s own first run (%s)', (profile) => {
    const lab = new SpiLab(profile, { until: 'initialised' });
    expect(lab.vcpu(1).slots.features.lo & FEATURE.PMU).toBe(0);
    for (const [name, value] of [
      ['ICC_PPI_ENABLER0_EL1', ALL_ONES],
      ['ICC_PPI_SACTIVER0_EL1', 1n << 40n],
      ['ICC_PPI_SPENDR0_EL1', (1n << 40n) | 8n],
    ] as const)
      expect(lab.setRegister(name, value, 1)).toBe(0);
    lab.take();
    lab.guest(0).run();
    expect(lab.take('vcpu.ppiMasked').map(({ vcpu }) => vcpu)).toEqual([0]);
    lab.guest(1).run();
    expect(lab.take('vcpu.ppiMasked').map(({ vcpu }) => vcpu)).toEqual([1]);
    const { ppis } = lab.gic(1);
    expect(bitsOf(ppis.enabled.value)).toEqual(bitsOf(lab.vgic.ppiMask.value));
    expect([ppis.active.has(40), ppis.isPending(40)]).toEqual([false, false]);
    expect(lab.guest(1).pend & 8n).toBe(8n);
  });
});
