/** The entry: files that are no recordings, files that change meanwhile, progress, cancelling, prefixes. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, readFileSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ImportError,
  importTrace,
  inspect,
  type ImportOptions,
  type Progress,
} from '../../../core/import/import.ts';
import { detect } from '../../../core/import/registry.ts';
import { openSource } from '../../../core/import/source/source.ts';
import { importFailure } from '../../support/import-failure.ts';
import { MemorySink } from '../../support/memory-sink.ts';
import { scratch, scratchFile } from '../../support/scratch.ts';
import { candidate, importLines, machine, PPI27, signal, wfi } from '../../support/qemu-lines.ts';

const recording = fileURLToPath(new URL('../../data/import/gicv5-smp1-events.log.xz', import.meta.url));
let log = '';
beforeAll(async () => {
  const source = await openSource(recording);
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.chunks) chunks.push(chunk);
  await source.close();
  log = Buffer.concat(chunks).toString('latin1');
});

const file = (name: string, content: string | Uint8Array): string =>
  scratchFile(name, typeof content === 'string' ? Buffer.from(content, 'latin1') : content);

const attempt = (input: string, options?: ImportOptions): Promise<ImportError> =>
  importFailure(importTrace(input, new MemorySink(), options));

describe('what is no recording is refused with a reason and advice', () => {
  it('no file, a directory, an empty file', async () => {
    expect(await attempt(join(scratch(), 'nowhere.log'))).toMatchObject({ code: 'not-found' });
    expect(await attempt(join(file('plain', 'x'), 'below'))).toMatchObject({ code: 'not-found' });
    expect(await attempt(scratch())).toMatchObject({ code: 'is-directory', hint: 'Name a file in it.' });
    expect(await attempt(file('empty.log', ''))).toMatchObject({ code: 'empty', at: { byte: 0 } });
    const emptyInside = Buffer.from('H4sIAAAAAAAAAwMAAAAAAAAAAAA=', 'base64');
    expect((await attempt(file('empty.gz', emptyInside))).message).toContain('the gzip file is empty inside');
  });

  it('a file that may not be read', async () => {
    const path = file('secret.log', log);
    chmodSync(path, 0o000);
    if (process.getuid?.() !== 0) {
      expect(await attempt(path)).toMatchObject({ code: 'no-permission' });
      return;
    }
    // Root may read everything, so another user tries.
    chmodSync(scratch(), 0o755);
    const program = `
      import { openBytes } from ${JSON.stringify(new URL('../../../core/import/source/file.ts', import.meta.url).href)};
      process.setgid(65534); process.setuid(65534);
      await openBytes(${JSON.stringify(path)}).catch((error) => console.log(error.code, error.message));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '--no-warnings', '-e', program], {
      encoding: 'utf8',
    });
    expect(said).toContain('no-permission');
    expect(said).toContain('you may not read this file');
  });

  const head = (...bytes: number[]): Buffer => Buffer.concat([Buffer.from(bytes), Buffer.alloc(2000, 0x81)]);
  /** Two sub-buffers, the second after lost events. */
  const pages = (little: boolean): Buffer => {
    const bytes = Buffer.alloc(8192, 0x5a);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (const [at, time, commit] of [
      [0, 5_000_000_000n, 348n],
      [4096, 5_800_000_000n, 0xc000_005cn],
    ] as const) {
      view.setBigUint64(at, time, little);
      view.setBigUint64(at + 8, commit, little);
    }
    return bytes;
  };
  /** With a log in it that could be imported. */
  const tar = (lines: readonly string[]): Uint8Array => {
    const header = Buffer.alloc(512);
    header.write('boot.log', 0);
    header.write('ustar', 257);
    return Buffer.concat([header, Buffer.from(lines.join(''))]);
  };
  it.each([
    ['a JPEG image', head(0xff, 0xd8, 0xff, 0xe0)],
    ['a PNG image', head(0x89, 0x50, 0x4e, 0x47)],
    ['a perf.data file', Buffer.from('PERFILE2\u0000\u0001')],
    ['a CTF trace', Buffer.from('/* CTF 1.8 */\ntrace {}')],
    ['a CTF trace', head(0xc1, 0x1f, 0xfc, 0xc1)],
    ['a Perfetto trace', Buffer.from([0x0a, 3, 8, 1, 0, 0x0a, 2, 8, 1, 0x0a, 2, 8, 2, 0x0a, 2, 8, 3])],
    ['a Chrome or Perfetto JSON trace', Buffer.from('{"traceEvents": [{"ph": "X"}]}')],
    ['a VCD waveform', Buffer.from('$date today $end\n$timescale 1ns $end\n')],
    [
      'an ELF core dump',
      Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]), Buffer.alloc(9), Buffer.from([4, 0])]),
    ],
    [
      'an ELF file',
      Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]), Buffer.alloc(9), Buffer.from([2, 0])]),
    ],
    ['the ring buffer of one CPU', pages(true)],
    ['the ring buffer of one CPU', pages(false)],
    ['a gicscope trace', Buffer.from('SQLite format 3\u0000')],
    ['a ZIP archive', head(0x50, 0x4b, 3, 4)],
    [
      'text of perf script that lacks the thread, the time in seconds or the name',
      Buffer.from('            perf  6702 [000]    sched:sched_switch: prev_comm=perf prev_pid=6702\n'),
    ],
    [
      'text of perf script that lacks the thread, the time in seconds or the name',
      Buffer.from('            perf  6702 [000] 50526.144466367: prev_comm=perf prev_pid=6702\n'),
    ],
    [
      'text of perf script that lacks the thread, the time in seconds or the name',
      Buffer.from('[000] 50526.144466367:    sched:sched_switch: prev_comm=perf prev_pid=6702\n'),
    ],
    [
      'text of perf script that lacks the thread, the time in seconds or the name',
      Buffer.from('  swapper     0 [000]  2026-11-20 21:55:34.530057:   irq:irq_handler_entry: irq=3 name=x\n'),
    ],
    [
      'ftrace text without threads and times (its option context-info is off)',
      Buffer.from('irq_handler_entry: irq=3 name=x\nirq_handler_exit: irq=3 ret=handled\n'),
    ],
    ['ftrace text in its raw form', Buffer.from('214 1 15734270 irq_handler_entry: 3\n'.repeat(3))],
    [
      'ftrace text without threads and times (its option context-info is off)',
      Buffer.from(`# tracer: nop\n#\n${'softirq_raise: vec=9 [action=RCU]\n'.repeat(5)}`),
    ],
    ['ftrace text in its raw form', Buffer.from(`# tracer: nop\n#\n${'532 0 79394360220248 type: 372\n'.repeat(5)}`)],
    [
      'ftrace text in its hexadecimal form',
      Buffer.from(`# tracer: nop\n#\n${'00007f52 00000001 000048358b14214a type: 372\n\n'.repeat(5)}`),
    ],
    [
      'ftrace text in its binary form',
      Buffer.concat([Buffer.from('# tracer: nop\n#\n'), Buffer.from('M\x02\0\0\x01\0\0\0type: 221\n'.repeat(5))]),
    ],
    ['a report of trace-cmd without events', Buffer.from(`cpus=2\n${'CPU: 0\nentries: 12\noverrun: 0\n\n'.repeat(3)}`)],
    [
      'the records of a perf.data file as perf script -D prints them',
      Buffer.from('\n0x6a8@perf.data [0x290]: event: 69\n.\n. ... raw event: size 656 bytes\n'),
    ],
    ['a bzip2 file', Buffer.from('BZh91AY&SY')],
    ['a bzip2 file', Buffer.from([0x42, 0x5a, 0x68, 0x39, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90])],
    ['a tar archive', tar(Array.from({ length: 40 }, () => 'gicv5_cdeoi domain 1 CDEOI performing priority drop\n'))],
    [
      'text whose lines end with CR alone',
      Buffer.from('gicv5_cdeoi domain 1 CDEOI performing priority drop\r'.repeat(3)),
    ],
    ['a network capture', Buffer.from([0x0a, 0x0d, 0x0d, 0x0a, 0x1c, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0])],
    ['a Chrome or Perfetto JSON trace', Buffer.from('{"displayTimeUnit":"ns","traceEvents":[')],
    ['a file of zeros alone', Buffer.alloc(4096)],
    ['text in UTF-16', Buffer.from('gicv5_cdeoi domain 1\n'.repeat(3), 'utf16le')],
    ['text in UTF-16', Buffer.from('gicv5_cdeoi domain 1\n'.repeat(3), 'utf16le').swap16()],
    ['text in UTF-16', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('gicv5_cdeoi domain 1\n', 'utf16le')])],
  ] as const)('%s', async (what, bytes) => {
    const error = await attempt(file('near-miss', bytes));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain(`this is ${what}`);
    expect(error.hint?.length).toBeGreaterThan(10);
  });

  it('no file of another kind in empty lines', async () => {
    expect(await attempt(file('blank', Buffer.from('\n\n\n\n')))).toMatchObject({ code: 'not-recognised' });
  });

  it('the same in any compression', async () => {
    const perf = Buffer.from('PERFILE2\u0000\u0001');
    for (const bytes of [gzipSync(perf), zstdCompressSync(perf), gzipSync(zstdCompressSync(perf))])
      expect(await attempt(file('packed', bytes))).toMatchObject({
        code: 'unsupported',
        problem: 'this is a perf.data file.',
      });
  });

  it('not a log that is mostly something else, where enough of it is events', () => {
    const console = '[    0.000000] Booting Linux on physical CPU 0x0\n'.repeat(40);
    const qemu = 'gicv5_cdeoi domain 1 CDEOI performing priority drop\n';
    const ftrace = '   CPU 0/KVM-214     [001] d..1.    15.734270: kvm_entry: PC: 0x40\n';
    const found = (text: string): string => detect(Buffer.from(text), 'x').format.id;
    expect(found((console + qemu).repeat(8))).toBe('qemu-log');
    expect(found((console + ftrace).repeat(8))).toBe('ftrace');
    expect(() => found((console + qemu).repeat(2))).toThrow('this hardly looks like a QEMU trace log');
    expect(() => found((console + ftrace).repeat(2))).toThrow('this hardly looks like a ftrace text');
  });

  it('binary data, prose, another program’s log', async () => {
    const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + 3) & 31);
    expect(await attempt(file('noise', noise))).toMatchObject({ code: 'not-recognised' });
    expect(await attempt(file('prose', 'Once upon a time\nthere was an interrupt.\n'))).toMatchObject({
      code: 'not-recognised',
    });
    const error = await attempt(
      file(
        'one',
        `${'word '.repeat(1000)}\ngicv5_cdeoi domain 1 CDEOI performing priority drop\n${'word\n'.repeat(500)}`,
      ),
    );
    expect(error.message).toContain('1 of the first 502 lines are events');
    expect(error.hint).toContain('qemu-log');
  });

  it('a format that does not exist', async () => {
    expect(await attempt(file('some.log', log), { format: 'csv' })).toMatchObject({ code: 'unsupported' });
  });

  it('a forced format of which not one line can be read', async () => {
    const error = await attempt(file('prose', 'Once upon a time\n\nthere was no interrupt.\n'), { format: 'qemu-log' });
    expect(error).toMatchObject({ code: 'nothing-readable' });
    expect(error.message).toContain('not one of 3 lines');
    expect(error.message).toContain('2: text without an event name');
  });

  it('a single line of a gigabyte, at once and without holding it', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'a');
    let given = 0;
    const endless = Readable.from(
      (function* () {
        for (; given < 1024; given++) yield piece;
      })(),
    );
    const error = await importFailure(importTrace({ name: 'big.log', stream: endless }, new MemorySink()));
    expect(error.message).toContain('one line of text, of no known format');
    expect(given).toBeLessThan(32);
  });
});

