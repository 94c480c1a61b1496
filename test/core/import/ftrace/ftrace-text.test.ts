/** ftrace as text in every variation: its columns, its fields, and that it says the same as the binary recording. */
import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../../core/import/ftrace/payload.ts';
import { newTextLine, readTextLine } from '../../../../core/import/ftrace/text-line.ts';
import { type ImportResult, importTrace } from '../../../../core/import/import.ts';
import { detect } from '../../../../core/import/registry.ts';
import { type NewEvent } from '../../../../core/trace/kinds.ts';
import { interruptLabel } from '../../../../core/trace/interrupts.ts';
import { MemorySink } from '../../../support/memory-sink.ts';

const data = (name: string): string => fileURLToPath(new URL(`../../../data/import/${name}`, import.meta.url));

async function imported(
  lines: readonly string[],
  format?: string,
): Promise<{ sink: MemorySink; result: ImportResult }> {
  const sink = new MemorySink();
  const stream = Readable.from([Buffer.from(`${lines.join('\n')}\n`)]);
  return { sink, result: await importTrace({ name: 'trace', stream }, sink, format === undefined ? {} : { format }) };
}

describe('the columns of a line', () => {
  const rows: readonly (readonly [string, Record<string, unknown>])[] = [
    [
      '          <idle>-0       [001] dnh1.    78.354974: irq_handler_entry: irq=1 name=IPI',
      { comm: '<idle>', pid: 0, cpu: 1, flags: 0x0d, seconds: 78, nanos: 354_974_000, name: 'irq_handler_entry' },
    ],
    [
      '       CPU 0/KVM-214     (    209) [001] d..1.    15.734270: kvm_entry: PC: 0x0000000040000000',
      { comm: 'CPU 0/KVM', pid: 214, tgid: 209, cpu: 1, flags: 1, name: 'kvm_entry' },
    ],
    ['          <idle>-0       (-------) [000] .....     9.749078: ipi_entry: (x)', { tgid: -1, flags: 0 }],
    [' a-b [1]-c-12      [003]    1.000001: x_y: z', { comm: 'a-b [1]-c', pid: 12, cpu: 3, flags: -1 }],
    ['           bash-18735 [000] .....  1536.199003528: hrtimer_setup:     z', { seconds: 1536, nanos: 199_003_528 }],
    ['            bash-18735 [000]-0x0  1536.199004: hrtimer_setup:  z', { flags: 0, name: 'hrtimer_setup' }],
    [
      '          <idle>-0     [001] dNh4.  1536.231108: (+2)     sched_wakeup:   z',
      { name: 'sched_wakeup', flags: 0x2d },
    ],
    [
      '          <idle>-0     [001] d.h3.1536231106443: sched_waking:   z',
      { isCount: true, count: 1_536_231_106_443n },
    ],
    ['inst1:        CPU 1/TCG-22017 [001]  1847.751961952: softirq_raise:  z', { buffer: 'inst1', comm: 'CPU 1/TCG' }],
    ['    bash-18735   0.....  1536.199004: hrtimer_setup:        z', { comm: 'bash', pid: 18735, cpu: 0, flags: 0 }],
    [
      'WorkerTh-19401     1d..2. 18202us+: sched_switch: z',
      { comm: 'WorkerTh', cpu: 1, seconds: 0, nanos: 18_202_000 },
    ],
    [
      '         swapper     0 [000]  2065.530057:         sched:sched_switch: z',
      { comm: 'swapper', pid: 0, isPerf: true },
    ],
    ['  CPU 0/KVM  4711 [003]  1.5 x', {}],
    [
      '  CPU 0/KVM  4711 [003]  1.500000001:          1     kvm:kvm_entry: PC: 0x0',
      { comm: 'CPU 0/KVM', pid: 4711, isPerf: true, name: 'kvm_entry', nanos: 500_000_001 },
    ],
    ['CPU 0/KVM  4711 [003]  1.500000: kvm:kvm_exit:k: IRQ: x', { name: 'kvm_exit', isPerf: true, payloadAt: 49 }],
    [
      '[003]\t  123.456789: hyp_enter reason=hvc vcpu=4711',
      { cpu: 3, pid: -1, seconds: 123, nanos: 456_789_000, name: 'hyp_enter', isPerf: false, payloadAt: 30 },
    ],
    ['     perf  1364/1365  [000]  2065.529925:   sched:sched_switch: z', { comm: 'perf', tgid: 1364, pid: 1365 }],
  ];
  it.each(rows)('%s', (text, expected) => {
    const line = newTextLine();
    expect(readTextLine(text, line)).toBe(Object.keys(expected).length > 0);
    if (Object.keys(expected).length > 0) expect(line).toMatchObject(expected);
  });
});

