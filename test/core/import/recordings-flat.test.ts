/** Golden numbers on recordings of GICv3 and GICv2 guests: every line accounted for, and what the events prove. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { importTrace, type ImportResult } from '../../../core/import/import.ts';
import { interruptLabel } from '../../../core/trace/interrupts.ts';
import { MemorySink } from '../../support/memory-sink.ts';

const data = (name: string): string => fileURLToPath(new URL(`../../data/import/${name}`, import.meta.url));

function tally<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const out: Record<string, number> = {};
  for (const item of items) out[key(item)] = (out[key(item)] ?? 0) + 1;
  return out;
}

describe('a recording of a GICv3 with ITS and two vCPUs', () => {
  const sink = new MemorySink();
  let result: ImportResult;
  beforeAll(async () => {
    result = await importTrace(data('gicv3-smp2-its-full.log.xz'), sink);
  });

  it('accounts for every one of its 290,871 lines', () => {
    expect(result.summary.lines).toEqual({ read: 290_871, asEvents: 290_871, merged: 0, skipped: 0, reasons: {} });
    expect(sink.raw.length).toBe(290_871);
  });

  it('has 4,829 IAR1 reads, 4,828 EOIs, 939 SGI generations, 385 distributor writes, and the rest as counted apart', () => {
    const counted = readFileSync(data('gicv3-smp2-its-full.hist.txt'), 'utf8').matchAll(/^\s*(\d+) (\S+)$/gm);
    expect(sink.names).toEqual(new Map([...counted].map(([, count, name]) => [name ?? '', Number(count)])));
    expect(sink.ofKind('irq.acknowledge').length).toBe(4829);
    expect(sink.ofKind('irq.drop').length).toBe(4828);
    expect(sink.events.filter(({ source }) => source === 'gicv3_icc_generate_sgi').length).toBe(939);
    expect(sink.events.filter(({ source }) => source === 'gicv3_dist_write').length).toBe(385);
  });

  it('acknowledges on the vCPU that the register lines name, with the interrupt that they read', () => {
    const reads = sink
      .ofKind('register.access')
      .filter(({ register, source }) => register === 'ICC_IAR1_EL1' && source === 'gicplug_sysreg_read');
    const acknowledges = sink.ofKind('irq.acknowledge');
    expect(tally(acknowledges, ({ vcpu, intid }) => `${vcpu} ${(intid ?? 0) & 0xffff}`)).toEqual(
      tally(reads, ({ vcpu, value }) => `${vcpu} ${value}`),
    );
    expect(tally(acknowledges, ({ intid }) => interruptLabel(intid ?? 0))).toEqual({
      'PPI 27': 3832,
      'SGI 0': 160,
      'SGI 1': 777,
      'SGI 2': 1,
      'SGI 5': 1,
      'SPI 79': 25,
      'LPI 8193': 24,
      'LPI 8194': 9,
    });
  });

  it('follows the state of every interrupt without one contradiction', () => {
    expect(result.summary.source.facts['contradictions']).toBeUndefined();
    expect(result.summary.gic).toBe('v3');
    expect(result.summary.vcpus).toBe(2);
    // It was moved to vCPU 1 late, and its line is low.
    expect([sink.value('irq.spi79.target'), sink.value('irq.spi79.pending')]).toEqual([1n, 0n]);
  });

  it('injects each message as the LPI that was then acknowledged', () => {
    expect(tally(sink.ofKind('irq.inject'), ({ intid }) => interruptLabel(intid))).toEqual({
      'LPI 8193': 24,
      'LPI 8194': 9,
    });
  });
});

describe('stock recordings of GICv3 and GICv2', () => {
  it('know the vCPU of every line of four but those of the distributor', async () => {
    const sink = new MemorySink();
    const { summary } = await importTrace(data('gicv3-smp4-noits-events.part.log.xz'), sink);
    expect(summary).toMatchObject({ gic: 'v3', vcpus: 4, lines: { read: 30_000, asEvents: 30_000, skipped: 0 } });
    expect(summary.source.facts['contradictions']).toBeUndefined();
    const nobodys = sink.events.filter(({ vcpu }) => vcpu === undefined);
    expect(tally(nobodys, ({ source }) => source ?? '')).toEqual({ gicv3_dist_read: 11, gicv3_dist_write: 362 });
  });

  it('show acknowledges and ends of a GICv2 in pairs', async () => {
    const sink = new MemorySink();
    const { summary } = await importTrace(data('gicv2-smp2.part.log.xz'), sink);
    const { lines } = summary;
    expect(summary).toMatchObject({ gic: 'v2', vcpus: 2 });
    expect(summary.source.facts['contradictions']).toBeUndefined();
    expect(lines).toEqual({ read: 40_000, asEvents: 33_193, merged: 6807, skipped: 0, reasons: {} });
    const taken = sink.events.filter(({ source }) => source === 'Taking exception');
    expect(sink.names.get('Taking exception')).toBe(taken.length);
    const interrupts = sink.ofKind('irq.taken');
    expect(interrupts.every(({ vcpu }) => vcpu !== undefined)).toBe(true);
    // The part ends in the midst of the last one.
    const incomplete = interrupts.filter(({ from, to }) => from === undefined || to === undefined);
    expect(incomplete.map(({ line }) => line)).toEqual([39_997]);
    const acknowledged = sink.ofKind('irq.acknowledge').filter(({ intid }) => intid !== undefined);
    const ended = sink.ofKind('irq.drop');
    const key = ({ vcpu, intid }: (typeof ended)[number]): string => `${vcpu} ${intid}`;
    const pairs = tally(ended, key);
    for (const [who, count] of Object.entries(tally(acknowledged, (event) => `${event.vcpu} ${event.intid}`)))
      expect(count - (pairs[who] ?? 0)).toBeLessThanOrEqual(1);
  });
});
