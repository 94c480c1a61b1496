/**
 * One recording as every printer would have shown it: the events are the same whatever the columns are. The lines are
 * those of a report of trace-cmd, printed anew.
 */
import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ImportResult, importTrace } from '../../../../core/import/import.ts';
import { flagsOf } from '../../../../core/import/ftrace/flag-columns.ts';
import { openSource } from '../../../../core/import/source/source.ts';
import { type NewEvent } from '../../../../core/trace/kinds.ts';
import { MemorySink } from '../../../support/memory-sink.ts';

/** Lines of the report; enough for two vCPUs, interrupts and every kind of event that it has. */
const LINES = 600;
const REPORT = fileURLToPath(new URL('../../../data/import/arch_timer.report-N.txt.xz', import.meta.url));
const LINE = /^\s*(.+)-(\d+)\s+\[(\d+)\] (\S{5})\s+(\d+)\.(\d{6}): (\w+):\s+(.*)$/;

interface Printed {
  readonly comm: string;
  readonly pid: string;
  readonly cpu: string;
  readonly flags: string;
  readonly seconds: string;
  readonly micros: string;
  readonly name: string;
  readonly text: string;
}

type Print = (line: Printed) => string;

const task = ({ comm, pid }: Printed): string => `${comm.padStart(16)}-${pid.padEnd(7)}`;
const time = ({ seconds, micros }: Printed): string => `${seconds.padStart(5)}.${micros}`;
const event = ({ name, text }: Printed): string => `${name}: ${text}`;
const kernel: Print = (line) => `${task(line)} [${line.cpu}] ${line.flags} ${time(line)}: ${event(line)}`;
/** Task and CPU of the latency format of trace-cmd. */
const short = ({ comm, pid, cpu }: Printed): string =>
  `${comm.slice(0, 8).padStart(8)}-${pid.padEnd(5)} ${String(Number(cpu)).padStart(3)}`;
const perfComm = ({ comm }: Printed): string => (comm === '<idle>' ? 'swapper' : comm);
const SYSTEMS: readonly (readonly [string, string])[] = [
  ['kvm_', 'kvm'],
  ['vgic_', 'kvm'],
  ['irq_', 'irq'],
  ['sched_', 'sched'],
];
const perfEvent = ({ name, text }: Printed): string =>
  `${SYSTEMS.find(([start]) => name.startsWith(start))?.[1] ?? 'other'}:${name}: ${text}`;
const micros = (line: Printed): string => String(Number(line.seconds) * 1e6 + Number(line.micros));

/** Columns that keep what the flags say of the context. */
const WITH_FLAGS: Readonly<Record<string, Print>> = {
  'a trace file of the kernel': kernel,
  'one with TGIDs': (line) =>
    `${task(line)} (${line.pid.padStart(7)}) [${line.cpu}] ${line.flags} ${time(line)}: ${event(line)}`,
  'one with TGIDs behind the CPU, of kernel 4.13': (line) =>
    `${task(line)} [${line.cpu}] (-----) ${line.flags.slice(0, 4)} ${time(line)}: ${event(line)}`,
  'one with four columns of flags': (line) =>
    `${task(line)} [${line.cpu}] ${line.flags.slice(0, 4)} ${time(line)}: ${event(line)}`,
  'one with the columns of a real-time kernel': (line) =>
    `${task(line)} [${line.cpu}] ${line.flags.slice(0, 2)}.${line.flags.slice(2, 4)}.. ${time(line)}: ${event(line)}`,
  'one with nine digits of time': (line) =>
    `${task(line)} [${line.cpu}] ${line.flags} ${time(line)}000: ${event(line)}`,
  'one of a machine with 2000 CPUs': (line) =>
    `${task(line)} [1${line.cpu}] ${line.flags} ${time(line)}: ${event(line)}`,
  'one with line ends of another system': (line) => `${kernel(line)}\r`,
  'one with colours': (line) => `\u001b[1;32m${kernel(line)}\u001b[0m`,
  'one dumped to the console': (line) => `[   12.345678] ${kernel(line)}`,
  'one dumped to a console that names its task': (line) => `<4>[   12.345678][   T99] ${kernel(line)}`,
  'one that was truncated while it was written': (line) => `${'\0'.repeat(600)}${kernel(line)}`,
  'one in the log of a build': (line) => `2026-11-20T21:55:34.3193305Z ${kernel(line)}`,
  'one in a system log': (line) => `Nov  2 21:55:34 host kernel: [   12.345678] ${kernel(line)}`,
  'one behind the time of each line': (line) => `Nov 20 21:55:34 ${kernel(line)}`,
  'the latency format': (line) =>
    `${line.comm.slice(0, 8).padStart(8)}-${line.pid.padEnd(7)} ${Number(line.cpu).toString().padStart(3)}${line.flags} ${micros(line).padStart(4)}us+: ${event(line)}`,
  'a report in the latency format, of several buffers': (line) =>
    `${Number(line.cpu) === 0 ? '  one' : 'other'}: ${short(line)}${line.flags} ${time(line)}: ${event(line)}`,
  'one with differences of time': (line) => `${short(line)}${line.flags} ${time(line)}: (+12)    ${event(line)}`,
  'one with fields as they are stored': (line) =>
    `${short(line)}-0x${flagsOf(line.flags).toString(16)} ${time(line)}: ${event(line)}`,
  'a report with the names of its buffers': (line) =>
    `${Number(line.cpu) === 0 ? '  one: ' : 'other: '}${task(line)} [${line.cpu}] ${line.flags} ${time(line)}: ${event(line)}`,
  'a report with differences of time': (line) =>
    `${task(line)} [${line.cpu}] ${line.flags} ${time(line)}: (+12)    ${event(line)}`,
  'a report with a count right behind the flags': (line) =>
    `${task(line)} [${line.cpu}] ${line.flags}${micros(line).padStart(12)}: ${event(line)}`,
};