describe('the fields of a text', () => {
  it('are read where a plugin for another architecture mangles it', () => {
    expect(readPayload('kvm_entry', `CAN'T FIND FIELD "vcpu_id"<CANT FIND FIELD rip>PC: 0xffff800010a01234`)).toEqual(
      new Map([['vcpu_pc', 0xffff_8000_10a0_1234n]]),
    );
    expect(readPayload('kvm_exit', '<CANT FIND FIELD exit_reason>TRAP: HSR_EC: 0x0018 (SYS64), PC: 0x10')).toEqual(
      new Map([
        ['ret', 2n],
        ['esr_ec', 24n],
        ['vcpu_pc', 16n],
      ]),
    );
    const access =
      '[FAILED TO PARSE] vcpu_pc=0x426ffa74 is_write=1 name=0xffff95b620ff2000 Op0=3 Op1=0 CRn=12 CRm=11 Op2=5';
    expect(Object.fromEntries(readPayload('kvm_sys_access', access))).toMatchObject({
      is_write: 1n,
      CRn: 12n,
      Op2: 5n,
    });
  });

  it('are not believed where a library shifted them', () => {
    const fields = readPayload('kvm_wfx_arm64', 'guest executed wf>c< at: 0x0000000000000000');
    expect(fields.get('text')).toBe('guest executed wf');
    expect(fields.has('vcpu_pc')).toBe(false);
  });

  it('keep names with blanks and equals signs whole', () => {
    const text =
      'prev_comm=a prev_pid=1 b prev_pid=7 prev_prio=120 prev_state=R+ ==> next_comm=CPU 0/KVM next_pid=9 next_prio=1';
    expect(Object.fromEntries(readPayload('sched_switch', text))).toMatchObject({
      prev_comm: 'a prev_pid=1 b',
      prev_pid: 7n,
      next_comm: 'CPU 0/KVM',
    });
    expect(Object.fromEntries(readPayload('sched_switch', 'a:b:7 [120] R ==> migration/1:21 [0]'))).toMatchObject({
      prev_comm: 'a:b',
      next_pid: 21n,
    });
    for (const name of ['sched_wakeup', 'sched_wakeup_new'])
      expect(readPayload(name, 'a:b c:17 [120] CPU:001').get('comm')).toBe('a:b c');
    expect(Object.fromEntries(readPayload('anything', 'a=1 text=two words b=0x10'))).toEqual({
      a: 1n,
      text: 'two words',
      b: 16n,
    });
  });

  it('are read in the two bases that the option fields of the kernel prints', () => {
    const switched =
      'prev_comm=CPU 0/KVM prev_pid=0x7d21 (32033) prev_prio=0xffffffff (-1) prev_state=0x1 (1) next_comm=x next_pid=0x0 (0)';
    expect(Object.fromEntries(readPayload('sched_switch', switched))).toEqual({
      prev_comm: 'CPU 0/KVM',
      prev_pid: 32033n,
      prev_prio: -1n,
      prev_state: 1n,
      next_comm: 'x',
      next_pid: 0n,
    });
    const pending = "vcpu_id=0x1 (1) irq=0x2000001b (536870939) level=(1) other='A'(65)";
    expect(Object.fromEntries(readPayload('vgic_update_irq_pending', pending))).toEqual({
      vcpu_id: 1n,
      irq: 0x2000_001bn,
      level: 1n,
      other: 65n,
    });
    const exit = 'ret=0x2 (2) esr_ec=0x18 (24) vcpu_pc=0xffffc90002993b88 (-60473095931000)';
    expect(readPayload('kvm_exit', exit).get('vcpu_pc')).toBe(0xffff_c900_0299_3b88n);
    expect(readPayload('softirq_entry', 'vec=0x9 (9)').get('vec')).toBe(9n);
  });

  it('have the sign of an error', () => {
    expect(readPayload('kvm_userspace_exit', 'reason restart (4)')).toEqual(new Map([['errno', -4n]]));
    expect(readPayload('kvm_userspace_exit', 'reason KVM_EXIT_MMIO (6)').get('reason')).toBe(6n);
  });
});

