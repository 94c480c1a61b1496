/** Recordings against the reports that trace-cmd made of them: every event, its time, CPU, thread and order. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ImportResult, importTrace, inspect } from '../../../../core/import/import.ts';
import { nanoseconds } from '../../../../core/state/brand.ts';
import { compareReport } from '../../../../scripts/trace-cmd/raw-report.ts';
import { decompressed } from '../../../support/decompressed.ts';
import { MemorySink } from '../../../support/memory-sink.ts';

const data = (name: string): string => fileURLToPath(new URL(`../../../data/import/${name}`, import.meta.url));

const textOf = async (name: string): Promise<string> => (await decompressed(data(name))).toString('utf8');

const LINE = /^\s*(.+-\d+)\s+\[(\d+)\] \S{5}\s+(\d+\.\d{6}): (\w+):/;

describe.each([
  {
    name: 'arch_timer',
    events: 13_967,
    vcpus: 2,
    threads: 'vCPU 0: arch_timer (293), as its events say; vCPU 1: arch_timer (294), as its events say',
    frames: 'GICD 0x8020000, GICR 0x8050000 0x8030000',
  },
  {
    name: 'vgic_irq-v6',
    events: 72_626,
    vcpus: 1,
    threads: 'vCPU 0: vgic_irq (324), as its events say',
    frames: 'GICD 0x8020000, GICR 0x8030000',
  },
])('the recording $name', ({ name, events, vcpus, threads, frames }) => {
  const sink = new MemorySink();
  let result: ImportResult;
  beforeAll(async () => {
    result = await importTrace(data(`${name}.trace.dat.xz`), sink);
  });

  it('has the events of the report in its order, with their times, CPUs and threads', async () => {
    const lines = (await textOf(`${name}.report-N.txt.xz`)).split('\n').slice(1, -1);
    expect(lines.length).toBe(events);
    expect(sink.kept.length).toBe(events);
    const [seconds = '0', fraction = '0'] = (result.summary.source.facts['first time stamp'] ?? '').split(/[. ]/);
    const origin = BigInt(seconds) * 1_000_000_000n + BigInt(fraction);
    const recorded = sink.events;
    const different = lines.flatMap((line, i) => {
      const event = recorded[i];
      const [, task, cpu, time, source] = LINE.exec(line) ?? [];
      // The report rounds half up to microseconds.
      const micros = (origin + BigInt(event?.time ?? 0) + 500n) / 1000n;
      const printed = `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`;
      const same =
        task === event?.detail?.['task'] &&
        Number(cpu) === event?.detail?.['CPU'] &&
        time === printed &&
        source === event?.source;
      return same ? [] : [`${line} ≠ ${printed} ${JSON.stringify(event?.detail)}`];
    });
    expect(different).toEqual([]);
  });

  it('shows the machine', () => {
    expect(result.summary.gic).toBe('v3');
    expect(result.summary.vcpus).toBe(vcpus);
    expect(result.summary.source.facts['vCPU threads']).toBe(threads);
    expect(result.summary.source.facts['register frames']).toContain(frames);
    expect(result.summary.source.facts['vCPU not proven']).toBeUndefined();
  });

  it('counts its events by name as they were recorded', () => {
    expect([...sink.names.values()].reduce((a, b) => a + b, 0)).toBe(events);
    expect(sink.names.get('kvm_entry')).toBe(sink.ofKind('vcpu.entry').length);
    expect(sink.names.get('kvm_exit')).toBe(sink.ofKind('vcpu.exit').length);
  });

  it('knows the vCPU of every entry and exit, and its run state', () => {
    for (const { vcpu } of [...sink.ofKind('vcpu.entry'), ...sink.ofKind('vcpu.exit')])
      expect(vcpu).toBeTypeOf('number');
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      const slot = sink.journal.layout.find(`vcpu${vcpu}.runState`);
      const entries = sink.kept.filter(({ event }) => event.kind === 'vcpu.entry' && event.vcpu === vcpu);
      // An entry makes the run state `guest`, which it was not before.
      for (const { changes } of entries) expect(changes.find((change) => change.slot === slot)?.after).toBe(1n);
    }
  });
});

describe('the fields of the recording arch_timer', () => {
  it('are those that trace-cmd prints as they are stored', async () => {
    const sink = new MemorySink();
    const { summary } = await importTrace(data('arch_timer.trace.dat.xz'), sink);
    const [seconds = '0', nanos = '0'] = (summary.source.facts['first time stamp'] ?? '').split(/[. ]/);
    const origin = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
    const lines = (await textOf('arch_timer.report-NR.txt.xz')).split('\n');
    const { events, fields, explained, different } = compareReport(lines, sink.events, origin);
    expect(different).toEqual([]);
    expect([events, fields, explained.size]).toEqual([13_967, 46_430, 0]);
  });

  it('are told apart from others', () => {
    const event = { kind: 'host.event', event: 'a', time: nanoseconds(5), origin: 'unknown', source: 'a' } as const;
    const detail = { CPU: 1, task: 'x-2', irq: 3 };
    const differences = (line: string): number => compareReport([line], [{ ...event, detail }], 10n).different.length;
    expect(differences('x-2 [001] 0.000000015: a: irq=3')).toBe(0);
    for (const line of [
      'x-2 [001] 0.000000016: a: irq=3',
      'y-2 [001] 0.000000015: a: irq=3',
      'x-2 [000] 0.000000015: a: irq=3',
      'x-2 [001] 0.000000015: b: irq=3',
      'x-2 [001] 0.000000015: a: irq=4',
      'x-2 [001] 0.000000015: a: irq=3 level=1',
      'cpus=2',
    ])
      expect(differences(line), line).toBe(1);
  });
});

describe('what the events prove', () => {
  const sink = new MemorySink();
  beforeAll(async () => {
    await importTrace(data('vgic_irq-v6.trace.dat.xz'), sink);
  });

  it('injects the interrupts that the VMM and the vGIC name', () => {
    const injections = sink.ofKind('irq.inject');
    const causes = injections.map(({ cause }) => cause);
    expect(causes.filter((cause) => cause === 'KVM_IRQ_LINE').length).toBe(378);
    // Four more give a number that is no interrupt.
    expect(sink.names.get('kvm_irq_line')).toBe(382);
    expect(causes.filter((cause) => cause === 'vgic_update_irq_pending').length).toBe(3823);
    // Only a private interrupt names its vCPU.
    for (const { intid, vcpu } of injections)
      if (intid >>> 29 === 3) expect(vcpu).toBeUndefined();
      else expect(vcpu).toBeTypeOf('number');
  });

  it('names the registers of the distributor and of redistributors once their frames are known', () => {
    const registers = new Set(sink.ofKind('mmio.access').map(({ register }) => register));
    for (const name of ['GICD_CTLR', 'GICD_ISENABLER1', 'GICR_ISENABLER0', 'GICR_ISPENDR0'])
      expect(registers).toContain(name);
  });

  it('gives an exit the reason of its exception class, and none to an interrupt', () => {
    const reasons = new Set(sink.ofKind('vcpu.exit').map(({ reason }) => reason));
    expect(reasons).toContain('IRQ');
    expect(reasons).toContain('DABT_LOW');
    expect(reasons).not.toContain('UNKNOWN');
  });

  it('keeps every event that it has no meaning for with its fields', () => {
    const waking = sink.events.find(({ source }) => source === 'sched_waking');
    expect(waking).toMatchObject({
      kind: 'host.event',
      detail: { comm: 'rcu_sched', pid: 15, prio: 120, target_cpu: 0 },
    });
  });
});

describe('detection', () => {
  it('knows a trace.dat inside its compression', async () => {
    expect(await inspect(data('arch_timer.trace.dat.xz'))).toMatchObject({ format: 'trace.dat', wrappers: ['xz'] });
  });

  it('says what a part of a recording without its header is not', async () => {
    // Data of one CPU, as a recorder that crashed leaves it.
    const head = readFileSync(data('arch_timer.trace.dat.xz')).subarray(5000, 9000);
    const { detect } = await import('../../../../core/import/registry.ts');
    expect(() => detect(head, 'trace.dat.cpu0')).toThrow('binary data of no known kind');
  });
});