/** Columns that do not say whether an interrupt stopped the thread. */
const WITHOUT_FLAGS: Readonly<Record<string, Print>> = {
  'a trace file without irq-info': (line) => `${task(line)} [${line.cpu}] ${time(line)}: ${event(line)}`,
  'perf script': (line) =>
    `${perfComm(line).padStart(16)} ${line.pid.padStart(5)} [${line.cpu}] ${time(line)}: ${perfEvent(line).padStart(50)}`,
  'perf script with processes and nanoseconds': (line) =>
    `${perfComm(line)} ${line.pid}/${line.pid} [${line.cpu}] ${time(line)}000: ${perfEvent(line)}`,
  'perf script with call chains': (line) =>
    `${perfComm(line)}  ${line.pid} [${line.cpu}] ${time(line)}: ${perfEvent(line)}\n\tffff8000821facd8 __schedule+0x618 ([kernel.kallsyms])\n\n`,
  'perf script with modes': (line) =>
    `${perfComm(line).padStart(16)} ${line.pid.padStart(5)} [${line.cpu}] K     ${time(line)}: ${perfEvent(line)}`,
  'perf script with periods': (line) =>
    `${perfComm(line)}  ${line.pid} [${line.cpu}] ${time(line)}:          1 ${perfEvent(line)}`,
};

/** What an event says apart from its place in the file, and from the CPU's name where that was changed. */
const essence = ({ time: _time, line: _line, detail: _detail, ...rest }: NewEvent): string =>
  JSON.stringify({ ...rest, pcpu: undefined }, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );

async function read(text: string): Promise<{ sink: MemorySink; result: ImportResult }> {
  const sink = new MemorySink();
  const result = await importTrace({ name: 'trace', stream: Readable.from([Buffer.from(text)]) }, sink);
  return { sink, result };
}