/** What an event says apart from how a tool prints it. */
const essence = ({ time: _time, line: _line, detail: _detail, ...event }: NewEvent): unknown => event;

/** The error of an ended KVM_RUN, which the kernel prints and `trace-cmd report` cannot: it shows the reason alone. */
const isHiddenError = (text: NewEvent, binary: NewEvent): boolean =>
  text.kind === 'kvm.ioctl' &&
  binary.kind === 'kvm.ioctl' &&
  text.result === 0n &&
  BigInt.asIntN(64, binary.result) === -4n;

/** `event.field` of details that are not the same number or text. */
function differingDetails(event: NewEvent, other: NewEvent | undefined): string[] {
  const [ours = {}, theirs = {}] = [event.detail, other?.detail];
  const plain = (value: unknown): string =>
    typeof value === 'string' && /^0x[0-9a-f]{1,16}$/.test(value) ? String(BigInt(value)) : String(value);
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
    .filter((field) => plain(ours[field]) !== plain(theirs[field]))
    .map((field) => `${event.source}.${field}`);
}

describe.each([
  ['arch_timer', 4],
  ['vgic_irq-v6', 1124],
])('the report of %s', (name, hiddenErrors) => {
  it('gives the events of the binary recording, up to rounding', async () => {
    const binary = new MemorySink();
    const text = new MemorySink();
    await importTrace(data(`${name}.trace.dat.xz`), binary);
    const { summary } = await importTrace(data(`${name}.report-N.txt.xz`), text);
    expect(summary.lines).toMatchObject({ asEvents: binary.kept.length, skipped: 1, reasons: { header: 1 } });
    const [mine, theirs] = [text.events, binary.events];
    expect(mine.length).toBe(theirs.length);
    const different: unknown[] = [];
    let hidden = 0;
    for (const [i, event] of mine.entries()) {
      const other = theirs[i];
      if (other === undefined) break;
      const same = JSON.stringify(essence(event), big) === JSON.stringify(essence(other), big);
      if (isHiddenError(event, other)) hidden++;
      else if (!same || Math.abs(event.time - other.time) > 1000) different.push([essence(event), essence(other)]);
    }
    expect(different.slice(0, 3)).toEqual([]);
    expect(hidden).toBe(hiddenErrors);
    // Fields: those of the hidden errors, and states of threads, which text has as letters.
    const differing = new Set(mine.flatMap((event, i) => differingDetails(event, theirs[i])));
    expect([...differing].toSorted()).toEqual([
      'kvm_userspace_exit.errno',
      'kvm_userspace_exit.exit',
      'sched_switch.prev_state',
    ]);
    expect(text.names).toEqual(binary.names);
    expect(text.value('vcpu0.runState')).toBe(binary.value('vcpu0.runState'));
  }, 120_000);
});

const big = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