describe('a recording with a line of a gigabyte inside', () => {
  it('loses that line alone, counted, in bounded memory', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'a');
    const stream = Readable.from(
      (function* () {
        yield Buffer.from(log.slice(0, 100_000));
        for (let i = 0; i < 1024; i++) yield piece;
        yield Buffer.from(`\n${wfi(0)}\n`);
      })(),
    );
    const before = process.memoryUsage().rss;
    const sink = new MemorySink();
    const { summary } = await importTrace({ name: 'big.log', stream }, sink);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
    expect(summary.lines?.reasons).toEqual({ 'line longer than 1 MiB': 1 });
    expect(sink.skipped[0]?.text.length).toBe(4096);
    expect(sink.events.at(-1)?.kind).toBe('vcpu.idle');
  }, 120_000);
});

describe('a file that changes while it is read', () => {
  /** Does something to the file when the first progress comes, long before its end. */
  async function meanwhile(change: (path: string) => void): Promise<ImportError> {
    const path = file('changing.log', log);
    let done = false;
    return attempt(path, {
      onProgress: () => {
        if (!done) change(path);
        done = true;
      },
    });
  }

  it('deleted', async () => {
    const error = await meanwhile((path) => unlinkSync(path));
    expect(error).toMatchObject({ code: 'changed' });
    expect(error.message).toContain('was deleted while it was read');
  });

  it('shortened', async () => {
    const error = await meanwhile((path) => truncateSync(path, 300_000));
    expect(error.code).toBe('changed');
    expect(error.message).toMatch(/became shorter while it was read: it had \d+ bytes and ended after/);
  });

  it('replaced', async () => {
    const error = await meanwhile((path) => {
      const other = file('other.log', log);
      renameSync(other, path);
    });
    expect(error.message).toContain('another file took its place');
  });

  it('is kept as far as it was read, when asked to', async () => {
    const path = file('changing.log', log);
    const result = await importTrace(path, new MemorySink(), {
      keepPartial: true,
      onProgress: () => truncateSync(path, 300_000),
    });
    expect(result.cut).toContain('became shorter');
  });

  it('is read to its new end when it grows', async () => {
    const path = file('growing.log', log);
    let done = false;
    const sink = new MemorySink();
    await importTrace(path, sink, {
      onProgress: () => {
        if (!done) appendFileSync(path, `${wfi(0)}\n`);
        done = true;
      },
    });
    expect(sink.events.at(-1)?.kind).toBe('vcpu.idle');
  });
});