describe('a recording', () => {
  const lines: Printed[] = [];
  let plain: NewEvent[];
  const printed = (print: Print): Promise<{ sink: MemorySink; result: ImportResult }> =>
    read(lines.map((line) => `${print(line)}\n`).join(''));

  beforeAll(async () => {
    const source = await openSource(REPORT);
    let text = '';
    for await (const chunk of source.chunks) text += Buffer.from(chunk).toString('utf8');
    await source.close();
    const all = text.split('\n');
    // From where the vCPUs run.
    for (const line of all.slice(
      all.findIndex((one) => one.includes('kvm_entry')),
      LINES + all.length,
    )) {
      const [, comm = '', pid = '', cpu = '', flags = '', seconds = '', fraction = '', name = '', payload = ''] =
        LINE.exec(line) ?? [];
      if (comm !== '' && lines.length < LINES)
        lines.push({ comm, pid, cpu, flags, seconds, micros: fraction, name, text: payload });
    }
    plain = (await printed(kernel)).sink.events;
    expect(plain.length).toBe(LINES);
    expect(plain.filter(({ source: name }) => name === 'irq_handler_entry').length).toBeGreaterThan(5);
  });

  it.each(Object.entries(WITH_FLAGS))('is the same as %s', async (_what, print) => {
    const { sink, result } = await printed(print);
    expect(result.summary.lines).toMatchObject({ read: LINES, asEvents: LINES, skipped: 0 });
    expect(sink.events.map(essence)).toEqual(plain.map(essence));
    const factor = result.summary.source.facts['clock']?.endsWith('in its units') === true ? 1000 : 1;
    expect(sink.events.map((one) => one.time * factor)).toEqual(plain.map((one) => one.time));
  });

  it.each(Object.entries(WITHOUT_FLAGS))('is the same as %s, but for what interrupts did', async (_what, print) => {
    const { sink, result } = await printed(print);
    expect(result.summary.lines?.asEvents).toBe(LINES);
    expect(result.summary.lines?.read).toBe(LINES + (result.summary.lines?.skipped ?? 0));
    for (const [i, one] of sink.events.entries()) {
      const other = plain[i];
      if (other === undefined) throw new RangeError(`event ${i}`);
      expect(one.time).toBe(other.time);
      if (one.kind !== 'host.event' || one.source === 'sched_switch') expect(essence(one)).toBe(essence(other));
      // Nothing tells whether the thread did it or was stopped by it.
      else expect([one.source, one.vcpu]).toEqual([other.source, undefined]);
    }
  });
});

describe('a report of several files', () => {
  it('has their names before the lines, which may have blanks', async () => {
    const { sink, result } = await read(
      [
        '   my guest.dat: cpus=2',
        'other: cpus=4',
        '   my guest.dat:            <idle>-0     [000]    44.487457: x_y: a=1',
        '          other:         CPU 0/KVM-12    [001] d.h..    44.487458: x_y: a=2',
      ].join('\n'),
    );
    expect(sink.events.map(({ detail }) => [detail?.['task'], detail?.['buffer'], detail?.['a']])).toEqual([
      ['<idle>-0', 'my guest.dat', 1],
      ['CPU 0/KVM-12', 'other', 2],
    ]);
    expect(result.summary.lines?.reasons).toEqual({ header: 2 });
  });

  it('keeps the threads of a guest apart from those of its host', async () => {
    const entry = '   CPU 0/KVM-214     [001] d..1.    15.000001: kvm_entry: PC: 0x40';
    const ofGuest = (micros: number, text: string): string =>
      `guest.dat:  sshd-214   [000] d..2.    15.00000${micros}: ${text}`;
    const { sink } = await read(
      [
        'host.dat: cpus=4',
        'guest.dat: cpus=1',
        ` host.dat: ${entry}`,
        ofGuest(2, 'irq_handler_exit: irq=3 ret=handled'),
        ofGuest(
          3,
          'sched_switch: prev_comm=a prev_pid=214 prev_prio=1 prev_state=S ==> next_comm=b next_pid=9 next_prio=1',
        ),
        ` host.dat: ${entry.replace('001: kvm_entry', '004: kvm_mmio')}`,
      ].join('\n'),
    );
    expect(sink.events.map(({ vcpu }) => vcpu)).toEqual([0, undefined, undefined, 0]);
    // In the guest it still runs.
    expect(sink.value('vcpu0.runState')).toBe(1n);
  });
});

