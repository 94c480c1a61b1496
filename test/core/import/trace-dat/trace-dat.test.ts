/** trace.dat files of every shape: made by the format's description where recordings lack it, and damaged on purpose. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ImportError, importTrace, type ImportResult } from '../../../../core/import/import.ts';
import { importFailure } from '../../../support/import-failure.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { format, type Page, record, type Shape, traceDat, Writer } from '../../../support/trace-dat.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-dat-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const PENDING = format(
  'vgic_update_irq_pending',
  900,
  [
    ['unsigned long vcpu_id', 8, 8, 0],
    ['u32 irq', 16, 4, 0],
    ['bool level', 20, 1, 0],
  ],
  '"VCPU: %ld, IRQ %d, level: %d", REC->vcpu_id, REC->irq, REC->level',
);
const NAMED = format('named', 902, [
  ['int irq', 8, 4, 1],
  ['__rel_loc char[] name', 12, 4, 0],
  ['char comm[8]', 16, 8, 0],
]);
const LOCATED = format('located', 903, [
  ['__data_loc char[] name', 8, 4, 0],
  ['const char * reason', 16, 8, 0],
  ['void * caller', 24, 8, 0],
]);

const common = (big: boolean, id: number, pid: number, flags = 1): Writer =>
  new Writer(big).u16(id).u8(flags, 0).u32(pid);
const pending = (big: boolean, pid: number, irq: number, level: number): Buffer =>
  common(big, 900, pid).u64(0).u32(irq).u8(level, 0, 0, 0).build();

/** The worked example of the format's description, in either byte order. */
function pages(big: boolean): Page[] {
  const named = common(big, 902, 77)
    .u32(5)
    .u32((7 << 16) | 8)
    .text('comm\0\0\0\0')
    .text('relstr\0\0')
    .build();
  const long = common(big, 903, 78)
    .u32((6 << 16) | 32)
    .u32(0)
    .u64(0xffff_0000_1000n)
    .u64(0xffff_0000_2010n);
  long.text('hello\0\0\0').bytes(Buffer.alloc(100));
  const body = long.build();
  const upper = new Writer(big).u32(0x2b).build();
  return [
    {
      base: 5_000_000_000n,
      data: Buffer.concat([
        record(big, 6, 100, pending(big, 77, 27, 1)),
        record(big, 29, 50, new Writer(big).u32(24).bytes(Buffer.alloc(20)).build()),
        record(big, 6, 10, pending(big, 77, 33, 1)),
        record(big, 30, 5, new Writer(big).u32(2).build()),
        record(big, 0, 0, new Writer(big).u32(body.length + 4).build(), body),
        record(big, 29, 0),
      ]),
    },
    {
      base: 5_800_000_000n,
      lost: 17,
      data: Buffer.concat([
        record(big, 6, 0, pending(big, 77, 27, 0)),
        record(big, 31, 0x7aadb00, upper),
        record(big, 8, 3, named),
      ]),
    },
    { base: 6_000_000_000n, data: Buffer.alloc(0) },
    { base: 6_100_000_000n, lost: -1, data: record(big, 6, 1, pending(big, 79, 8192, 1)) },
  ];
}

const EXPECTED = [
  ['vgic_update_irq_pending', 0],
  ['vgic_update_irq_pending', 60],
  ['located', 65 + 2 * 2 ** 27],
  // Gap, then the first event after it.
  ['vgic_update_irq_pending', 799_999_900],
  ['vgic_update_irq_pending', 799_999_900],
  ['named', 899_999_903],
  ['vgic_update_irq_pending', 1_099_999_901],
  ['vgic_update_irq_pending', 1_099_999_901],
] as const;

