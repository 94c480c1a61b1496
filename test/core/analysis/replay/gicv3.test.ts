import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ReplayResult } from '../../../../core/analysis/replay/tally.ts';
import { importTrace } from '../../../../core/import/import.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { importLines } from '../../../support/qemu-lines.ts';
import { replayed } from '../../../support/replayed.ts';

const data = (name: string): string => fileURLToPath(new URL(`../../../data/import/${name}`, import.meta.url));

async function ofFile(name: string): Promise<ReplayResult> {
  const sink = new MemorySink();
  return replayed(sink, await importTrace(data(name), sink));
}

async function ofLines(...lines: readonly (string | readonly string[])[]): Promise<ReplayResult> {
  const { sink, result } = await importLines(lines, { vcpus: 2 });
  return replayed(sink, result);
}

const dist = (op: 'read' | 'write', offset: number, value: number, size = 4): string =>
  `gicv3_dist_${op} GICv3 distributor ${op}: offset 0x${offset.toString(16)} data 0x${value.toString(16)} size ${size} secure 0`;
const redist = (cpu: number, op: 'read' | 'write', offset: number, value: number, size = 4): string =>
  `gicv3_redist_${op} GICv3 redistributor 0x${cpu} ${op}: offset 0x${offset.toString(16)} data 0x${value.toString(16)} size ${size} secure 0`;
const best = (cpu: number, intid: number, priority: number): string[] => [
  `gicv3_cpuif_update GICv3 CPU i/f 0x${cpu} HPPI update: irq ${intid} group 2 prio ${priority}`,
];
const signals = (cpu: number, irq: 0 | 1): string =>
  `gicv3_cpuif_set_irqs GICv3 CPU i/f 0x${cpu} HPPI update: setting FIQ 0 IRQ ${irq}`;
const iar = (cpu: number, intid: number): string =>
  `gicv3_icc_iar1_read GICv3 ICC_IAR1 read cpu 0x${cpu} value 0x${intid.toString(16)}`;
const eoir = (cpu: number, intid: number): string =>
  `gicv3_icc_eoir_write GICv3 ICC_EOIR1 write cpu 0x${cpu} value 0x${intid.toString(16)}`;
const icc = (cpu: number, register: string, value: number): string =>
  `gicv3_icc_${register.toLowerCase().replace(/\d$/, '')}_write GICv3 ICC_${register} write cpu 0x${cpu} value 0x${value.toString(16)}`;
const read = (cpu: number, register: string, value: number): string =>
  `gicv3_icc_${register.toLowerCase().replace(/\d$/, '')}_read GICv3 ICC_${register} read cpu 0x${cpu} value 0x${value.toString(16)}`;
const spi = (intid: number, level: 0 | 1): string =>
  `gicv3_dist_set_irq GICv3 distributor interrupt ${intid} level changed to ${level}`;
const ppi = (cpu: number, intid: number, level: 0 | 1): string =>
  `gicv3_redist_set_irq GICv3 redistributor 0x${cpu} interrupt ${intid} level changed to ${level}`;

/** SPI 79 edge and PPI 27 level, both enabled, group 1, priority 0xC0; PMR 0xF0 (gicv3-scenarios 84). */
const boot: readonly string[] = [
  dist('write', 0, 3),
  ...[0x84, 0x88].map((offset) => dist('write', offset, 0xffff_ffff)),
  dist('write', 0xc10, 0x8000_0000),
  dist('write', 0x44c, 0xc0c0_c0c0),
  dist('write', 0x108, 0x8000),
  redist(0, 'write', 0x1_0080, 0xffff_ffff),
  redist(0, 'write', 0x1_0418, 0xc0c0_c0c0),
  redist(0, 'write', 0x1_0100, 0x800_0000),
  icc(0, 'PMR', 0xf0),
  icc(0, 'IGRPEN1', 1),
];