describe('a thread', () => {
  it('may have any name, none, or be one that the printer could not tell', async () => {
    const { sink } = await read(
      [
        '   a-1 [002] b: c-12      [003] d..1.    1.000001: x_y: z',
        '                -1091    [000] d..1.    1.000002: x_y: z',
        '           <...>--1      [000] d..1.    1.000003: x_y: z',
        '           <XXX>--1      [000] d..1.    1.000004: x_y: z',
        '          minus--12      [000] d..1.    1.000005: x_y: z',
        '   <...>--1      0d....     1.000006: x_y: z',
      ].join('\n'),
    );
    expect(sink.events.map(({ detail }) => detail?.['task'])).toEqual([
      'a-1 [002] b: c-12',
      '-1091',
      undefined,
      undefined,
      'minus--12',
      undefined,
    ]);
    const perf = await read(
      [
        '             :-1    -1 [000]  2065.530057:         kvm:kvm_entry: PC: 0x40',
        '     :-1    -1/-1    [000]  2065.530058:         kvm:kvm_entry: PC: 0x40',
        '              4711 [000]  2065.530059:         kvm:kvm_entry: PC: 0x40',
        'CPU 1/KVM  4712  2065.530060: kvm:kvm_entry: PC: 0x40',
      ].join('\n'),
    );
    expect(perf.result.format).toBe('perf-script');
    expect(perf.sink.events.map(({ kind, detail, vcpu }) => [kind, detail?.['task'], detail?.['CPU'], vcpu])).toEqual([
      ['vcpu.entry', undefined, 0, undefined],
      ['vcpu.entry', undefined, 0, undefined],
      ['vcpu.entry', '-4711', 0, 0],
      ['vcpu.entry', 'CPU 1/KVM-4712', undefined, 1],
    ]);
  });

  it('is not named after the vCPU of a timer that stopped it, where the text has no flags', async () => {
    const { sink } = await read(
      [
        '       CPU 0/KVM-10     [001]    1.000001: kvm_get_timer_map: VCPU: 0, dv: 1, dp: 0, ev: -1, ep: -1',
        '       CPU 0/KVM-10     [001]    1.000002: kvm_entry: PC: 0x40000000',
        '       CPU 0/KVM-10     [001]    1.000003: kvm_timer_hrtimer_expire: arch_timer_ctx_index: 1',
        '       CPU 0/KVM-10     [001]    1.000004: kvm_timer_update_irq: VCPU: 3, IRQ 27, level 1',
        '       CPU 0/KVM-10     [001]    1.000005: kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x40000000',
      ].join('\n'),
    );
    expect(sink.events.map(({ vcpu }) => vcpu)).toEqual([0, 0, undefined, 3, 0]);
  });
});

describe('the latency format', () => {
  it('counts from a moment that it does not say, which is told', async () => {
    const { result } = await read('WorkerTh-19401     1d..2. 18202us+: x_y: z\n');
    expect(result.summary.source.facts['clock']).toContain("since the beginning of the recorder's buffer");
  });

  it('has the clock between brackets in its verbose form', async () => {
    const { sink, result } = await read(
      [
        '# tracer: nop',
        '# nop latency trace v1.1.5 on 6.1.0',
        '       CPU 0/KVM   30477   1 1 00000001 0000000a [71c89729] 19.286ms (+0.020ms): kvm_entry: PC: 0x40',
        '       CPU 0/KVM   30477   1 9 00010001 0000000b [71c8972d] 19.290ms (+0.004ms): irq_handler_entry: irq=3 name=x',
      ].join('\n'),
    );
    expect(result.summary.source.facts['first time stamp']).toBe('1908.971305000 s');
    expect(sink.events.map(({ vcpu, time: at }) => [vcpu, at])).toEqual([
      [0, 0],
      [undefined, 4000],
    ]);
  });

  it('has the count between brackets where its clock counts something else', async () => {
    const { sink, result } = await read(
      [
        '      MainThread   32012   0 52 00000000 00000013 [0000000000004297] 20 (+1): x_y: a=1',
        '        V8Worker     696   1 52 00000000 00000016 [000000000000429a] 23 (+1): x_y: a=1',
      ].join('\n'),
    );
    expect(result.summary.source.facts).toMatchObject({ 'first time stamp': String(0x4297) });
    expect(sink.events.map(({ time: at }) => at)).toEqual([0, 3]);
  });
});

describe('a report in the latency format', () => {
  it('has the names of buffers before those of threads, which are cut to eight letters', async () => {
    const { sink } = await read(
      [
        'cpus=2',
        'i1: V8Worker-32032   1d..2. 95.673022: x_y: a=1',
        '   foo:    sleep-3845    0-0x9 95.207452: x_y: a=1',
        'usb-stor-12    1d..2.       18074: x_y: a=1',
        '',
      ].join('\n'),
    );
    expect(sink.events.map(({ detail }) => [detail?.['buffer'], detail?.['task'], detail?.['context']])).toEqual([
      ['i1', 'V8Worker-32032', undefined],
      ['foo', 'sleep-3845', 'interrupt'],
      [undefined, 'usb-stor-12', undefined],
    ]);
  });
});

