/** Exceptions of `-d int`: several lines, one event (trace-import-formats §6.1). */
import { describe, expect, it } from 'vitest';
import { importLines } from '../../../support/qemu-lines.ts';

const IRQ = [
  'Taking exception 5 [IRQ] on CPU 1',
  '...from EL1 to EL1',
  '...with ESR 0x0/0x3800000',
  '...with SPSR 0x61400005',
  '...with ELR 0xffffa245b469b3f8',
  '...to EL1 PC 0xffffa245b3410a80 PSTATE 0x4023c5',
];

describe('an interrupt taken', () => {
  it('is one event of the CPU that the first line names, with where from and where to', async () => {
    const { sink, result } = await importLines(IRQ);
    expect(sink.events).toMatchObject([
      {
        kind: 'irq.taken',
        vcpu: 1,
        line: 1,
        from: 0xffff_a245_b469_b3f8n,
        to: 0xffff_a245_b341_0a80n,
        detail: { exception: 'IRQ', 'from EL': 1, 'to EL': 1 },
      },
    ]);
    expect(result.summary.lines).toMatchObject({ read: 6, asEvents: 1, merged: 5, skipped: 0 });
  });

  it('keeps its place where lines of events stand between, and other lines follow it', async () => {
    const between = 'arm_gt_update_irq gt_update_irq: timer 1 irqstate 1';
    const { sink } = await importLines([...IRQ.slice(0, 3), between, ...IRQ.slice(3)]);
    expect(sink.events.map(({ kind }) => kind)).toEqual(['irq.taken', 'timer.line']);
    expect(sink.ofKind('irq.taken')).toMatchObject([{ to: 0xffff_a245_b341_0a80n }]);
  });

  it('has parts of its own, though its first line is in the same words as another', async () => {
    const { sink } = await importLines([...IRQ, IRQ[0] ?? '', '...to EL1 PC 0x40 PSTATE 0x3c5']);
    expect(sink.ofKind('irq.taken').map(({ from, to }) => [from, to])).toEqual([
      [0xffff_a245_b469_b3f8n, 0xffff_a245_b341_0a80n],
      [undefined, 0x40n],
    ]);
  });

  it('claims nothing of parts that may be another CPU’s', async () => {
    const other = 'Taking exception 5 [IRQ] on CPU 0';
    const { sink, result } = await importLines([IRQ[0] ?? '', other, ...IRQ.slice(1)]);
    expect(sink.ofKind('irq.taken').map(({ vcpu, from, to }) => [vcpu, from, to])).toEqual([
      [1, undefined, undefined],
      [0, undefined, undefined],
    ]);
    expect(result.summary.lines).toMatchObject({ asEvents: 2, merged: 5 });
  });

  it('has no more parts sixteen lines later', async () => {
    const between = Array.from({ length: 20 }, () => 'arm_gt_update_irq gt_update_irq: timer 1 irqstate 1');
    const { sink } = await importLines([IRQ[0] ?? '', ...between, IRQ[1] ?? '']);
    expect(sink.events.at(0)?.kind).toBe('irq.taken');
    expect(sink.events.at(-1)).toMatchObject({ kind: 'other', event: '...from', detail: { text: 'EL1 to EL1' } });
  });
});

describe('other exceptions', () => {
  it('are shown with syndrome and address, a hypervisor call around what it does', async () => {
    const { sink } = await importLines([
      'Taking exception 4 [Data Abort] on CPU 0',
      '...from EL0 to EL1',
      '...with ESR 0x24/0x92000007',
      '...with FAR 0xffff8e1f0000',
      '...with SPSR 0x80000000',
      '...with ELR 0xffff8e1d1234',
      '...to EL1 PC 0xffffa245b3410c00 PSTATE 0x4023c5',
      'Taking exception 11 [Hypervisor Call] on CPU 0',
      '...from EL1 to EL2',
      '...with ESR 0x16/0x5a000000',
      'arm_psci_call PSCI Call x0=0x0000000084000000 x1=0x0 x2=0x0 x3=0x0 cpuid=0x0',
      '...handled as PSCI call',
    ]);
    expect(sink.events).toMatchObject([
      {
        kind: 'other',
        event: 'exception',
        vcpu: 0,
        detail: { exception: 'Data Abort', ESR: '0x92000007', FAR: '0xffff8e1f0000', from: '0xffff8e1d1234' },
      },
      { kind: 'other', detail: { exception: 'Hypervisor Call', ESR: '0x5a000000', 'to EL': 2 } },
      { kind: 'psci.call' },
    ]);
  });

  it('of releases that do not print the CPU are told, and are nobody’s where there are several', async () => {
    const lines = [
      'Taking exception 5 [IRQ]',
      '...from EL2 to EL2',
      '...with ESR 0x0/0x0',
      '...with ELR 0x43b9f01c',
      '...to EL2 PC 0x43b34a80 PSTATE 0x3c9',
      'Taking exception 1 [Undefined Instruction]',
      '...from EL1 to EL1',
      '...to EL1 PC 0x80280 PSTATE 0x3c5',
      'Taking exception 5 [IRQ',
    ];
    const { sink, result } = await importLines(lines);
    expect(sink.events.map(({ kind, vcpu, detail }) => [kind, vcpu, detail])).toEqual([
      ['irq.taken', undefined, { exception: 'IRQ', 'from EL': 2, 'to EL': 2 }],
      ['other', undefined, { exception: 'Undefined Instruction', 'from EL': 1, 'to EL': 1, to: '0x80280' }],
    ]);
    expect(sink.ofKind('irq.taken')[0]).toMatchObject({ from: 0x43b9_f01cn, to: 0x43b3_4a80n });
    expect(result.summary.lines).toMatchObject({ read: 9, asEvents: 2, merged: 6, skipped: 1 });
    const single = await importLines(lines, { vcpus: 1 });
    expect(single.sink.events.map(({ vcpu }) => vcpu)).toEqual([0, 0]);
  });

  it('end with a return that names no CPU', async () => {
    const { sink } = await importLines(['Exception return from AArch64 EL1 to AArch64 EL0 PC 0x4269b3f8']);
    expect(sink.events).toMatchObject([
      {
        kind: 'other',
        event: 'exception return',
        detail: { from: 'AArch64 EL1', to: 'AArch64 EL0', pc: '0x4269b3f8' },
      },
    ]);
    expect(sink.events[0]?.vcpu).toBeUndefined();
  });
});