describe('replay of real GICv3 recordings', () => {
  const sink = new MemorySink();
  let full: ReplayResult;
  beforeAll(async () => {
    full = replayed(sink, await importTrace(data('gicv3-smp2-its-full.log.xz'), sink));
  });

  it('agrees with every access, acknowledge, best interrupt and signal of two CPUs with an ITS', () => {
    expect(full.divergences).toEqual([]);
    const { compared, mismatched, unsupported } = full;
    expect({ compared, mismatched, unsupported }).toEqual({ compared: 195_121, mismatched: 0, unsupported: 168 });
  });

  it('compares each acknowledge, each SGI and each message once', () => {
    const { ICC_IAR1_EL1, 'SGI targets': sgis, 'ITS translation': messages } = full.byRegister;
    expect([ICC_IAR1_EL1?.matched, sgis?.matched, messages?.matched]).toEqual([4829, 939, 33]);
  });

  it('agrees with the first part of four CPUs without an ITS', async () => {
    const { mismatched, compared, divergences } = await ofFile('gicv3-smp4-noits-events.part.log.xz');
    expect(divergences).toEqual([]);
    expect([mismatched, compared > 5000]).toEqual([0, true]);
  });

  it('finds every value that is changed in a recording, and no other', async () => {
    const lines = sink.raw.slice(0, 20_000);
    const acknowledges = lines.flatMap((line, at) => (/iar1_read .* value 0x1b$/.test(line) ? [at] : []));
    const changed = acknowledges.filter((_at, index) => index % 50 === 7);
    for (const at of changed) lines[at] = (lines[at] ?? '').replace(/0x1b$/, '0x1e');
    const { divergences, byRegister } = await ofLines(lines);
    expect(byRegister['ICC_IAR1_EL1']?.mismatched).toBe(changed.length);
    const found = divergences.filter(({ register }) => register === 'ICC_IAR1_EL1').map(({ line }) => line);
    expect(found).toEqual(changed.map((at) => at + 1));
  });
});