describe('a clock', () => {
  it('that runs backwards is told of, and what files of single CPUs one behind the other are', async () => {
    const at = (cpu: number, time: string): string =>
      `   sh-1     [00${cpu}] d..1.    ${time}: irq_handler_exit: irq=3 ret=handled`;
    const facts = async (...times: readonly string[]): Promise<string | undefined> =>
      (await read(times.map((time, i) => at(i % 2, time)).join('\n'))).result.summary.source.facts[
        'clock ran backwards'
      ];
    expect(await facts('1.000001', '1.000003', '1.000004')).toBeUndefined();
    expect(await facts('1.000001', '1.000003', '1.000002', '1.000009')).toBe('before 1 events, by up to 1000 ns');
    expect(await facts('1.000001', '3.000001', '1.000002', '2.000000')).toBe(
      'before 2 events, by up to 1999999000 ns; buffers of single CPUs one behind the other? They are merged where each CPU has one, in a file or behind a header',
    );
    expect(await facts('1001', '1003', '1002')).toBe('before 1 events, by up to 1');
  });

  it('that runs backwards in text of perf script may be differences', async () => {
    const { result } = await read(
      ['0.000000', '0.004000', '0.000002']
        .map((at) => `CPU 0/KVM  4711 [003]  ${at}: kvm:kvm_entry: PC: 0x4\n`)
        .join(''),
    );
    expect(result.summary.source.facts['clock ran backwards']).toContain('--deltatime');
  });
});

describe('text of perf script', () => {
  const printed = (text: string): string => `       CPU 0/KVM  4711 [003]  12.000001:  kvm:kvm_entry: ${text}\n`;
  const fields = async (...texts: readonly string[]): Promise<string | undefined> =>
    (await read(texts.map(printed).join(''))).result.summary.source.facts['no fields'];

  it('without the fields of any event says so, and how to print them', async () => {
    expect(await fields('', '')).toMatch(
      /^perf printed 2 events without their fields.*-F comm,tid,cpu,time,event,trace/,
    );
    expect(await fields(' ffff800080012345 kvm_arch_vcpu_ioctl_run+0x5 ([kernel.kallsyms])')).toContain('1 events');
    expect(await fields('', 'PC: 0x40')).toBeUndefined();
  });
});