const build = (shape: Shape): Buffer =>
  traceDat(
    shape,
    { kvm: [PENDING], test: [NAMED, LOCATED] },
    '77 CPU 0/KVM\n78 other\n',
    [
      { name: '', cpus: [pages(shape.big ?? false), []] },
      { name: 'second', cpus: [[], []] },
    ],
    {
      printk: '0xffff00001000 : "Rescheduling interrupts"\n',
      kallsyms: '0000ffff00002000 T do_it\n0000ffff00003000 D data\n',
    },
  );

let files = 0;
async function imported(bytes: Uint8Array, options = {}): Promise<{ sink: MemorySink; result: ImportResult }> {
  const path = join(folder, `t${files++}.dat`);
  writeFileSync(path, bytes);
  const sink = new MemorySink();
  return { sink, result: await importTrace(path, sink, options) };
}

describe('a trace.dat', () => {
  const shapes: readonly Shape[] = [
    { version: 7, compression: 'none' },
    { version: 7, compression: 'zstd' },
    { version: 7, compression: 'zlib' },
    { version: 6 },
    { version: 6, big: true },
    { version: 6, big: true, longSize: 4 },
    { version: 7, big: true, compression: 'zstd' },
    { version: 7, longSize: 4, compression: 'zlib' },
    { version: 7, pageSize: 8192 },
  ];
  it.each(shapes)('gives the same events as %j', async (shape) => {
    const { sink, result } = await imported(build(shape));
    expect(sink.events.map(({ source, time }) => [source, time])).toEqual(EXPECTED);
    expect(result.summary.source.kind).toBe('trace.dat');
    expect(result.summary.source.facts).toMatchObject({
      clock: 'mono',
      'file version': String(shape.version),
      'first time stamp': '5.000000100 s',
      records: '6',
      'lost events': '2 gaps',
      buffers: 'second',
    });
    const [first, , located] = sink.events;
    expect(first).toMatchObject({ kind: 'irq.inject', level: true, detail: { CPU: 0, task: 'CPU 0/KVM-77', irq: 27 } });
    expect(located?.detail).toMatchObject({
      name: 'hello',
      reason: 'Rescheduling interrupts',
      caller: 'do_it+0x10',
      task: 'other-78',
    });
    const named = sink.events.find(({ source }) => source === 'named');
    expect(named?.detail).toMatchObject({ irq: 5, name: 'relstr', comm: 'comm' });
    expect(sink.ofKind('lost').map(({ count }) => count)).toEqual([17n, undefined]);
    expect(sink.names.get('vgic_update_irq_pending')).toBe(4);
  });

  it('is read from a pipe too', async () => {
    const sink = new MemorySink();
    const stream = Readable.from([build({ compression: 'zstd' })]);
    await importTrace({ name: 'stdin', stream }, sink);
    expect(sink.events.map(({ source, time }) => [source, time])).toEqual(EXPECTED);
  });

  it('merges CPUs and buffers by time, equal times by buffer and CPU', async () => {
    const at = (...stamps: number[]): Page[] => [
      {
        base: 1000n,
        data: Buffer.concat(
          stamps.map((stamp, i) => record(false, 6, stamp - (stamps[i - 1] ?? 0), pending(false, 1, 32 + stamp, 1))),
        ),
      },
    ];
    const { sink } = await imported(
      traceDat({}, { kvm: [PENDING] }, '', [
        { name: '', cpus: [at(5, 7, 9), at(1, 7)] },
        { name: 'b', cpus: [at(7, 8)] },
      ]),
    );
    expect(sink.events.map(({ time, detail }) => [time, detail?.['CPU'], detail?.['buffer'] ?? ''])).toEqual([
      [0, 1, ''],
      [4, 0, ''],
      [6, 0, ''],
      [6, 1, ''],
      [6, 0, 'b'],
      [7, 0, 'b'],
      [8, 0, ''],
    ]);
  });

  it('shows an event whose format is missing, with its bytes', async () => {
    const bytes = traceDat({}, { test: [NAMED] }, '', [{ name: '', cpus: [pages(false)] }]);
    const { sink, result } = await imported(bytes);
    expect(sink.events[0]).toMatchObject({ source: 'unknown:900', kind: 'host.event' });
    expect(sink.events[0]?.detail?.['bytes']).toMatch(/^8403/);
    expect(result.summary.source.facts['events without a format']).toBe('900, 903');
  });

  it('counts in the units of its clock', async () => {
    const { result } = await imported(build({ clock: 'counter' }));
    expect(result.summary.source.facts['clock']).toBe(
      'counter, which does not count nanoseconds: times are in its units',
    );
  });

  it('turns ticks into nanoseconds where the file says how', async () => {
    const option = new Writer(false).u32(3).u32(1).u64(0).build();
    const bytes = traceDat(
      { clock: 'x86-tsc' },
      { kvm: [PENDING], test: [NAMED, LOCATED] },
      '',
      [{ name: '', cpus: [pages(false)] }],
      { options: [[14, option]] },
    );
    const { sink } = await imported(bytes);
    expect(sink.events.map(({ time }) => time).slice(0, 2)).toEqual([0, 90]);
  });

  it('shifts the clock of a guest to that of its host', async () => {
    const shift = new Writer(false).u64(1).u32(0).u32(1).u32(2).u64(0).u64(5_000_000_110n);
    shift.u64(0).u64(1_000_000).u64(1).u64(1).u64(0).u64(0);
    const bytes = traceDat({}, { kvm: [PENDING], test: [NAMED, LOCATED] }, '', [{ name: '', cpus: [pages(false)] }], {
      options: [[12, shift.build()]],
    });
    const { sink } = await imported(bytes);
    expect(sink.events.map(({ time }) => time).slice(0, 2)).toEqual([0, 1_000_060]);
  });
});