describe('progress and cancelling', () => {
  it('reports bytes of the total, lines and events, up to the end', async () => {
    const seen: Progress[] = [];
    const total = readFileSync(recording).length;
    const { summary, events } = await importTrace(recording, new MemorySink(), { onProgress: (p) => seen.push(p) });
    const last = seen.at(-1);
    expect(last).toMatchObject({ bytes: total, total, lines: 42_317, events });
    expect(summary.lines?.asEvents).toBe(events);
    expect(last?.eventsPerSecond).toBeGreaterThan(0);
    for (const [i, { bytes, events: so }] of seen.entries()) {
      expect(bytes).toBeGreaterThanOrEqual(seen[i - 1]?.bytes ?? 0);
      expect(so).toBeGreaterThanOrEqual(seen[i - 1]?.events ?? 0);
    }
  });

  it('has no total for a stream', async () => {
    const seen: Progress[] = [];
    const stream = Readable.from([Buffer.from(log)]);
    await importTrace({ name: '-', stream }, new MemorySink(), { onProgress: (p) => seen.push(p) });
    expect(seen.at(-1)?.total).toBeUndefined();
    expect(seen.at(-1)?.bytes).toBe(log.length);
  });

  it('stops at once with the signal’s reason', async () => {
    const control = new AbortController();
    const sink = new MemorySink();
    const importing = importTrace(recording, sink, { signal: control.signal, onProgress: () => control.abort() });
    await expect(importing).rejects.toMatchObject({ name: 'AbortError' });
    expect(sink.raw.length).toBeLessThan(42_317);
    await expect(importTrace(recording, new MemorySink(), { signal: control.signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
    // And leaves nothing behind that would block the next.
    expect((await importTrace(recording, new MemorySink())).summary.lines?.read).toBe(42_317);
  });

  it('can be asked first what a file is', async () => {
    expect(await inspect(recording)).toMatchObject({ format: 'qemu-log', title: 'QEMU trace log', wrappers: ['xz'] });
  });
});

describe('line prefixes', () => {
  const lines = [machine(1), wfi(0), ...candidate(PPI27), signal(1)];
  const content = (sink: MemorySink): unknown[] => sink.events.map(({ time: _time, ...rest }) => rest);
  const stamps = lines.map((_, i) => (100 + i) * 1000);

  it('of all four kinds give the same events, also mixed line by line', async () => {
    const styles: ((line: string, i: number) => string)[] = [
      (line, i) => `2026-11-20T21:55:32.${String(stamps[i]).padStart(6, '0')}Z ${line}`,
      (line, i) => `4711@1795211732.${String(stamps[i]).padStart(6, '0')}:${line}`,
      (line, i) => `2026-11-20T22:55:32.${String(stamps[i]).padStart(6, '0')}+01:00 ${line}`,
      (line) => line,
    ];
    const plain = await importLines(lines);
    for (const style of [...styles, (line: string, i: number) => (styles[i % 4] ?? styles[0])?.(line, i) ?? line]) {
      const { sink } = await importLines(lines.map(style));
      expect(content(sink)).toEqual(content(plain.sink));
    }
    const [first, ...others] = await Promise.all(styles.slice(0, 3).map((style) => importLines(lines.map(style))));
    for (const other of others)
      expect(other.sink.events.map(({ time }) => time)).toEqual(first?.sink.events.map(({ time }) => time));
  });

  it('give nanoseconds from the first time stamp, which the facts name', async () => {
    const { sink, result } = await importLines([
      `2026-11-20T23:59:59.999999Z ${machine(1)}`,
      `2026-11-21T00:00:00Z ${wfi(0)}`,
      `2026-11-21T00:00:00.5Z ${wfi(0)}`,
      wfi(0),
    ]);
    expect(sink.events.map(({ time }) => time)).toEqual([0, 1000, 500_001_000, 500_001_000]);
    expect(result.summary.source.facts).toMatchObject({ 'time origin': '2026-11-20T23:59:59.999999Z' });
  });

  it('without any count lines, and say so', async () => {
    const { sink, result } = await importLines([machine(1), wfi(0), wfi(0)]);
    expect(sink.events.map(({ time }) => time)).toEqual([0, 1, 2]);
    expect(result.summary.source.facts['clock']).toContain('none');
    expect(result.summary.source.facts['time origin']).toBeUndefined();
  });
});

describe('lines that are no events', () => {
  it('are counted and kept with number and reason', async () => {
    const { sink, result } = await importLines([
      machine(1),
      '',
      'Taking exception 5 [IRQ] on CPU',
      '...from EL1',
      'qemu-system-aarch64: warning: something',
      'gicv5_cdeoi domain 1 CDEOI perfor',
      '2026-11-20T21:55:32.1Z ',
      '\u0001\u0002',
      'gicv5_update_ppi_state PPI 500 source level now 1',
    ]);
    expect(result.summary.lines).toEqual({
      read: 9,
      asEvents: 1,
      merged: 0,
      skipped: 8,
      reasons: {
        'empty line': 2,
        'exception log (-d int) not understood': 2,
        'text without an event name': 1,
        'text of gicv5_cdeoi not understood': 1,
        'not text': 1,
        'text of gicv5_update_ppi_state not understood': 1,
      },
    });
    expect(sink.skipped[2]).toEqual({ line: 4, reason: 'exception log (-d int) not understood', text: '...from EL1' });
    expect(sink.names.get('gicv5_cdeoi')).toBe(1);
  });

  it('with unknown event names are kept as they are', async () => {
    const { sink } = await importLines([
      machine(1),
      'virtio_mmio_write: attempt to write something',
      'new_event_2031 a 1 b 2',
      'bare_event',
      'gicv5_set_priority: tried to set priority of unreachable SPI 5',
    ]);
    expect(sink.ofKind('other').map(({ event, source, detail }) => [event, source, detail?.['text']])).toEqual([
      ['virtio_mmio_write', 'virtio_mmio_write', 'attempt to write something'],
      ['new_event_2031', 'new_event_2031', 'a 1 b 2'],
      ['bare_event', 'bare_event', undefined],
      ['gicv5_set_priority', 'gicv5_set_priority', 'tried to set priority of unreachable SPI 5'],
    ]);
    expect(sink.names.get('virtio_mmio_write')).toBe(1);
  });

  it('with ever new names become noise at the thousandth', async () => {
    const { result } = await importLines([machine(1), ...Array.from({ length: 1200 }, (_, i) => `event_${i} x`)], {
      format: 'qemu-log',
    });
    expect(result.summary.lines?.reasons).toEqual({ 'more than 1000 different unknown event names': 200 });
  });

  it('keep letters beyond ASCII', async () => {
    const { sink } = await importLines([machine(1), 'guest_says naïve – 漢字']);
    expect(sink.ofKind('other')[0]?.detail).toEqual({ text: 'naïve – 漢字' });
    expect(sink.raw[1]).toBe('guest_says naïve – 漢字');
  });
});

describe('groups of four candidate lines', () => {
  const quad = candidate(PPI27);

  it('are one event, that of the Non-secure line, also with another vCPU’s line between', async () => {
    const { sink, result } = await importLines([
      machine(2),
      quad[0] ?? '',
      quad[1] ?? '',
      wfi(1),
      quad[2] ?? '',
      quad[3] ?? '',
      signal(1),
    ]);
    expect(result.summary.lines).toMatchObject({ asEvents: 4, merged: 3, skipped: 0 });
    expect(sink.ofKind('irq.hppi')).toMatchObject([{ intid: PPI27, priority: 31, line: 3, unit: 'PPI' }]);
  });

  it('name candidates of other domains', async () => {
    const secure = 'gicv5_recalc_ppi_hppi domain 0 new PPI HPPI id 0x20000003 prio 4';
    const { sink } = await importLines([machine(1), secure, ...quad.slice(1), ...quad]);
    const [first, second] = sink.ofKind('irq.hppi');
    expect(first?.detail).toEqual({ 'other domains': 'Secure PPI 3 priority 4' });
    expect(second?.detail).toBeUndefined();
  });

  it('torn at the beginning or end of the file are skipped where the Non-secure line is missing', async () => {
    const { result } = await importLines([...quad.slice(2), machine(1), ...quad, ...quad.slice(0, 2)]);
    expect(result.summary.lines).toEqual({
      read: 9,
      asEvents: 3,
      merged: 4,
      skipped: 2,
      reasons: { 'part of a gicv5_recalc_ppi_hppi group whose Non-secure line is missing': 2 },
    });
    const end = await importLines([machine(1), quad[0] ?? '']);
    expect(end.result.summary.lines).toMatchObject({ asEvents: 1, skipped: 1 });
  });
});
