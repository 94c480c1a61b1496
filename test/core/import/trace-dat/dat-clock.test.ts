/** What the times of a trace.dat count, and the clock at its start. */
import { describe, expect, it } from 'vitest';
import { importSeveral } from '../../../../core/import/several/import-several.ts';
import { importTrace } from '../../../../core/import/import.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { scratchFile } from '../../../support/scratch.ts';
import { format, record, type Shape, traceDat, Writer } from '../../../support/trace-dat.ts';

const SECOND = 1_000_000_000;
const BASE = 5_000_000_000n;
const TICK = format('tick', 900, [['int number', 8, 4, 1]]);
/** 100 units behind the start of its sub-buffer. */
const tick = record(false, 3, 100, new Writer(false).u16(900).u8(0, 0).u32(7).u32(1).build());

const OFFSET = 7;
const DATE = 1;
const TIME_SHIFT = 12;
const text = (number: string): Buffer => Buffer.from(`${number}\0`);

function file(shape: Shape, options: readonly (readonly [number, Buffer])[] = [], buffer = ''): string {
  const page = { base: BASE, data: tick };
  const buffers = [
    { name: '', cpus: buffer === '' ? [[page]] : [] },
    ...(buffer === '' ? [] : [{ name: buffer, cpus: [[page]] }]),
  ];
  return scratchFile('clock.dat', traceDat(shape, { test: [TICK] }, '', buffers, { options }));
}

async function factsOf(path: string): Promise<Readonly<Record<string, string>>> {
  return (await importTrace(path, new MemorySink())).summary.source.facts;
}

describe('the clock of a trace.dat', () => {
  it('is that of the instance that was recorded, not of the main buffer, which is empty', async () => {
    const facts = await factsOf(file({ clock: 'local', bufferClock: 'boot' }, [], 'mine'));
    expect(facts['clock']).toBe('boot');
  });

  it('is the one that is listed where the recorder wrote local for an instance, as trace-cmd 3.1 does', async () => {
    const facts = await factsOf(file({ clock: 'counter', bufferClock: 'local' }, [], 'mine'));
    expect(facts['clock']).toBe('counter, which does not count nanoseconds: times are in its units');
    expect(facts['first time stamp']).toBe('5000000100');
    expect(await factsOf(file({ clock: 'counter', bufferClock: 'local' }))).toMatchObject({ clock: 'local' });
  });

  it('begins where trace-cmd report says: with the offset and the date that the recorder was given', async () => {
    expect((await factsOf(file({}, [[OFFSET, text('1000')]])))['first time stamp']).toBe('5.000001100 s');
    expect((await factsOf(file({}, [[OFFSET, text('-100')]])))['first time stamp']).toBe('5.000000000 s');
    const date = 1_795_297_148n * 1_000_000n;
    const facts = await factsOf(file({}, [[DATE, text(`0x${date.toString(16)}`)]]));
    expect(facts).toMatchObject({
      clock: 'mono, moved to the time of day as the recorder knew it',
      'first time stamp': '1795297153.000000100 s',
    });
  });

  it('begins with the first event, not with its sub-buffer, where a guest’s clock was shifted', async () => {
    const shift = new Writer(false).u64(1).u32(0).u32(1).u32(1).u64(0).u64(3000).u64(1).u64(0).build();
    expect((await factsOf(file({}, [[TIME_SHIFT, shift]])))['first time stamp']).toBe('5.000003100 s');
  });

  it('runs on where an absolute stamp, of 59 bits, has begun again', async () => {
    const turn = 3n << 59n;
    const stamp = record(false, 31, 900, new Writer(false).u32(0).build());
    const page = { base: turn - 1000n, data: Buffer.concat([tick, stamp, tick]) };
    const sink = new MemorySink();
    await importTrace(
      scratchFile('turn.dat', traceDat({}, { test: [TICK] }, '', [{ name: '', cpus: [[page]] }], {})),
      sink,
    );
    expect(sink.events.map(({ time }) => time)).toEqual([0, 1900]);
  });

  it('is UTC with a date, so that a log of an emulator is beside it', async () => {
    const start = Date.UTC(2026, 10, 20, 21, 55, 30) / 1000;
    const recorded = file({}, [[DATE, text(String((start - 5) * 1_000_000))]]);
    const log = scratchFile(
      'emulator.log',
      '2026-11-20T21:55:32Z gicv3_icc_iar1_read GICv3 ICC_IAR1 read cpu 0x0 value 0x2\n',
    );
    const sink = new MemorySink();
    const { summary } = await importSeveral([log, recorded], sink);
    expect(sink.events.map(({ kind, time }) => [kind, time])).toEqual([
      ['host.event', 0],
      ['irq.acknowledge', 2 * SECOND - 100],
    ]);
    expect(summary.source.facts['clock.dat: begins']).toContain('the same clock, UTC');
  });
});