describe('a long trace.dat', () => {
  const record4 = record(false, 6, 1, pending(false, 1, 32, 1));
  const page: Page = { base: 1n, data: Buffer.concat(Array.from({ length: 100 }, () => record4)) };
  const long = traceDat({ compression: 'zstd' }, { kvm: [PENDING] }, '', [
    { name: '', cpus: [Array.from({ length: 200 }, () => page)] },
  ]);

  it('reports bytes of the file and events, up to the end', async () => {
    const seen: { bytes: number; total?: number; events: number }[] = [];
    await imported(long, { onProgress: (progress: (typeof seen)[number]) => seen.push(progress) });
    const last = seen.at(-1);
    expect(last).toMatchObject({ total: long.length, events: 20_000 });
    expect(last?.bytes).toBeGreaterThan(long.length / 2);
    expect(last?.bytes).toBeLessThanOrEqual(long.length);
  });

  it('ends where the user stops it, and keeps what was read', async () => {
    const stop = new AbortController();
    const { sink, result } = await imported(long, { stop: stop.signal, onProgress: () => stop.abort() });
    expect(result.cut).toBe('the import was stopped');
    expect(sink.kept.length).toBeGreaterThan(0);
    expect(sink.kept.length).toBeLessThan(20_000);
  });

  it('is cancelled with the reason of the caller', async () => {
    const controller = new AbortController();
    const reason = new Error('no more');
    await expect(
      imported(long, { signal: controller.signal, onProgress: () => controller.abort(reason) }),
    ).rejects.toThrow('no more');
  });
});

describe('a clock that runs backwards', () => {
  it('is told of, and the order of its CPU stays', async () => {
    const page = (base: bigint, irq: number): Page => ({ base, data: record(false, 6, 0, pending(false, 77, irq, 1)) });
    const bytes = traceDat({}, { kvm: [PENDING] }, '77 CPU 0/KVM\n', [
      { name: '', cpus: [[page(5000n, 33), page(8000n, 34), page(6000n, 35), page(9000n, 36)]] },
    ]);
    const { sink, result } = await imported(bytes);
    expect(result.summary.source.facts['clock ran backwards']).toBe('before 1 events, by up to 2000 ns');
    expect(sink.events.map(({ time, detail }) => [time, detail?.['irq']])).toEqual([
      [0, 33],
      [3000, 34],
      [1000, 35],
      [4000, 36],
    ]);
  });
});