describe('a text file', () => {
  it('of the kernel accounts for every line', async () => {
    const sink = new MemorySink();
    const { summary, format } = await importTrace(data('raw-arch_timer.trace.txt.xz'), sink);
    expect(format).toBe('ftrace');
    expect(summary.lines).toEqual({ read: 12_413, asEvents: 12_401, merged: 0, skipped: 12, reasons: { header: 12 } });
    expect([summary.gic, summary.vcpus]).toEqual(['v3', 2]);
  });

  it('has its losses as events and its other lines as skipped ones', async () => {
    const { sink, result } = await imported([
      '# tracer: nop',
      '# entries-in-buffer/entries-written: 2/12   #P:2',
      '',
      '       CPU 0/KVM-214     [001] d..1.    15.734270: kvm_entry: PC: 0x40000000',
      'CPU:1 [LOST 7 EVENTS]',
      'CPU:0 [EVENTS DROPPED]',
      '##### CPU 0 buffer started ####',
      '       CPU 0/KVM-214     [001] ...1.    15.738202: kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x40000000',
      ' => el0_svc',
      'nonsense',
    ]);
    expect(sink.events.map(({ kind }) => kind)).toEqual(['vcpu.entry', 'lost', 'lost', 'vcpu.exit']);
    expect(result.summary.lines).toEqual({
      read: 10,
      asEvents: 4,
      merged: 0,
      skipped: 6,
      reasons: {
        header: 2,
        'empty line': 1,
        'start of a CPU buffer': 1,
        'stack trace': 1,
        'not a line of an event': 1,
      },
    });
    expect(result.summary.source.facts['overwritten']).toBe('10 events at the beginning, by the recorder');
    // What happened in the gap is unknown.
    expect(sink.kept[1]?.changes.map(({ after }) => after)).toEqual([undefined]);
  });

  it('has the fields of events that print more than pairs', async () => {
    const { sink } = await imported([
      '   sh-218   [001] d..1.    12.000001: softirq_raise: vec=9 [action=RCU]',
      '   sh-218   [001] d..1.    12.000002: ipi_raise: target_mask=00000000,00000003 (Function call interrupts)',
      '   sh-218   [001] d..1.    12.000003: ipi_entry: (Rescheduling interrupts)',
      '   sh-218   [001] d..1.    12.000004: kvm_age_hva: mmu notifier age hva: 0x00000000408000 -- 0x00000000409000',
      '   sh-218   [001] d..1.    12.000005: kvm_test_age_hva: mmu notifier test age hva: 0x00000000408000',
    ]);
    expect(sink.events.map(({ detail }) => Object.entries(detail ?? {}).slice(2))).toEqual([
      [['vec', 9]],
      [
        ['target_mask', '00000000,00000003'],
        ['reason', 'Function call interrupts'],
      ],
      [['reason', 'Rescheduling interrupts']],
      [
        ['start', 0x40_8000],
        ['end', 0x40_9000],
      ],
      [['hva', 0x40_8000]],
    ]);
  });

  it('of perf script is told apart, also with call chains', async () => {
    const { sink, result } = await imported([
      'CPU 0/KVM  4711 [003]  1.500000: kvm:kvm_entry: PC: 0x40000000',
      '\tffffffff821facd8 __schedule+0x618 ([kernel.kallsyms])',
      '',
      'swapper     0 [001]  1.500009: irq:irq_handler_entry: irq=1 name=IPI',
      'CPU 0/KVM  4711 [003]  1.500010: kvm:kvm_wfx_arm64: guest executed wfi at: 0x40000004',
    ]);
    expect(result.format).toBe('perf-script');
    expect(result.summary.source.kind).toBe('perf');
    expect(sink.events.map(({ kind, time, vcpu }) => [kind, time, vcpu])).toEqual([
      ['vcpu.entry', 0, 0],
      ['host.event', 9000, undefined],
      ['vcpu.idle', 10_000, 0],
    ]);
    expect(result.summary.lines).toMatchObject({ read: 5, asEvents: 3, skipped: 2 });
  });

  it('gives two VMs with the same vCPU numbers lanes of their own', async () => {
    const entry = (tid: number, time: string): string =>
      `       CPU 0/KVM-${tid}     [001] d..1.    ${time}: kvm_entry: PC: 0x40000000`;
    const { sink, result } = await imported([entry(10, '1.000001'), entry(20, '1.000002'), entry(10, '1.000003')]);
    expect(sink.events.map(({ vcpu }) => vcpu)).toEqual([0, 1, 0]);
    expect(result.summary.source.facts['several VMs']).toContain('1 threads');
  });

  it('gives VMs that take turns lanes of their own where it has their processes', async () => {
    const turn = (process: number, at: number, pc: string): string[] => [
      `       CPU 0/KVM-${process + 1}   (    ${process}) [001] d..1.    1.0000${at}0: kvm_entry: PC: ${pc}`,
      `       CPU 0/KVM-${process + 1}   (    ${process}) [001] d..1.    1.0000${at}1: kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: ${pc}`,
      `       CPU 0/KVM-${process + 1}   (    ${process}) [001] ....1    1.0000${at}2: kvm_userspace_exit: reason KVM_EXIT_MMIO (6)`,
    ];
    const { sink, result } = await imported([
      ...turn(100, 1, '0x40000000'),
      ...turn(200, 2, '0x50000000'),
      ...turn(100, 3, '0x40000004'),
      '        qemu-kvm-200   (    200) [000] ....1    1.000060: kvm_irq_line: Inject VGIC PPI interrupt (2), vcpu->idx: 0, num: 23, level: 1',
    ]);
    expect(sink.events.map(({ vcpu }) => vcpu)).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 1]);
    expect(result.summary.vcpus).toBe(2);
    expect(result.summary.source.facts['several VMs']).toContain('1 threads');
  });

  it('takes the output of a timer for the line of its PPI, whose injection need not have been recorded', async () => {
    const vcpu = (number: number, at: string, text: string): string =>
      `       CPU ${number}/KVM-2${number} [000] ...1. ${at}: ${text}`;
    const { sink } = await imported([
      vcpu(0, '10.000100', 'kvm_entry: PC: 0x0000000040000000'),
      vcpu(0, '10.000200', 'kvm_timer_update_irq: VCPU: 0, IRQ 27, level 1'),
      vcpu(0, '10.000300', 'vgic_update_irq_pending: VCPU: 0, IRQ 27, level: 1'),
      vcpu(0, '10.000400', 'kvm_timer_update_irq: VCPU: 0, IRQ 27, level 0'),
      vcpu(0, '10.000500', 'kvm_timer_update_irq: VCPU: 0, IRQ 20, level 1'),
    ]);
    const levels = sink.kept.map(({ changes }) =>
      changes
        .map(({ slot, after }) => [sink.journal.layout.descriptor(slot).path, after] as const)
        .filter(([path]) => path.endsWith('.line')),
    );
    expect(levels.slice(1)).toEqual([
      [
        ['vcpu0.irq.ppi27.line', 1n],
        ['vcpu0.timer.cntv.line', 1n],
      ],
      [],
      [
        ['vcpu0.irq.ppi27.line', 0n],
        ['vcpu0.timer.cntv.line', 0n],
      ],
      [['vcpu0.irq.ppi20.line', 1n]],
    ]);
  });

  it('knows the interrupt of an input line by its type, whose numbers begin at 0 for a GICv5', async () => {
    const line = (words: string, number: number): string =>
      `        qemu-kvm-200   [000] ....1    1.000060: kvm_irq_line: Inject ${words}, vcpu->idx: 0, num: ${number}, level: 1`;
    const { sink } = await imported([
      line('VGIC SPI interrupt (1)', 3),
      line('VGIC PPI interrupt (2)', 3),
      line('VGIC PPI interrupt (2)', 40),
      line('VGIC SPI interrupt (1)', 40),
      line('VGIC PPI interrupt (2)', 27),
    ]);
    expect(sink.ofKind('irq.inject').map(({ intid }) => interruptLabel(intid))).toEqual([
      'SPI 3',
      'PPI 3',
      'PPI 40',
      'SPI 40',
      'PPI 27',
    ]);
  });

  it('knows the pin that a guest is done with by the GIC, whose SPIs begin at 0 or at 32', async () => {
    const done = '       CPU 0/KVM-101     [000] ....1    1.000061: kvm_ack_irq: irqchip 0 pin 3';
    const typed =
      '       CPU 0/KVM-101     [000] ....1    1.000060: vgic_update_irq_pending: VCPU: 0, IRQ 1610612739, level: 1';
    const ended = async (...lines: string[]): Promise<string[]> =>
      (await imported(lines)).sink.ofKind('irq.deactivate').map(({ intid }) => interruptLabel(intid));
    expect(await ended(done)).toEqual(['SPI 35']);
    expect(await ended(typed, done)).toEqual(['SPI 3']);
  });

  it('gives what names a number of two VMs to neither, but where the thread is one of theirs', async () => {
    const line = (tid: number, flags: string, micros: number, text: string): string =>
      `       CPU 0/KVM-${tid}     [001] ${flags}    1.00000${micros}: ${text}`;
    const update = 'kvm_timer_update_irq: VCPU: 0, IRQ 27, level 1';
    const { sink } = await imported([
      line(10, 'd..1.', 1, 'kvm_entry: PC: 0x40000000'),
      line(99, 'd.h1.', 2, update),
      line(20, 'd..1.', 3, 'kvm_entry: PC: 0x40000000'),
      line(20, 'd..1.', 4, update),
      line(20, 'd.h1.', 5, update),
      line(99, 'd..1.', 6, 'vgic_update_irq_pending: VCPU: 0, IRQ 27, level: 0'),
      line(99, 'd..1.', 7, 'vgic_update_irq_pending: VCPU: 1, IRQ 27, level: 0'),
    ]);
    expect(sink.events.map(({ vcpu }) => vcpu)).toEqual([0, 0, 1, 1, undefined, undefined, 2]);
  });

  it('does not take what an interrupt did for the thread that it stopped', async () => {
    const { sink } = await imported([
      '       CPU 0/KVM-10     [001] d..1.    1.000001: kvm_entry: PC: 0x40000000',
      '       CPU 0/KVM-10     [001] d.h1.    1.000002: kvm_timer_hrtimer_expire: arch_timer_ctx_index: 1',
      '       CPU 0/KVM-10     [001] d.h1.    1.000003: vgic_update_irq_pending: VCPU: 3, IRQ 27, level: 1',
    ]);
    expect(sink.events.map(({ vcpu }) => vcpu)).toEqual([0, undefined, 3]);
  });

  it('takes a GSI for an SPI once KVM was seen to inject it as that, and no longer when it no longer is', async () => {
    let micros = 0;
    const at = (): string => `1.${String(micros++).padStart(6, '0')}`;
    const set = (gsi: number, level: number): string =>
      `      vhost-10-11     [001] d..1.    ${at()}: kvm_set_irq: gsi ${gsi} level ${level} source 0`;
    const update = (irq: number, level: number): string =>
      `      vhost-10-11     [001] d..1.    ${at()}: vgic_update_irq_pending: VCPU: 0, IRQ ${irq}, level: ${level}`;
    const { sink } = await imported([
      ...[set(47, 1), update(79, 1), set(47, 0), update(79, 0)],
      // A message: nothing follows, before or after.
      ...[set(3, 1), set(3, 1), set(47, 1), update(36, 1), set(47, 0)],
      // A GICv5's SPI has the number of its GSI.
      ...[set(5, 1), update(0x6000_0005, 1), set(5, 0)],
    ]);
    expect(
      sink.events.map((event) =>
        event.kind === 'irq.inject' ? `${event.cause} ${interruptLabel(event.intid)} ${event.level}` : event.kind,
      ),
    ).toEqual([
      ...['kvm.step', 'vgic_update_irq_pending SPI 79 true', 'kvm_set_irq SPI 79 false'],
      'vgic_update_irq_pending SPI 79 false',
      ...['kvm.step', 'kvm.step', 'kvm_set_irq SPI 79 true', 'vgic_update_irq_pending SPI 36 true', 'kvm.step'],
      ...['kvm.step', 'vgic_update_irq_pending SPI 5 true', 'kvm_set_irq SPI 5 false'],
    ]);
  });

  it('names threads as the scheduler does where the tracer has forgotten them', async () => {
    const { sink } = await imported([
      '          <idle>-0     [001] d..2.    1.000001: sched_switch: prev_comm=swapper/1 prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=CPU 3/KVM next_pid=4711 next_prio=120',
      '           <...>-4711  [001] .....    1.000002: kvm_entry: PC: 0x4000',
    ]);
    expect(sink.events[1]).toMatchObject({ kind: 'vcpu.entry', vcpu: 3, detail: { task: '<...>-4711' } });
  });

  it('knows GICv5 by its interrupt numbers', async () => {
    const { sink, result } = await imported([
      '       vmm-10     [001] .....    1.000003: vgic_update_irq_pending: VCPU: 0, IRQ 536870939, level: 1',
    ]);
    expect(result.summary.gic).toBe('v5');
    expect(sink.events[0]).toMatchObject({ kind: 'irq.inject', intid: 0x2000_001b, vcpu: 0 });
  });

  it('keeps what names no interrupt as an event of the host', async () => {
    const numbers = ['1022', '99999999999', '4831838235', '99999999999999999999'];
    const { sink, result } = await imported([
      ...numbers.map(
        (irq) => `  vmm-10  [001] .....  1.000003: vgic_update_irq_pending: VCPU: 0, IRQ ${irq}, level: 1`,
      ),
      '  vmm-10  [001] .....  1.000004: kvm_irq_line: Inject VGIC SPI interrupt (1), vcpu->idx: 0, num: -5, level: 1',
    ]);
    expect(result.summary.gic).toBe('unknown');
    expect(sink.ofKind('host.event').map(({ value }) => value)).toEqual([
      1022n,
      99_999_999_999n,
      4_831_838_235n,
      BigInt.asUintN(64, 100_000_000_000_000_000_000n),
      0xffff_ffff_ffff_fffbn,
    ]);
  });

  it('names an abort that KVM could not decode by its syndrome', async () => {
    const { sink } = await imported([
      '  CPU 0/KVM-10  [001] .....  1.0: x',
      '  CPU 0/KVM-10  [001] .....  1.000003: kvm_mmio_nisv: ipa 0x8010000, esr 0x92000046, far 0xff01, pc 0x4000',
    ]);
    expect(sink.ofKind('kvm.trap')).toMatchObject([
      { what: 'data abort: translation fault, level 2', op: 'write', value: 0x801_0000n, pc: 0x4000n, vcpu: 0 },
    ]);
  });
});

