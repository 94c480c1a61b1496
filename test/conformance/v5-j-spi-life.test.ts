/** Lives of SPIs with the list of the VM, its scan and the notifier, and without (gicv5-spi-scenarios S02 … S15, S19, S43, S45, S46). */
import { describe, expect, it } from 'vitest';
import { SPI_BASE } from '../../core/gic/v5/irs/iste.ts';
import { LockDeadlock } from '../../core/kvm/v5/irs/locks.ts';
import { ALL_PROFILES, CDIA5, makeLevel, ready, SPI5 } from './v5-spi-lab.ts';

const IDLE = 0x8008;
const PENDING = 0x8009;
const ACTIVE = 0x800a;
const BOTH = 0x800b;
const INJECTED = ['spi.inject 1', 'vdpend 0x60000005 1', 'irs.hppi 0 0x60000005', 'aplist.add 0x60000005 1'];
const CONSUMED = ['vdrcfg 0x60000005 p0 a0', 'aplist.remove 0x60000005 0', 'notifier.fire 5'];

describe('an edge SPI', () => {
  it('[SPI-S02] is on the list from injection to the scan that finds it consumed, whoever exits', () => {
    const { lab, g0, g1 } = ready('H3');
    expect([lab.word(5), lab.k(5)]).toEqual([IDLE, 'edge,0,0,0,no']);
    expect(lab.line(5, 1)).toBe(0);
    expect([lab.word(5), lab.k(5), lab.told()]).toEqual([PENDING, 'edge,0,1,0,yes', INJECTED]);
    g0.exit();
    expect([lab.word(5), lab.k(5), lab.told()]).toEqual([PENDING, 'edge,0,1,0,yes', ['vdrcfg 0x60000005 p1 a0']]);
    expect(g0.cdia()).toBe(CDIA5);
    expect([lab.word(5), lab.k(5), g0.apr]).toEqual([ACTIVE, 'edge,0,1,0,yes', 0x1_0000n]);
    expect(lab.told()).toEqual(['irs.hppi 0 none']);
    g0.cdeoi();
    expect([lab.word(5), g0.apr]).toEqual([ACTIVE, 0n]);
    g0.exit();
    expect([lab.word(5), lab.k(5), lab.told()]).toEqual([ACTIVE, 'edge,0,0,1,yes', ['vdrcfg 0x60000005 p0 a1']]);
    g0.cd('DI', SPI5);
    expect([lab.word(5), lab.k(5), lab.told()]).toEqual([IDLE, 'edge,0,0,1,yes', []]);
    g1.exit();
    expect([lab.word(5), lab.k(5), lab.told()]).toEqual([IDLE, 'edge,0,0,0,no', CONSUMED]);
    g0.exit();
    expect(lab.told()).toEqual([]);
  });

  it('[SPI-S03] leaves a latch behind for ever in a kernel without the list, and no trace of tracking', () => {
    const { lab, g0, g1 } = ready('Q');
    lab.line(5, 1);
    expect(lab.told()).toEqual(INJECTED.slice(0, 3));
    g0.exit();
    expect(g0.handle()).toBe(CDIA5);
    g0.exit();
    g1.exit();
    expect([lab.word(5), lab.k(5)]).toEqual([IDLE, 'edge,0,1,0,no']);
    expect(lab.told()).toEqual(['irs.hppi 0 none']);
  });

  it('[SPI-S06] that arrives while active is delivered again, with one entry, one removal, one notification', () => {
    const { lab, g0 } = ready('H3');
    lab.line(5, 1);
    g0.cdia();
    lab.take();
    lab.line(5, 1);
    expect([lab.word(5), lab.told()]).toEqual([BOTH, ['spi.inject 1', 'vdpend 0x60000005 1']]);
    g0.exit();
    expect([lab.k(5), lab.told()]).toEqual(['edge,0,1,1,yes', ['vdrcfg 0x60000005 p1 a1']]);
    g0.cdeoi();
    g0.cd('DI', SPI5);
    expect([lab.word(5), lab.told()]).toEqual([PENDING, ['irs.hppi 0 0x60000005']]);
    g0.exit();
    expect(lab.k(5)).toBe('edge,0,1,0,yes');
    lab.take();
    expect(g0.handle()).toBe(CDIA5);
    g0.exit();
    expect([lab.word(5), lab.told()]).toEqual([IDLE, ['irs.hppi 0 none', ...CONSUMED]]);
  });

  it.each(ALL_PROFILES)('[SPI-S07] cannot be recalled by lowering its line (%s)', (profile) => {
    const { lab, g0 } = ready(profile);
    lab.line(5, 1);
    lab.take();
    expect(lab.line(5, 0)).toBe(0);
    expect(lab.told()).toEqual(['spi.inject 0', 'spi.inject.ignored 0']);
    expect(g0.cdia()).toBe(CDIA5);
  });

  it('[SPI-S09] that is disabled waits on the list and is delivered when it is enabled', () => {
    const { lab, g0 } = ready('H3');
    g0.cd('DIS', SPI5);
    g0.insn('GSB SYS');
    lab.take();
    expect(lab.word(5)).toBe(0x8000);
    lab.line(5, 1);
    expect([lab.word(5), lab.told()]).toEqual([
      0x8001,
      ['spi.inject 1', 'vdpend 0x60000005 1', 'aplist.add 0x60000005 1'],
    ]);
    expect(g0.hppir).toBe(0n);
    g0.exit();
    expect(lab.k(5)).toBe('edge,0,1,0,yes');
    lab.take();
    g0.cd('EN', SPI5);
    expect([lab.word(5), lab.told()]).toEqual([PENDING, ['irs.hppi 0 0x60000005']]);
    expect(g0.handle()).toBe(CDIA5);
    g0.exit();
    expect(lab.told()).toEqual(['irs.hppi 0 none', ...CONSUMED]);
  });

  it('[SPI-S10] moves between vCPUs while pending, and may be deactivated by either', () => {
    const { lab, g0, g1 } = ready('H3');
    g1.run();
    lab.line(5, 1);
    expect([lab.word(5), lab.candidate(0), lab.candidate(1)]).toEqual([PENDING, SPI5, 0]);
    lab.take();
    g1.insn('GIC CDAFF', 0x1_6000_0005n);
    expect([lab.word(5), lab.candidate(0), lab.candidate(1)]).toEqual([0x1_8009, 0, SPI5]);
    expect(lab.told()).toEqual(['irs.hppi 0 none', 'irs.hppi 1 0x60000005']);
    expect(g1.cdia()).toBe(CDIA5);
    expect([lab.word(5), lab.candidate(0), lab.candidate(1)]).toEqual([0x1_800a, 0, 0]);
    g0.cd('AFF', SPI5, 0);
    expect([lab.word(5), g0.apr, g1.apr]).toEqual([ACTIVE, 0n, 0x1_0000n]);
    g1.cdeoi();
    g0.cd('DI', SPI5);
    expect([lab.word(5), lab.k(5)]).toEqual([IDLE, 'edge,0,1,0,yes']);
    // KVM notes vCPU 0 as the holder of the membership at every step.
    expect(lab.irs.spi(5)?.member).toBe(1);
    lab.take();
    g0.exit();
    expect(lab.told()).toEqual(CONSUMED);
  });

  it('[SPI-S11] is notified of once per removal, not per delivery', () => {
    const deliver = (exitBetween: boolean): Record<string, number> => {
      const { lab, g0 } = ready('H3');
      lab.line(5, 1);
      g0.handle();
      if (exitBetween) g0.exit();
      lab.line(5, 1);
      g0.handle();
      g0.exit();
      return Object.fromEntries(
        ['gic.vdpend', 'aplist.add', 'aplist.remove', 'notifier.fire', 'gic.vdrcfg'].map((kind) => [
          kind,
          lab.count(kind),
        ]),
      );
    };
    expect(deliver(false)).toEqual({
      'gic.vdpend': 2,
      'aplist.add': 1,
      'aplist.remove': 1,
      'notifier.fire': 1,
      'gic.vdrcfg': 1,
    });
    expect(deliver(true)).toMatchObject({ 'aplist.add': 2, 'aplist.remove': 2, 'notifier.fire': 2 });
  });

  it('[SPI-S12] that is consumed before it is on the list is found by the next scan', () => {
    const { lab, g0, g1 } = ready('H3');
    lab.irs.inTheGap = () => {
      g0.handle();
      g0.exit();
      expect(lab.irs.list).toEqual([]);
    };
    lab.line(5, 1);
    expect([lab.word(5), lab.irs.list]).toEqual([IDLE, [5]]);
    expect(lab.told()).toEqual([
      'spi.inject 1',
      'vdpend 0x60000005 1',
      'irs.hppi 0 0x60000005',
      'irs.hppi 0 none',
      'aplist.add 0x60000005 1',
    ]);
    g1.exit();
    expect(lab.told()).toEqual(CONSUMED);
  });
});

