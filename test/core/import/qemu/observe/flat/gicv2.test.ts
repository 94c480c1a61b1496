/** GICv2 lines (gicv3-behaviour §13; trace-import-formats §6.5). */
import { describe, expect, it } from 'vitest';
import { intidOf } from '../../../../../../core/trace/interrupts.ts';
import { importLines } from '../../../../../support/qemu-lines.ts';

const hex8 = (value: number): string => value.toString(16).padStart(8, '0');
const write = (cpu: number, offset: number, value: number): string =>
  `gic_cpu_write cpu ${cpu} iface write at 0x${hex8(offset)} 0x${hex8(value)}`;
const dist = (offset: number, value: number, size = 4): string =>
  `gic_dist_write dist write at 0x${hex8(offset)} size ${size}: 0x${hex8(value)}`;
const input = (irq: number, level: number, cpus: number): string =>
  `gic_set_irq irq ${irq} level ${level} cpumask 0x${cpus.toString(16)} target 0x${cpus.toString(16)}`;
const best = (cpu: number, irq: number, priority: number, mask = 240, running = 256): string =>
  `gic_update_bestirq cpu ${cpu} irq ${irq} priority ${priority} cpu priority mask ${mask} cpu running priority ${running}`;
const acknowledge = (cpu: number, irq: number, value = irq): string[] => [
  `gic_acknowledge_irq cpu ${cpu} acknowledged irq ${irq}`,
  `gic_cpu_read cpu ${cpu} iface read at 0x0000000c: 0x${hex8(value)}`,
];
const ONE_CPU = 'gic_dist_read dist read at 0x00000004 size 4: 0x00000008';
const TWO_CPUS = 'gic_dist_read dist read at 0x00000004 size 4: 0x00000028';

describe('a timer interrupt of a GICv2', () => {
  const lines = [
    write(1, 0, 1), // 1: EOImode 0
    input(27, 1, 2), // 2
    best(1, 27, 160), // 3
    'gic_update_set_irq cpu[1]: irq = 1', // 4
    ...acknowledge(1, 27), // 5, 6
    input(27, 0, 2), // 7
    write(1, 0x10, 27), // 8
  ];

  it('belongs to the vCPU that its lines name, and lives from line to end', async () => {
    const { sink, result } = await importLines(lines);
    const at = (field: string, line: number): bigint | undefined => sink.valueAt(`vcpu1.irq.ppi27.${field}`, line);
    expect([at('line', 2), at('pending', 2), at('priority', 3), at('masked', 3)]).toEqual([1n, 1n, 160n, 0n]);
    expect([at('active', 5), at('active', 8)]).toEqual([1n, 0n]);
    expect(sink.ofKind('irq.acknowledge')).toMatchObject([{ vcpu: 1, intid: intidOf({ type: 'ppi', number: 27 }) }]);
    expect(sink.ofKind('irq.drop')).toMatchObject([{ vcpu: 1, detail: { register: 'GICC_EOIR' } }]);
    expect(sink.ofKind('mmio.access').map(({ register }) => register)).toEqual(['GICC_CTLR', 'GICC_IAR']);
    expect(sink.value('vcpu1.runningPriority')).toBe(255n);
    expect(result.summary.gic).toBe('v2');
  });

  it('is held back by the mask or the running priority that the line prints', async () => {
    const masked = async (line: string): Promise<bigint | undefined> =>
      (await importLines([line])).sink.value('vcpu0.irq.ppi27.masked');
    expect(await masked(best(0, 27, 160, 160))).toBe(1n);
    expect(await masked(best(0, 27, 160, 240, 128))).toBe(1n);
    expect(await masked(best(0, 27, 160, 240, 176))).toBe(0n);
  });
});

describe('a GICv2', () => {
  it('says how many CPUs there are in its distributor', async () => {
    expect((await importLines([TWO_CPUS])).result.summary.vcpus).toBe(2);
  });

  it('has words of its own for each CPU, which are nobody’s where nothing says who writes', async () => {
    const enable = [dist(0x100, 0x0800_0000), 'gic_enable_irq irq 27 enabled'];
    const one = await importLines([ONE_CPU, ...enable]);
    expect(one.sink.value('vcpu0.irq.ppi27.enabled')).toBe(1n);
    const two = await importLines([TWO_CPUS, best(0, 27, 160), dist(0x180, 0x0800_0000)]);
    expect([two.sink.valueAt('vcpu0.irq.ppi27.enabled', 2), two.sink.value('vcpu0.irq.ppi27.enabled')]).toEqual([
      1n,
      undefined,
    ]);
  });

  it('sends SGIs to a list of CPUs, whose acknowledge carries the sender', async () => {
    const { sink } = await importLines([
      TWO_CPUS,
      dist(0xf00, 0x0002_0001),
      ...acknowledge(1, 1, 0x401),
      write(1, 0x10, 0x401),
    ]);
    expect([sink.valueAt('vcpu1.irq.sgi1.pending', 2), sink.value('vcpu1.irq.sgi1.pending')]).toEqual([1n, 0n]);
    expect(sink.ofKind('irq.drop')).toMatchObject([
      { intid: intidOf({ type: 'sgi', number: 1 }), detail: { register: 'GICC_EOIR', value: '0x401' } },
    ]);
  });

  it('routes an SPI to the one CPU of its target byte', async () => {
    const { sink } = await importLines([dist(0x828, 2, 1), 'gic_enable_irq irq 40 enabled', dist(0x828, 3, 1)]);
    expect([sink.valueAt('irq.spi40.target', 2), sink.value('irq.spi40.target')]).toEqual([1n, undefined]);
    expect(sink.ofKind('irq.configure')).toMatchObject([{ what: 'enabled', value: 1n }]);
  });

  it('keeps the interface of its guests apart', async () => {
    const { sink } = await importLines(['gic_acknowledge_irq vcpu 0 acknowledged irq 27', best(0, 30, 160)]);
    expect(sink.ofKind('irq.acknowledge')).toMatchObject([{ detail: { vINTID: 27, interface: 'vcpu' } }]);
    expect(sink.journal.layout.find('vcpu0.irq.ppi27.active')).toBeUndefined();
  });
});
