import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ReplayResult } from '../../../../core/analysis/replay/tally.ts';
import { importTrace } from '../../../../core/import/import.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { importLines } from '../../../support/qemu-lines.ts';
import { replayed } from '../../../support/replayed.ts';

const data = fileURLToPath(new URL('../../../data/import/gicv2-smp2.part.log.xz', import.meta.url));

async function ofLines(vcpus: number, ...lines: readonly (string | readonly string[])[]): Promise<ReplayResult> {
  const { sink, result } = await importLines(lines, { vcpus });
  return replayed(sink, result);
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;
const dist = (op: 'read' | 'write', offset: number, value: number, size = 4): string =>
  `gic_dist_${op} dist ${op} at ${hex(offset)} size ${size}: ${hex(value)}`;
const write = (cpu: number, offset: number, value: number): string =>
  `gic_cpu_write cpu ${cpu} iface write at ${hex(offset)} ${hex(value)}`;
const acknowledge = (cpu: number, value: number): string[] => [
  `gic_acknowledge_irq cpu ${cpu} acknowledged irq ${value & 0x3ff}`,
  `gic_cpu_read cpu ${cpu} iface read at 0x0000000c: ${hex(value)}`,
];
const best = (cpu: number, irq: number, running = 256): string =>
  `gic_update_bestirq cpu ${cpu} irq ${irq} priority 160 cpu priority mask 240 cpu running priority ${running}`;
const signal = (cpu: number): string => `gic_update_set_irq cpu[${cpu}]: irq = 1`;
const line = (irq: number, level: 0 | 1, mask: number): string =>
  `gic_set_irq irq ${irq} level ${level} cpumask 0x${mask} target 0x${mask}`;
const end = (cpu: number, value: number): string => write(cpu, 0x10, value);

/** A CPU reads its own target byte and sets itself up; PPI 27 is enabled at priority 160. */
const setUp = (cpu: number): string[] => [
  dist('read', 0x800, 0x0101_0101 << cpu),
  ...Array.from({ length: 8 }, (_, n) => dist('write', 0x400 + 4 * n, 0xa0a0_a0a0)),
  write(cpu, 4, 0xf0),
  write(cpu, 0, 1),
  dist('write', 0x100, 0x0800_0000),
];
const boot: readonly string[] = [dist('write', 0, 1), ...setUp(0), ...setUp(1)];

describe('replay of a real GICv2 recording', () => {
  const sink = new MemorySink();
  let result: ReplayResult;
  beforeAll(async () => {
    result = replayed(sink, await importTrace(data, sink));
  });

  it('agrees with every answer, read, best interrupt and signal of two CPUs', () => {
    expect(result.divergences).toEqual([]);
    expect([result.mismatched, result.unsupported]).toEqual([0, 0]);
    expect(result.byRegister['GICC_IAR']?.matched).toBeGreaterThan(1000);
  });

  it('finds every acknowledge that is changed in it', async () => {
    const lines = [...sink.raw];
    const reads = lines.flatMap((text, at) => (text.endsWith('iface read at 0x0000000c: 0x0000001b') ? [at] : []));
    const changed = reads.filter((_at, index) => index % 40 === 3);
    for (const at of changed) lines[at] = (lines[at] ?? '').replace(/1b$/, '1e');
    const { byRegister } = await ofLines(2, lines);
    expect(byRegister['GICC_IAR']?.mismatched).toBe(changed.length);
  });
});

describe('replay of GICv2', () => {
  it('follows a private interrupt from its line to its end', async () => {
    const result = await ofLines(
      2,
      boot,
      [line(27, 1, 2), best(1, 27), signal(1), acknowledge(1, 27)].flat(),
      [line(27, 0, 2), end(1, 27), acknowledge(1, 1023)].flat(),
    );
    expect(result.divergences).toEqual([]);
    expect(result.byRegister['GICC_IAR']).toEqual({ matched: 2, mismatched: 0 });
  });

  it('takes the sender of an SGI from its acknowledge, and two senders for two interrupts', async () => {
    const send = dist('write', 0xf00, 0x0001_0003);
    const result = await ofLines(
      2,
      boot,
      [send, send, best(0, 3), signal(0), ...acknowledge(0, 0x003), end(0, 3)],
      [best(0, 3), signal(0), ...acknowledge(0, 0x403), end(0, 0x403)],
    );
    expect(result.divergences).toEqual([]);
    expect(result.inferred['senders of SGIs, which acknowledges name']).toBe(2);
  });

  it('learns from an answer that the other CPU had made a write to its own word', async () => {
    const enable = dist('write', 0x100, 0x4000_0000);
    const result = await ofLines(2, boot, enable, [line(30, 1, 1), best(0, 30), signal(0), ...acknowledge(0, 30)]);
    expect(result.divergences).toEqual([]);
    expect(Object.keys(result.inferred)).toContain('CPUs that accessed words of their own, which later answers tell');
  });

  it('does not let an interrupt preempt one of its own priority', async () => {
    const spi = [dist('write', 0x840, 0x0101_0101), dist('write', 0x440, 0xa0a0_a0a0), dist('write', 0x108, 1)];
    const result = await ofLines(
      1,
      [dist('write', 0, 1), ...setUp(0), ...spi],
      [line(27, 1, 1), best(0, 27), signal(0), ...acknowledge(0, 27)],
      [line(64, 1, 1), best(0, 64, 160), ...acknowledge(0, 1023)],
      [line(27, 0, 1), best(0, 64, 160), end(0, 27), best(0, 64), signal(0), ...acknowledge(0, 64)],
    );
    expect(result.divergences.map(({ register }) => register)).toEqual(['GICD_ITARGETSR0']);
    expect(result.byRegister['GICC_IAR']).toEqual({ matched: 3, mismatched: 0 });
  });
});