describe('a level SPI', () => {
  it('[SPI-S04] that its handler silences is removed and notified of', () => {
    const { lab, g0 } = ready('H3');
    makeLevel(g0, 5);
    expect([lab.k(5), lab.word(5)]).toEqual(['level,0,0,0,no', IDLE]);
    lab.line(5, 1);
    expect([lab.word(5), lab.k(5)]).toEqual([PENDING, 'level,1,0,0,yes']);
    // HM of the entry stayed edge, so the acknowledge clears Pending.
    g0.cdia();
    expect(lab.word(5)).toBe(ACTIVE);
    lab.take();
    lab.line(5, 0);
    expect([lab.word(5), lab.k(5), lab.told()]).toEqual([
      ACTIVE,
      'level,0,0,0,yes',
      ['spi.inject 0', 'vdpend 0x60000005 0'],
    ]);
    g0.exit();
    expect([lab.k(5), lab.told()]).toEqual(['level,0,0,1,yes', ['vdrcfg 0x60000005 p0 a1']]);
    g0.cdeoi();
    g0.cd('DI', SPI5);
    g0.exit();
    expect([lab.k(5), lab.told()]).toEqual(['level,0,0,0,no', CONSUMED]);
  });

  it('[SPI-S05] whose line stays high stays on the list and is not presented again', () => {
    const { lab, g0 } = ready('H3');
    makeLevel(g0, 5);
    lab.line(5, 1);
    g0.handle();
    expect(lab.word(5)).toBe(IDLE);
    lab.take();
    for (let exits = 0; exits < 3; exits++) {
      g0.exit();
      expect([lab.k(5), lab.told()]).toEqual(['level,1,0,0,yes', ['vdrcfg 0x60000005 p0 a0']]);
    }
    expect(g0.hppir).toBe(0n);
    lab.line(5, 0);
    expect([lab.k(5), lab.told()]).toEqual(['level,0,0,0,yes', ['spi.inject 0', 'vdpend 0x60000005 0']]);
    g0.exit();
    expect(lab.told()).toEqual(CONSUMED);
  });

  it.each(ALL_PROFILES)('[SPI-S08] takes a repeated level for nothing new (%s)', (profile) => {
    const { lab, g0 } = ready(profile);
    makeLevel(g0, 5);
    for (const level of [1, 0]) {
      lab.line(5, level);
      lab.line(5, level);
      const told = lab.told().filter((line) => !line.startsWith('aplist') && !line.startsWith('irs.hppi'));
      expect(told).toEqual([
        `spi.inject ${level}`,
        `vdpend 0x60000005 ${level}`,
        `spi.inject ${level}`,
        `spi.inject.ignored ${level}`,
      ]);
    }
  });

  it('[SPI-S45] is presented again after deactivation where the guest chose level handling', () => {
    const { lab, g0 } = ready('H3');
    g0.insn('GIC CDHM', 0x1_6000_0005n);
    expect(lab.word(5)).toBe(0x800c);
    makeLevel(g0, 5);
    lab.line(5, 1);
    expect(lab.word(5)).toBe(0x800d);
    g0.cdia();
    expect(lab.word(5)).toBe(0x800f);
    g0.cdeoi();
    lab.take();
    g0.cd('DI', SPI5);
    expect([lab.word(5), lab.told()]).toEqual([0x800d, ['irs.hppi 0 0x60000005']]);
    lab.line(5, 0);
    expect(lab.word(5)).toBe(0x800c);
    lab.take();
    g0.exit();
    expect(lab.told()).toEqual(CONSUMED);
  });

  it('[SPI-S46] keeps the latch of its time as an edge SPI: lowering the line says pending', () => {
    const { lab, g0 } = ready('Q');
    lab.line(5, 1);
    g0.handle();
    makeLevel(g0, 5);
    lab.line(5, 1);
    expect(lab.told()).toContain('vdpend 0x60000005 1');
    lab.line(5, 0);
    expect(lab.told()).toEqual(['spi.inject 0', 'vdpend 0x60000005 1', 'spi.latch.stuck']);
  });
});

