/** The registers of the virtual IRS as a guest uses them (gicv5-spi-scenarios S01, S16, S21 … S26). */
import { describe, expect, it } from 'vitest';
import { LPI_BASE } from '../../core/gic/v5/irs/iste.ts';
import { ALL_PROFILES, CDIA5, ready, SpiLab, SPI5 } from './v5-spi-lab.ts';

const IST = 0x4_8010_0000n;

describe('the virtual IRS', () => {
  it('[SPI-S01] is programmed by a Linux guest', () => {
    const lab = new SpiLab('Q', { until: 'initialised' });
    const [g0, g1] = lab.guests;
    if (g0 === undefined || g1 === undefined) throw new Error('two vCPUs');
    g0.run();
    g1.run();
    lab.take();
    g0.w32(0x84, 0xf5d7);
    expect(g0.r32(0x84)).toBe(0xf5d7);
    g0.w32(0x80, 1);
    expect(lab.told()).toContain('irs.enable 1');
    lab.settleKicks();
    g1.run();
    g0.run();
    expect(lab.told()).toEqual([
      'vcpu.reload 1',
      'vcpu.nonresident 1 no doorbell',
      'vcpu.resident 1 0',
      'vcpu.reload 0',
      'vcpu.nonresident 0 no doorbell',
      'vcpu.resident 0 0',
    ]);
    expect([0x80, 0x04, 0x08, 0x1c, 0x18, 0x00, 0x04, 0x14].map(g0.r32)).toEqual([
      3, 0x40_0002, 0x170, 0, 0x20, 0x15, 0x40_0002, 0x20,
    ]);
    g0.w32(0x140, 0);
    expect(g0.r32(0x144)).toBe(7);
    g0.w32(0x148, 1);
    expect([g0.r32(0x148), g0.r32(0x144)]).toEqual([1, 7]);
    expect(g0.r64(0x180)).toBe(0n);
    g0.w32(0x190, 0xc);
    expect(g0.r32(0x190)).toBe(0xc);
    lab.take();
    g0.w64(0x180, IST | 1n);
    expect(lab.told()).toEqual(['irs.ist.valid 12 0']);
    expect([g0.r64(0x180), g0.r32(0x194)]).toEqual([IST | 1n, 1]);
    g1.w32(0x140, 1);
    expect(g1.r32(0x144)).toBe(7);
  });

  it('[SPI-S16] withdraws candidates while it is disabled, and keeps what is pending', () => {
    const { lab, g0, g1 } = ready('Q');
    g0.write('PPI_ENABLER0', 8n);
    const reload = (): void => {
      lab.settleKicks();
      g0.run();
      g1.run();
    };
    g0.w32(0x80, 0);
    reload();
    expect(lab.told()).toEqual([
      'irs.enable 0',
      'vcpu.reload 0',
      'vcpu.nonresident 0 no doorbell',
      'vcpu.resident 0 1',
      'vcpu.reload 1',
      'vcpu.nonresident 1 no doorbell',
      'vcpu.resident 1 1',
    ]);
    lab.line(5, 1);
    expect([lab.word(5), lab.told()]).toEqual([0x8009, ['spi.inject 1', 'vdpend 0x60000005 1']]);
    expect(g0.hppir).toBe(0n);
    // A visible PPI is signalled all the same.
    lab.irqLine(0x0200_0003, 1);
    expect(g0.cdia()).toBe(0x1_2000_0003n);
    g0.cdeoi();
    g0.cddi(0x2000_0003n);
    lab.take();
    g0.run();
    g0.vcpu.trapWfi();
    expect(lab.told()).toEqual(['vcpu.nonresident 0 no doorbell']);
    // Something else wakes it: the change of IRSEN is a request, and no doorbell.
    g0.vcpu.endWait();
    g1.w32(0x80, 1);
    lab.settleKicks();
    lab.take();
    g0.run();
    expect(lab.told()).toEqual([
      'vcpu.reload 0',
      'vcpu.nonresident 0 no doorbell',
      'vcpu.resident 0 0',
      'irs.hppi 0 0x60000005',
    ]);
    expect(g0.cdia()).toBe(CDIA5);
    g1.w32(0x80, 1);
    expect(lab.count('irs.enable')).toBe(0);
  });

  it('[SPI-S21] refuses a table of LPIs that it does not offer, silently for the guest', () => {
    const { lab, g0 } = ready('Q');
    for (const [cfgr, reason] of [
      [0x4, 'id bits'],
      [0x11, 'id bits'],
      [0x8c, 'entry size'],
      [0x1_000c, 'structure'],
    ] as const) {
      g0.w32(0x190, cfgr);
      lab.take();
      g0.w64(0x180, IST | 1n);
      expect([g0.r64(0x180) & 1n, lab.told()]).toEqual([0n, [`irs.ist.reject ${reason}`]]);
    }
    g0.w32(0x190, 0xc);
    g0.w64(0x180, IST | 1n);
    expect(g0.r64(0x180)).toBe(IST | 1n);
    g0.w32(0x190, 0x5);
    expect(g0.r32(0x190)).toBe(0xc);
    g0.w64(0x180, 0x4_8020_0001n);
    expect(g0.r64(0x180)).toBe(IST | 1n);
    lab.take();
    g0.w64(0x180, 0n);
    expect([lab.told(), g0.r64(0x180)]).toEqual([['irs.ist.invalid'], 0n]);
    expect(g0.icsr(LPI_BASE)).toBe(1n);
  });

  it('[SPI-S22] takes halves of IRS_IST_BASER in the queued version alone', () => {
    const program = (profile: string): bigint => {
      const { g0 } = ready(profile);
      g0.w32(0x190, 0xc);
      g0.w32(0x180, 0x8010_0000);
      g0.w32(0x184, 4);
      g0.w32(0x180, 0x8010_0001);
      return g0.r64(0x180);
    };
    expect(program('Q')).toBe(IST | 1n);
    expect(program('H3')).toBe(0n);
  });

  it.each(ALL_PROFILES)('[SPI-S23] knows nothing beyond its tables (%s)', (profile) => {
    const { lab, g0 } = ready(profile);
    g0.w32(0x190, 5);
    g0.w64(0x180, IST | 1n);
    lab.take();
    g0.insn('GIC CDPEND', 0x1_4000_0020n);
    expect(lab.told()).toEqual(['gic.cd.ignored']);
    expect(g0.icsr(LPI_BASE + 32)).toBe(1n);
    expect(g0.icsr(SPI5 - 5 + 32)).toBe(1n);
    expect(g0.icsr(SPI5)).toBe(0x8002n);
    expect(g0.icsr(0xa000_0000)).toBe(1n);
  });

  it.each(ALL_PROFILES)('[SPI-S24] selects the SPIs that the VM has (%s)', (profile) => {
    const { lab, g0 } = ready(profile);
    expect(g0.r32(0x108)).toBe(0xff_ffff);
    g0.w32(0x108, 31);
    expect(g0.r32(0x118)).toBe(3);
    lab.take();
    g0.w32(0x114, 1);
    expect(lab.told()).toEqual(['spi.config 31 level']);
    expect(g0.r32(0x114)).toBe(1);
    g0.w32(0x108, 32);
    expect([g0.r32(0x118), g0.r32(0x114)]).toEqual([1, 0]);
    lab.take();
    g0.w32(0x114, 1);
    expect(lab.told()).toEqual([]);
    g0.w32(0x108, 31);
    expect(g0.r32(0x114)).toBe(1);
  });

  it.each(['H3', 'Q'])('[SPI-S25] selects the PEs that the VM has (%s)', (profile) => {
    const { g0 } = ready(profile);
    expect(g0.r32(0x140)).toBe(0xffff);
    g0.w32(0x140, 1);
    expect(g0.r32(0x144)).toBe(7);
    g0.w32(0x140, 2);
    expect([g0.r32(0x144), g0.r32(0x148)]).toEqual([1, 0]);
  });

  it.each(['H3', 'Q'])('[SPI-S26] reads 0 and ignores writes where nothing is, without an abort (%s)', (profile) => {
    const { lab, g0 } = ready(profile);
    expect([0x20, 0xc0, 0x0c, 0x1_0000, 0x2].map(g0.r32)).toEqual([0, 0, 0, 0, 0]);
    expect([g0.r64(0x100), g0.r8(0)]).toEqual([0n, 0]);
    g0.w32(0x190, 5);
    g0.w64(0x180, IST | 1n);
    g0.w32(0x1_0000, 1);
    expect(lab.lpiWord(1)).toBe(0);
    expect([0xffbc, 0xffe0, 0xfffc].map(g0.r32)).toEqual([0x4770_5a19, 0x4b, 0xb1]);
  });
});
