/** Golden numbers on real recordings: every line accounted for, and what the events prove. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { importTrace, type ImportResult } from '../../../core/import/import.ts';
import { interruptLabel } from '../../../core/trace/interrupts.ts';
import { MemorySink } from '../../support/memory-sink.ts';

const data = (name: string): string => fileURLToPath(new URL(`../../data/import/${name}`, import.meta.url));

/** Event names and counts of a histogram file. */
function histogram(name: string): Map<string, number> {
  const [, events = ''] = readFileSync(data(name), 'utf8').split('== events');
  const [section = ''] = events.split('==');
  return new Map(
    section
      .split('\n')
      .map((line) => /^\s*(\d+) (\S+)$/.exec(line))
      .flatMap((match) => (match === null ? [] : [[match[2] ?? '', Number(match[1])] as const])),
  );
}

function tally<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const out: Record<string, number> = {};
  for (const item of items) out[key(item)] = (out[key(item)] ?? 0) + 1;
  return out;
}

describe('a recording of two vCPUs with register lines', () => {
  const sink = new MemorySink();
  let result: ImportResult;
  beforeAll(async () => {
    result = await importTrace(data('gicv5-smp2-full.log.xz'), sink);
  });

  it('accounts for every one of its 211,613 lines', () => {
    const { lines } = result.summary;
    expect(lines).toEqual({ read: 211_613, asEvents: 163_475, merged: 48_138, skipped: 0, reasons: {} });
    expect(sink.kept.length).toBe(163_475);
    expect(sink.raw.length).toBe(211_613);
  });

  it('counts event names as the histogram does', () => {
    expect(sink.names).toEqual(histogram('gicv5-smp2-full.hist.txt'));
  });

  it('has 5,063 acknowledges, by interrupt', () => {
    const acknowledges = sink.ofKind('irq.acknowledge');
    expect(tally(acknowledges, ({ intid }) => interruptLabel(intid ?? 0))).toEqual({
      'PPI 27': 3898,
      'LPI 1': 420,
      'LPI 9': 406,
      'LPI 8': 121,
      'LPI 0': 102,
      'SPI 5': 65,
      'SPI 47': 49,
      'LPI 5': 1,
      'LPI 10': 1,
    });
  });

  it('has 5,062 deactivations and 5,063 priority drops', () => {
    expect(sink.ofKind('irq.deactivate').length).toBe(5062);
    expect(sink.ofKind('irq.drop').length).toBe(5063);
    expect(sink.ofKind('irq.activate').length).toBe(1165);
  });

  it('proves the vCPU of every acknowledge, as the register lines say', () => {
    const reads = sink
      .ofKind('register.access')
      .filter(({ register, value }) => register === 'GICR CDIA' && value !== undefined && value > 0n);
    const key = (vcpu: number | undefined, intid: bigint): string => `${vcpu} ${intid}`;
    const acknowledged = sink.ofKind('irq.acknowledge').map(({ vcpu, intid }) => key(vcpu, BigInt(intid ?? 0)));
    const read = reads.map(({ vcpu, value }) => key(vcpu, (value ?? 0n) & 0xffff_ffffn));
    expect(tally(acknowledged, String)).toEqual(tally(read, String));
  });

  it('leaves only what nothing can tell apart without a vCPU', () => {
    expect(result.summary.source.facts['vCPU not proven']).toBe('327 of 106,145 events whose line names none');
    expect(result.summary.source.facts['contradictions']).toBeUndefined();
  });

  it('knows the machine and the clock', () => {
    expect(result.summary.gic).toBe('v5');
    expect(result.summary.vcpus).toBe(2);
    expect(result.summary.source).toMatchObject({
      kind: 'qemu-log',
      files: ['gicv5-smp2-full.log.xz'],
      facts: { 'time origin': '2026-11-20T21:55:32.992106Z', compression: 'xz' },
    });
    const last = sink.events.at(-1);
    expect(last?.time).toBe(14_350_826_000);
  });

  it('ends with the state that the last events leave', () => {
    expect(sink.value('vcpu0.runState')).toBe(0n);
    expect(sink.value('vcpu0.ICC_APR_EL1')).toBe(0n);
    expect(sink.value('vcpu1.irq.ppi27.enabled')).toBe(1n);
    expect(sink.value('vcpu1.irq.ppi27.priority')).toBe(31n);
    expect(sink.value('vcpu1.ICC_PCR_EL1')).toBe(31n);
    // Acknowledged by a vCPU that was switched off in its handler.
    expect(sink.value('irq.lpi10.active')).toBe(1n);
    expect(sink.value('irq.lpi8.target')).toBe(1n);
    // Nothing ever showed these.
    expect(sink.value('irq.spi7.active')).toBeUndefined();
    expect(sink.value('vcpu0.irq.ppi23.pending')).toBeUndefined();
  });

  it('shows every timer interrupt of vCPU 1 become active', () => {
    const slot = sink.journal.layout.find('vcpu1.irq.ppi27.active');
    const rises = sink.kept
      .flatMap(({ changes }) => changes)
      .filter((change) => change.slot === slot && change.before === 0n && change.after === 1n);
    expect(rises.length).toBe(1939);
  });
});

describe('stock recordings', () => {
  it('attributes everything when there is one vCPU', async () => {
    const sink = new MemorySink();
    const { summary } = await importTrace(data('gicv5-smp1-events.log.xz'), sink);
    expect(summary.lines).toMatchObject({ read: 42_317, skipped: 0 });
    expect(sink.names).toEqual(histogram('gicv5-smp1-events.hist.txt'));
    expect(summary.vcpus).toBe(1);
    expect(summary.source.facts['vCPU not proven']).toBe('0 of 22,061 events whose line names none');
    expect(tally(sink.ofKind('irq.acknowledge'), ({ vcpu, intid }) => `${vcpu} ${interruptLabel(intid ?? 0)}`)).toEqual(
      {
        '0 PPI 27': 1513,
        '0 SPI 5': 73,
        '0 SPI 47': 73,
        '0 LPI 5': 1,
      },
    );
  });

  it('claims nothing about private interrupts of several vCPUs without register lines', async () => {
    const sink = new MemorySink();
    const { summary } = await importTrace(data('gicv5-smp4-events.part.log.xz'), sink);
    const { lines } = summary;
    expect(lines?.read).toBe(30_000);
    expect(lines?.skipped).toBe(0);
    expect((lines?.asEvents ?? 0) + (lines?.merged ?? 0)).toBe(30_000);
    expect(summary.vcpus).toBe(4);
    const acknowledges = sink.ofKind('irq.acknowledge');
    expect(acknowledges.length).toBeGreaterThan(100);
    for (const { vcpu, intid } of acknowledges)
      // The IRS offers an LPI or SPI to one PE, which its next line names; nothing names the vCPU of a PPI.
      if (interruptLabel(intid ?? 0).startsWith('PPI')) expect(vcpu).toBeUndefined();
      else expect(vcpu).toBeTypeOf('number');
    const claimed = sink.journal.layout.slots.filter(({ path }) => /^vcpu\d+\.irq\.ppi/.test(path));
    expect(claimed).toEqual([]);
  });

  it('reads a recording whose host was busy: time stamps of milliseconds apart, pairs that nothing tells apart', async () => {
    const sink = new MemorySink();
    const { summary } = await importTrace(data('gicv5-ftrace.part.log.xz'), sink);
    expect(summary.lines).toMatchObject({ read: 40_000, skipped: 0 });
    expect(summary.source.facts['contradictions']).toBeUndefined();
  });
});