describe('near misses', () => {
  it.each([
    ['prose', 'Once upon a time\nthere was an interrupt.\n'],
    ['a kernel log', '[    0.000000] Booting Linux on physical CPU 0x0\n[    0.000001] x: y\n'],
    ['a compiler', 'main.c:12: warning: unused [-Wall]\n'],
  ])('%s is no trace', (_what, text) => {
    expect(() => detect(Buffer.from(text), 'x')).toThrow('no line of its beginning is an event');
  });
});

describe('hostile text', () => {
  it('is never more than lines that are counted', () => {
    const line = newTextLine();
    const piece = fc.constantFrom(
      '[',
      ']',
      '[001]',
      '-',
      '-12',
      ' ',
      '1.000001',
      ':',
      'kvm_entry: ',
      '(',
      ')',
      'd..1.',
      '>c<',
      'a=',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (parts) => {
        const text = parts.join('');
        if (readTextLine(text, line)) readPayload(line.name, text.slice(line.payloadAt));
        for (const name of ['kvm_sys_access', 'sched_switch', 'kvm_guest_fault', 'x']) readPayload(name, text);
      }),
      { numRuns: 3000 },
    );
  });

  it('costs time linear in its length', () => {
    const line = newTextLine();
    const started = performance.now();
    for (const unit of [
      ' ',
      '[001]',
      '-1 ',
      '[001] 1',
      'a-1 [',
      '(',
      'prev_comm= prev_pid=1 ',
      '1 [001]  ',
      ':1 [1] R ==> ',
    ]) {
      const text = unit.repeat(1_000_000 / unit.length);
      readTextLine(text, line);
      readPayload('sched_switch', text);
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
