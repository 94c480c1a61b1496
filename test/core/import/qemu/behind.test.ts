/** Events in lines that something else began: a console on the same terminal, a collector of logs, QEMU's own context. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ImportResult, importTrace } from '../../../../core/import/import.ts';
import { endOfText, eventsBehind } from '../../../../core/import/qemu/behind.ts';
import { Prefix } from '../../../../core/import/qemu/prefix.ts';
import { type NewEvent } from '../../../../core/trace/kinds.ts';
import { MemorySink } from '../../../support/memory-sink.ts';

async function read(text: string): Promise<{ sink: MemorySink; result: ImportResult }> {
  const sink = new MemorySink();
  const stream = Readable.from([Buffer.from(text, 'latin1')]);
  return { sink, result: await importTrace({ name: 'log', stream }, sink) };
}

/** Ways to print a line, and how many lines of another kind they add to each. */
const WAYS: readonly (readonly [what: string, print: (line: string) => string, more: number])[] = [
  ['a console whose line had begun', (line) => `[    0.000000] Linux ver${line}\nsion 7.2\r`, 1],
  ['a shell prompt', (line) => `~ # ${line}`, 0],
  ['a console in another encoding', (line) => `d\xe9marr\xe9 \xff${line}`, 0],
  ['bytes of nothing', (line) => `\0\0\0${line}`, 0],
  ['colours', (line) => `\u001b[2J\u001b[1;32m${line}\u001b[0m`, 0],
  ['blanks behind it', (line) => `${line}  \t`, 0],
  ['a collector of logs', (line) => `Nov 20 21:55:34 host qemu-system-aarch64[4711]: ${line}`, 0],
  ["the machine's name", (line) => line.replace('Z ', 'Z [guest 1] '), 0],
  ["the machine's name without brackets", (line) => line.replace('Z ', 'Z guest '), 0],
  ['the thread', (line) => line.replace('Z ', 'Z (4711:CPU 0/TCG): '), 0],
  ['both and the program', (line) => line.replace('Z ', 'Z [guest] qemu-system-aarch64: (4711:CPU 0/TCG): '), 0],
];

describe('a log', () => {
  const LINES = 1000;
  const log = fileURLToPath(new URL('../../../data/import/gicv5-smp4-events.part.log.xz', import.meta.url));
  let lines: readonly string[];
  let plain: { sink: MemorySink; result: ImportResult };
  // A first line without a stamp is one nanosecond.
  const said = ({ time, detail: _detail, line: _line, ...event }: NewEvent): string =>
    JSON.stringify({ ...event, micros: Math.floor(time / 1000) }, (_key, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );

  beforeAll(async () => {
    lines = execFileSync('xz', ['-dc', log], { encoding: 'latin1', maxBuffer: 2 ** 28 })
      .split('\n')
      .slice(0, LINES);
    plain = await read(lines.join('\n'));
    expect(plain.result.summary.lines).toMatchObject({ read: LINES, skipped: 0 });
  });

  it.each(WAYS)('behind %s is the same', async (_what, print, more) => {
    const { sink, result } = await read(lines.map(print).join('\n'));
    expect(result.summary.lines).toMatchObject({
      read: LINES * (1 + more),
      asEvents: plain.result.summary.lines?.asEvents,
      merged: plain.result.summary.lines?.merged,
      skipped: LINES * more,
    });
    expect(sink.events.map(said)).toEqual(plain.sink.events.map(said));
  });

  it('says how many of its events stand behind something', async () => {
    const { result } = await read(lines.map((line, i) => (i % 10 === 9 ? `login: ${line}` : line)).join('\n'));
    expect(result.summary.source.facts['behind other text']).toBe('100 events, in lines that something else began');
  });
});

describe('an event behind other text', () => {
  it('is found without a time stamp too, where its text is whole', async () => {
    const { sink, result } = await read(
      [
        'gicv5_spi GICv5 SPI ID 1 asserted at level 1',
        '[    0.000000] Bootinggicv5_spi GICv5 SPI ID 1 asserted at level 0',
        '[    0.000000] gicv5_spi is an event of QEMU',
        'virtio_blk virtio1: [vda] Taking exception 5 [IRQ] on CPU 1',
      ].join('\n'),
    );
    expect(sink.events.map(({ source, line }) => [source, line])).toEqual([
      ['gicv5_spi', 1],
      ['gicv5_spi', 2],
      ['virtio_blk', 4],
    ]);
    expect(result.summary.lines?.reasons).toEqual({ 'text without an event name': 1 });
  });

  it('is not taken for the rest of a name that no table has, where the log has time stamps', async () => {
    const stamp = '2026-11-20T21:55:34.000001Z ';
    const { sink } = await read(
      [
        `${stamp}gicv5_spi GICv5 SPI ID 1 asserted at level 1`,
        `virtio_blk virtio1: [vda] ${stamp}gicv5_spi GICv5 SPI ID 1 asserted at level 0`,
        `${stamp}virtio_mmio_read offset 0x70 ${stamp}`,
        `${stamp}[guest] (12:CPU 1/TCG): virtio_mmio_read offset 0x70`,
      ].join('\n'),
    );
    expect(sink.events.map(({ source }) => source)).toEqual([
      'gicv5_spi',
      'gicv5_spi',
      'virtio_mmio_read',
      'virtio_mmio_read',
    ]);
  });

  it('counts as damage where another event began the line: what that changed is lost', async () => {
    const lines = (torn: string): string =>
      [
        'gicv5_recalc_ppi_hppi domain 0 new PPI HPPI id 0x0 prio 255',
        `${torn}gicv5_recalc_ppi_hppi domain 1 new PPI HPPI id 0x0 prio 255`,
        'gicv5_recalc_ppi_hppi domain 2 new PPI HPPI id 0x0 prio 255',
        'gicv5_recalc_ppi_hppi domain 3 new PPI HPPI id 0x0 prio 255',
      ].join('\n');
    expect((await read(lines('[    0.1] foo'))).result.summary.lines).toMatchObject({ asEvents: 1, merged: 3 });
    const { result } = await read(lines('gicv5_spi GICv5 SPI ID '));
    expect(result.summary.lines?.read).toBe(4);
    expect(result.summary.lines?.reasons).toEqual({
      'part of a gicv5_recalc_ppi_hppi group whose Non-secure line is missing': 1,
    });
  });

  it('may be anywhere, in anything, at a cost linear in the line', () => {
    const places = (text: string): number[] => {
      const bytes = Buffer.from(text, 'latin1');
      return [...eventsBehind(new Prefix(), bytes, 0, endOfText(bytes, 0, bytes.length))].map(({ at }) => at);
    };
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (before) => {
        const line = `${before} gicv5_spi GICv5 SPI ID 1 asserted at level 1`;
        expect(places(line)).toContain(before.length + 1);
      }),
    );
    const started = performance.now();
    for (const unit of ['g', 'gicv5_spi ', '2026-11-20T21:55:34Z ', '[', '1@1.000001:', '\u001b[0m', '0'])
      places(unit.repeat(1_000_000 / unit.length));
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