describe('the notifier', () => {
  it('[SPI-S13] lowers the line and signals every resample eventfd, with no lock held', () => {
    const { lab, g0 } = ready('H3');
    lab.irs.listeners.addResampler(5);
    lab.irs.listeners.addResampler(5);
    expect(lab.irs.listeners.signal(5, true)).toBe(0);
    g0.handle();
    lab.take();
    g0.exit();
    const events = lab.events.map((event) => (event.kind === 'lock.release' ? `release ${event.lock}` : event.kind));
    expect(events.indexOf('release spiApList')).toBeLessThan(events.indexOf('notifier.fire'));
    expect(events.indexOf('release spiApList')).toBeGreaterThan(events.indexOf('aplist.remove'));
    expect(lab.told()).toEqual([
      ...CONSUMED,
      'spi.inject 0',
      'spi.inject.ignored 0',
      'resample.signal 5 0',
      'resample.signal 5 1',
    ]);
  });

  it('[SPI-S14] deadlocks in the first posting with a listener that injects, and notifies before it removes', () => {
    const { lab, g0 } = ready('H1');
    lab.line(5, 1);
    g0.handle();
    lab.take();
    g0.exit();
    expect(lab.told()).toEqual(['vdrcfg 0x60000005 p0 a0', 'notifier.fire 5', 'aplist.remove 0x60000005 0']);
    lab.irs.listeners.addResampler(5);
    lab.line(5, 1);
    g0.handle();
    lab.take();
    expect(() => g0.exit()).toThrow(LockDeadlock);
    expect(lab.told()).toEqual(['vdrcfg 0x60000005 p0 a0', 'notifier.fire 5', 'spi.inject 0', 'lock.deadlock irq 5']);
    expect(lab.irs.spi(5)?.locked).toBe(true);
  });

  it('[SPI-S15] never fires without the list, and says so once', () => {
    const { lab, g0 } = ready('Q');
    lab.irs.listeners.addResampler(5);
    lab.irs.listeners.addResampler(5);
    expect(lab.told()).toEqual(['notifier.unsupported']);
    lab.irs.listeners.signal(5, true);
    g0.handle();
    g0.exit();
    expect(lab.count('notifier.fire')).toBe(0);
  });

  it('[SPI-S19] hears nothing of an SPI that the guest made pending itself', () => {
    const { lab, g0 } = ready('H3');
    g0.insn('GIC CDPEND', 0x1_6000_0005n);
    expect([lab.word(5), lab.irs.list]).toEqual([PENDING, []]);
    expect(g0.handle()).toBe(CDIA5);
    lab.take();
    g0.exit();
    expect(lab.told()).toEqual([]);
  });
});

