/** Binary traces of QEMU's simple backend (trace-import-formats §6.2). */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  type ImportError,
  importTrace,
  type ImportOptions,
  type ImportResult,
} from '../../../../core/import/import.ts';
import { importFailure } from '../../../support/import-failure.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { importLines } from '../../../support/qemu-lines.ts';
import { SimpleFile } from '../../../support/qemu-simple.ts';

async function importBytes(
  bytes: Buffer,
  options: ImportOptions & { piece?: number } = {},
): Promise<{ sink: MemorySink; result: ImportResult }> {
  const sink = new MemorySink();
  const piece = options.piece ?? bytes.length;
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, i) =>
    bytes.subarray(i * piece, (i + 1) * piece),
  );
  const result = await importTrace({ name: 'trace-4711', stream: Readable.from(pieces) }, sink, options);
  return { sink, result };
}

const failure = (bytes: Buffer, options: ImportOptions = {}): Promise<ImportError> =>
  importFailure(importBytes(bytes, options));

const SECOND = 1_000_000_000n;

/** One of each shape of argument, as the file has it. */
function boot(file: SimpleFile): SimpleFile {
  return file
    .event('arm_cpu_reset', 5n * SECOND, 0n)
    .event('arm_gt_recalc', 5n * SECOND + 1n, 1, 0xffff_ffff_ffff_ffffn)
    .event('gicv3_redist_set_irq', 5n * SECOND + 2n, 0, 27, 1)
    .event('gicv3_cpuif_virt_update', 5n * SECOND + 3n, 0, 0xffff_ffffn, 0, 0, 255)
    .event('gicv3_cpuif_virt_update', 5n * SECOND + 4n, 0, -1, 0, 0, 255)
    .event('gicv3_icc_iar1_read', 5n * SECOND + 5n, 0, 0x1bn)
    .event('gicv5_irs_recalc_hppi_fail', 5n * SECOND + 6n, 'NonSecure', 1, 'no pending')
    .event('arm_psci_call', 5n * SECOND + 7n, 0x8400_0000n, 1n, 2n, 3n, 0)
    .event('gicv3_its_cmd_sync', 5n * SECOND + 8n);
}

/** The same, as the log backend prints it. */
const PRINTED = [
  'arm_cpu_reset cpu 0',
  'arm_gt_recalc gt recalc: timer 1 next tick 0xffffffffffffffff',
  'gicv3_redist_set_irq GICv3 redistributor 0x0 interrupt 27 level changed to 1',
  'gicv3_cpuif_virt_update GICv3 CPU i/f 0x0 virt HPPI update LR index -1 HPPVLPI 0 grp 0 prio 255',
  'gicv3_cpuif_virt_update GICv3 CPU i/f 0x0 virt HPPI update LR index -1 HPPVLPI 0 grp 0 prio 255',
  'gicv3_icc_iar1_read GICv3 ICC_IAR1 read cpu 0x0 value 0x1b',
  'gicv5_irs_recalc_hppi_fail GICv5 IRS NonSecure IAFFID 1: no HPPI: no pending',
  'arm_psci_call PSCI Call x0=0x84000000 x1=0x1 x2=0x2 x3=0x3 cpuid=0x0',
  'gicv3_its_cmd_sync GICv3 ITS: command SYNC',
];

const eventsOf = (sink: MemorySink): unknown[] => sink.events.map((event) => ({ ...event, time: 0 }));

describe('a simple trace', () => {
  it('means what the log backend prints of the same events', async () => {
    const { sink, result } = await importBytes(boot(new SimpleFile()).bytes);
    const printed = await importLines(PRINTED);
    expect(eventsOf(sink)).toEqual(eventsOf(printed.sink));
    expect(sink.kept.map(({ changes }) => changes)).toEqual(printed.sink.kept.map(({ changes }) => changes));
    expect(result.summary.lines).toMatchObject({ read: 9, asEvents: 9, skipped: 0 });
    expect(result.summary.source).toMatchObject({ kind: 'qemu-simple', facts: { 'time origin': '5.000000000 s' } });
  });

  it('has times to the nanosecond', async () => {
    const { sink } = await importBytes(boot(new SimpleFile()).bytes);
    expect(sink.events.map(({ time }) => time)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('is read in either byte order, and in pieces of any size', async () => {
    const whole = await importBytes(boot(new SimpleFile()).bytes);
    const { bytes } = boot(new SimpleFile({ little: false }));
    for (const piece of [1, 7, 64]) {
      const { sink } = await importBytes(bytes, { piece });
      expect(eventsOf(sink)).toEqual(eventsOf(whole.sink));
    }
  });

  it('shows events whose name or arguments are not known, byte by byte', async () => {
    const file = new SimpleFile()
      .event('virtio_queue_notify', 1n, 2n)
      .unnamed(7n, 2n, 3n)
      .event('gicv3_icc_iar1_read', 3n, 0, 0x1bn, 9n);
    const { sink, result } = await importBytes(file.bytes);
    expect(sink.events).toMatchObject([
      { kind: 'other', event: 'virtio_queue_notify', detail: { text: '8 bytes: 0200000000000000' } },
    ]);
    expect(result.summary.lines?.reasons).toEqual({
      'text without an event name': 1,
      'text of gicv3_icc_iar1_read not understood': 1,
    });
  });

  it('says where events were lost, and forgets what they may have changed', async () => {
    const file = boot(new SimpleFile()).lost(42n, 6n * SECOND);
    const { sink } = await importBytes(file.bytes);
    expect(sink.ofKind('lost')).toMatchObject([{ count: 42n, time: 1_000_000_000 }]);
    expect(sink.value('vcpu0.irq.ppi27.active')).toBeUndefined();
  });
});

describe('a simple trace that is', () => {
  const { bytes } = boot(new SimpleFile());

  it('cut short names the byte, and is kept as far as it was read when asked to', async () => {
    const error = await failure(bytes.subarray(0, -5));
    expect([error.code, error.at]).toEqual(['corrupt', { byte: bytes.length - 32 }]);
    expect(error.message).toContain('ends inside a record');
    const { sink, result } = await importBytes(bytes.subarray(0, -5), { keepPartial: true });
    expect(sink.events.length).toBe(8);
    expect(result.cut).toContain('ends inside a record');
  });

  it('damaged names the byte', async () => {
    const broken = Buffer.from(bytes);
    broken.writeUInt32LE(9, 24);
    expect((await failure(broken)).at).toEqual({ byte: 24 });
    const long = Buffer.from(bytes);
    long.writeUInt32LE(0x7fff_ffff, 40);
    expect((await failure(long)).message).toContain('name of 2147483647 bytes');
  });

  it('of an older version says so', async () => {
    const error = await failure(new SimpleFile({ version: 3n }).event('arm_cpu_reset', 1n, 0n).bytes);
    expect([error.code, error.at]).toEqual(['unsupported', { byte: 16 }]);
    expect(error.message).toContain('version 3');
  });
});