describe('lines that are no events', () => {
  it('are counted by what they are', async () => {
    const { result } = await read(
      [
        '\ufeff# tracer: function',
        '       CPU 0/KVM-214     [001] d..1.    15.734270: kvm_entry: PC: 0x40',
        '       CPU 0/KVM-214     [001] d..1.    15.734270: kvm_arch_vcpu_load <-vcpu_load',
        '       CPU 0/KVM-214     [001] d..1.    15.734270: nf_hook+0x10 [nf_tables] <-ip_rcv',
        '       CPU 0/KVM-214     [001] d..1.    15.734271: <stack trace>',
        ' => el0_svc',
        ' => el0t_64_sync_handler',
        ' 0)               |  kvm_vcpu_ioctl() {',
        ' 0)   1.234 us    |    mutex_lock();',
        ' ------------------------------------------',
        ' 0)  CPU 0/K-214  =>  <idle>-0',
        '  15.734270 |   0)  CPU 0/K-214   |   2.345 us    |  } /* vcpu_load */',
        '214 1 15734270123 5: 100',
        '000000d6 00000001 000048358b14214a type: 372',
        '            bash-532     [000] ...1. 79393.379744: # 4030201 buf: 05 06 07 08',
        '            bash-532     [000] ...1. 79393.517833: UNKNOWN TYPE 5',
        '[UNKNOWN EVENT][UNKNOWN EVENT] (NULL):               [UNKNOWN EVENT]',
        '       CPU 0/KVM-214   [001] ..... 15.734270: [UNKNOWN EVENT]',
      ].join('\n'),
    );
    expect(result.summary.lines?.reasons).toEqual({
      header: 1,
      'function call': 2,
      'stack trace': 3,
      'function graph': 5,
      'line of the raw format (option raw)': 1,
      'line of the hexadecimal format (option hex)': 1,
      'marker of raw data': 1,
      'entry that the kernel does not print in this form': 1,
      'event whose format the reporter lacked': 2,
    });
    const perf = await read(
      [
        'CPU 0/KVM  4711 [003]  1.500000: kvm:kvm_entry: PC: 0x40000000',
        'CPU 0/KVM  4711 [003]  1.500001:     250000 cycles:P:  ffff80001010 foo+0x10 ([kernel.kallsyms])',
        'CPU 0/KVM  4711 [003]  1.500002:     250000 cycles: ',
        'CPU 0/KVM  4711 [003]  1.500003:          1 cpu-clock:pppG:  ffff80001010 [unknown] ([guest.kernel])',
      ].join('\n'),
    );
    expect(perf.result.summary.lines).toMatchObject({
      asEvents: 1,
      reasons: { 'sample of perf, no tracepoint': 3 },
    });
  });

  it('are known behind the stamps of a collector too', async () => {
    const { sink, result } = await read(
      [
        '# tracer: nop',
        '       CPU 0/KVM-214     [001] d..1.    15.734270: kvm_entry: PC: 0x40',
        'CPU:1 [LOST 7 EVENTS]',
        ' => el0_svc',
      ]
        .map((line) => `2026-11-20T21:55:34.3193305Z ${line}`)
        .join('\n'),
    );
    expect(result.summary.lines).toMatchObject({ asEvents: 2, reasons: { header: 1, 'stack trace': 1 } });
    expect(result.summary.source.facts['tracer']).toBe('nop');
    expect(sink.ofKind('lost')).toMatchObject([{ count: 7n }]);
  });

  it('are frames of a call chain at any address', async () => {
    const { result } = await read(
      [
        'CPU 0/KVM  4711 [003]  1.500000: kvm:kvm_entry: PC: 0x40000000',
        '\tffffffff821facd8 __schedule+0x618 ([kernel.kallsyms])',
        '\t          7f00aa [unknown] (/usr/bin/qemu-system-aarch64 (deleted))',
        '',
        '    beef up the machine',
      ].join('\n'),
    );
    expect(result.summary.lines?.reasons).toEqual({
      'stack trace': 2,
      'empty line': 1,
      'not a line of an event': 1,
    });
  });

  it('are losses where perf says so', async () => {
    const { sink, result } = await read(
      [
        'CPU 0/KVM  4711 [003]  1.500000: kvm:kvm_entry: PC: 0x40000000',
        'CPU 0/KVM  4711 [003]  1.500001: PERF_RECORD_LOST lost 12',
        'CPU 0/KVM  4711 [003]  1.500002: PERF_RECORD_COMM: CPU 0/KVM:4711/4711',
      ].join('\n'),
    );
    expect(sink.events.map(({ kind }) => kind)).toEqual(['vcpu.entry', 'lost']);
    expect(sink.ofKind('lost')[0]?.count).toBe(12n);
    expect(sink.value('vcpu0.runState')).toBeUndefined();
    expect(result.summary.lines).toMatchObject({ read: 3, asEvents: 2, skipped: 1 });
  });

  it('are losses behind the name of a buffer or file too', async () => {
    const { sink } = await read(
      [
        ' host side.dat: cpus=2',
        'i1:       CPU 0/KVM-214     [001] d..1.    15.734270: kvm_entry: PC: 0x40',
        'i1: CPU:1 [15708 EVENTS DROPPED]',
        '          host side.dat: CPU:0 [EVENTS DROPPED]',
        '',
      ].join('\n'),
    );
    expect(sink.ofKind('lost').map(({ count, detail }) => [count, detail?.['CPU'], detail?.['buffer']])).toEqual([
      [15_708n, 1, 'i1'],
      [undefined, 0, 'host side.dat'],
    ]);
    expect(sink.value('vcpu0.runState')).toBeUndefined();
  });

  it('may be all that the beginning of perf’s text has', async () => {
    const record = '            perf  2278 [000]  1.000000: PERF_RECORD_COMM: perf:2278/2278\n';
    const { sink, result } = await read(
      `${record.repeat(1200)}CPU 0/KVM  4711 [003]  1.500000: kvm:kvm_entry: PC: 0x40000000\n`,
    );
    expect(result.format).toBe('perf-script');
    expect(result.summary.lines?.reasons).toEqual({ 'record of perf, no event': 1200 });
    expect(sink.events).toHaveLength(1);
  });

  it('do not hide the events that they stand between', async () => {
    const entry = '       CPU 0/KVM-214     [001] d..1.    15.734270: kvm_entry: PC: 0x40';
    const { result } = await read(`${entry}\n${' => el0_svc\n'.repeat(30)}${entry}\n${' => x+0x1/0x2\n'.repeat(30)}`);
    expect(result.format).toBe('ftrace');
  });
});