describe('a scan of several members', () => {
  const threeInjected = (profile: string): ReturnType<typeof ready> => {
    const started = ready(profile);
    const { lab, g0 } = started;
    // Less urgent than the others, so that 6 and 7 are handled first.
    g0.configure(SPI5, 0x18);
    for (const spi of [6, 7]) g0.configure(SPI_BASE + spi);
    for (const spi of [5, 6, 7]) lab.line(spi, 1);
    expect([g0.handle(), g0.handle()]).toEqual([0x1_6000_0006n, 0x1_6000_0007n]);
    lab.take();
    g0.exit();
    return started;
  };

  it('[SPI-S43] starts again after each removal', () => {
    const { lab } = threeInjected('H3');
    expect(lab.irs.list).toEqual([5]);
    expect(lab.told()).toEqual([
      'vdrcfg 0x60000005 p1 a0',
      'vdrcfg 0x60000006 p0 a0',
      'aplist.remove 0x60000006 2',
      'notifier.fire 6',
      'vdrcfg 0x60000005 p1 a0',
      'vdrcfg 0x60000007 p0 a0',
      'aplist.remove 0x60000007 1',
      'notifier.fire 7',
      'vdrcfg 0x60000005 p1 a0',
    ]);
  });

  it('[SPI-S43] goes through once in the first posting', () => {
    const { lab } = threeInjected('H1');
    expect(lab.irs.list).toEqual([5]);
    expect(lab.told().filter((line) => line.startsWith('vdrcfg'))).toEqual([
      'vdrcfg 0x60000005 p1 a0',
      'vdrcfg 0x60000006 p0 a0',
      'vdrcfg 0x60000007 p0 a0',
    ]);
  });
});