describe('a damaged trace.dat', () => {
  const failure = (bytes: Uint8Array, options = {}): Promise<ImportError> => importFailure(imported(bytes, options));

  it('that ends in its metadata is refused with the byte', async () => {
    const error = await failure(build({}).subarray(0, 300));
    expect(error).toMatchObject({ code: 'truncated' });
    expect(error.message).toMatch(/but the file has 300\. \(byte 300\)/);
  });

  it('that ends in its CPU data gives what there is and says so', async () => {
    const whole = build({ version: 6 });
    const { sink, result } = await imported(whole.subarray(0, whole.length - 3 * 4096));
    expect(sink.events.map(({ source, time }) => [source, time])).toEqual(EXPECTED.slice(0, 3));
    expect(result.cut).toMatch(/the data of CPU 0 reaches to byte \d+, but the file ends at \d+/);
  });

  it('whose sub-buffer contradicts itself is refused, or kept up to there', async () => {
    const bytes = Buffer.from(build({ version: 6 }));
    bytes.writeUInt32LE(0x7ff_ffff, bytes.length - 3 * 4096 + 8);
    const error = await failure(bytes);
    expect(error).toMatchObject({ code: 'corrupt', at: { byte: bytes.length - 3 * 4096 } });
    expect(error.message).toMatch(/CPU 0: a sub-buffer states 134217727 bytes of data, but there is room for 4080/);
    const { sink, result } = await imported(bytes, { keepPartial: true });
    expect(sink.events.length).toBe(3);
    expect(result.cut).toContain('a sub-buffer states');
  });

  it('of another version, order, compression is refused by name', async () => {
    const changed = (at: number, value: number): Buffer => {
      const bytes = Buffer.from(build({}));
      bytes[at] = value;
      return bytes;
    };
    expect((await failure(changed(10, 0x38))).message).toContain('a trace.dat of version "8"; versions 6 and 7');
    expect((await failure(changed(12, 9))).message).toContain('the byte order is 9');
    expect((await failure(changed(18, 0x6d))).message).toContain('compressed with "mone"');
  });

  it('with no events says what to check', async () => {
    const error = await failure(traceDat({}, { kvm: [PENDING] }, '', [{ name: '', cpus: [[], []] }]));
    expect(error).toMatchObject({ code: 'empty' });
  });

  it('never crashes the import, whatever is changed in it', async () => {
    let random = 12345;
    const next = (limit: number): number => {
      random = (Math.imul(random, 1103515245) + 12345) & 0x7fff_ffff;
      return random % limit;
    };
    const originals = [
      build({}),
      build({ version: 6 }),
      build({ compression: 'zstd' }),
      build({ big: true, longSize: 4 }),
    ];
    let kept = 0;
    for (let round = 0; round < 400; round++) {
      const original = originals[round % originals.length] ?? originals[0] ?? Buffer.alloc(0);
      const bytes = Buffer.from(round % 7 === 0 ? original.subarray(0, next(original.length)) : original);
      for (let i = next(8) + 1; i > 0 && bytes.length > 0; i--) {
        // The metadata and the page headers decide more than the rest.
        const at = next(2) === 0 ? next(Math.min(bytes.length, 200)) : next(bytes.length);
        bytes[at] = next(3) === 0 ? 0xff : next(256);
      }
      const outcome = await imported(bytes, { keepPartial: round % 2 === 0, format: 'trace.dat' }).then(
        ({ result }) => result,
        (thrown: unknown) => thrown,
      );
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(ImportError);
        expect(outcome.message.length).toBeGreaterThan(20);
      } else kept++;
    }
    expect(kept).toBeGreaterThan(50);
  });
});