describe('replay of GICv3', () => {
  it('[V3-084] takes the private interrupt among equal priorities, as hardware does', async () => {
    const result = await ofLines(
      boot,
      [spi(79, 1), ...best(0, 79, 0xc0), signals(0, 1)],
      [ppi(0, 27, 1), ...best(0, 27, 0xc0), signals(0, 1)],
      [...best(0, 79, 0xc0), signals(0, 0), iar(0, 27)],
      [ppi(0, 27, 0), ...best(0, 79, 0xc0), signals(0, 0)],
      [eoir(0, 27), ...best(0, 79, 0xc0), signals(0, 1)],
      [...best(0, 79, 255), signals(0, 0), iar(0, 79)],
      [eoir(0, 79), ...best(0, 79, 255), signals(0, 0)],
    );
    expect(result.divergences).toEqual([]);
    expect(result.byRegister['ICC_IAR1_EL1']).toEqual({ matched: 2, mismatched: 0 });
  });

  it.each([
    ['its distributor says so', dist('read', 4, 0x37a_0608)],
    ['Secure state sets it up', dist('write', 0, 0x37).replace('secure 0', 'secure 1')],
  ])('counts no difference of a machine with two security states: %s', async (_what, first) => {
    const seen = [boot, spi(79, 1), best(0, 79, 0xe0), signals(0, 1), iar(0, 79)];
    const { mismatched, reasons, byRegister } = await ofLines(first, ...seen);
    expect(mismatched).toBe(0);
    expect(Object.keys(reasons).filter((reason) => reason.includes('two security states'))).toHaveLength(1);
    expect(byRegister['ICC_IAR1_EL1']).toEqual({ matched: 1, mismatched: 0 });
    // With one it is one.
    expect((await ofLines(...seen)).mismatched).toBe(1);
  });

  it('[V3-084] reports an acknowledge by the rule of KVM, the first to arrive, as a difference', async () => {
    const { divergences } = await ofLines(boot, spi(79, 1), ppi(0, 27, 1), iar(0, 79));
    expect(divergences).toMatchObject([{ register: 'ICC_IAR1_EL1', recorded: 79n, emulated: 27n }]);
  });

  it('[V3-081] under hardware rules keeps a latch that is set while a level interrupt is active', async () => {
    const result = await ofLines(
      boot,
      [dist('write', 0x108, 0x1_0000), dist('write', 0x450, 0xc0)],
      [spi(80, 1), ...best(0, 80, 0xc0), signals(0, 1)],
      [...best(0, 80, 255), signals(0, 0), iar(0, 80)],
      [spi(80, 0), ...best(0, 80, 255), signals(0, 0)],
      [...best(0, 80, 255), signals(0, 0), dist('write', 0x208, 0x1_0000)],
      [eoir(0, 80), ...best(0, 80, 0xc0), signals(0, 1)],
      [...best(0, 80, 255), signals(0, 0), iar(0, 80)],
    );
    expect(result.divergences).toEqual([]);
    expect(result.byRegister['ICC_IAR1_EL1']).toEqual({ matched: 2, mismatched: 0 });
  });

  it('[V3-082] under hardware rules resets the interface of a CPU that is powered on, not its redistributor', async () => {
    const again = [icc(0, 'PMR', 0xf0), icc(0, 'IGRPEN1', 1)];
    const result = await ofLines(
      boot,
      [ppi(0, 27, 1), ...best(0, 27, 0xc0), signals(0, 1)],
      'arm_cpu_reset cpu 0',
      [read(0, 'PMR', 0), read(0, 'IGRPEN1', 0), redist(0, 'read', 0x1_0100, 0x800_0000)],
      again,
      iar(0, 27),
    );
    expect(result.divergences).toEqual([]);
    expect(result.byRegister['ICC_IAR1_EL1']).toEqual({ matched: 1, mismatched: 0 });
  });

  it('[V3-083] under hardware rules takes the lowest of equal priorities, whichever came first', async () => {
    for (const lines of [
      [spi(79, 1), ppi(0, 27, 1)],
      [ppi(0, 27, 1), spi(79, 1)],
    ]) {
      const result = await ofLines(boot, ...lines, iar(0, 27));
      expect([result.divergences, result.byRegister['ICC_IAR1_EL1']?.matched]).toEqual([[], 1]);
    }
  });

  it('compares a computation that stands before its cause after it', async () => {
    const { mismatched, compared } = await ofLines(boot, spi(79, 1), [
      ...best(0, 79, 255),
      dist('write', 0x188, 0x8000),
    ]);
    expect([mismatched, compared]).toEqual([0, 1]);
  });

  it('drops half-done computations of an end of interrupt, and of nothing else', async () => {
    const taken = [boot, [ppi(0, 27, 1), iar(0, 27)]];
    const half = [...best(0, 27, 255), ...best(0, 27, 0xc0)];
    const end = await ofLines(...taken, eoir(0, 27), half, spi(79, 0));
    expect([end.mismatched, end.unsupported]).toEqual([0, 1]);
    const other = await ofLines(...taken, eoir(0, 27), spi(78, 0), half, spi(79, 0));
    expect(other.divergences).toMatchObject([{ register: 'best interrupt', recorded: coded(255, 0) }]);
  });

  it('sends an SGI to the CPUs of its list that have it in group 1', async () => {
    const send = 'gicv3_icc_generate_sgi GICv3 CPU i/f 0x0 generating SGI 3 IRM 0 target affinity 0x0xx targetlist 0x3';
    const arrives = (cpu: number): string => `gicv3_redist_send_sgi GICv3 redistributor 0x${cpu} pending SGI 3`;
    const both = await ofLines(boot, redist(1, 'write', 0x1_0080, 0xffff_ffff), send, arrives(0), arrives(1));
    expect(both.byRegister['SGI targets']).toEqual({ matched: 2, mismatched: 0 });
    const onlyOne = await ofLines(boot, send, arrives(0), arrives(1));
    expect(onlyOne.byRegister['SGI targets']).toEqual({ matched: 1, mismatched: 1 });
    const missing = await ofLines(boot, redist(1, 'write', 0x1_0080, 0xffff_ffff), send, arrives(0), send);
    expect(missing.byRegister['SGI targets']).toEqual({ matched: 1, mismatched: 1 });
  });

  it('keeps all 64 bits of a route and the bytes of priorities', async () => {
    const { divergences } = await ofLines(
      boot,
      [dist('write', 0x6278, 1, 8), dist('read', 0x6278, 1, 8)],
      [dist('write', 0x44e, 0x7f, 1), dist('read', 0x44c, 0xc07f_c0c0)],
      [dist('read', 0x4, 0x37a_0208), redist(1, 'read', 0x8, 0x1_0100_0111, 8)],
    );
    expect(divergences).toEqual([]);
  });
});

function coded(priority: number, intid: number): bigint {
  return (BigInt(priority) << 32n) | BigInt(intid);
}
