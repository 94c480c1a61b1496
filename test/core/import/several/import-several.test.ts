/** Several recordings as one trace: order, clocks, offsets, and what belongs to whom. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ImportError, type ImportResult } from '../../../../core/import/import.ts';
import { importSeveral, type SeveralOptions } from '../../../../core/import/several/import-several.ts';
import { decompressed } from '../../../support/decompressed.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { scratch, scratchFile } from '../../../support/scratch.ts';

const data = (name: string): string => fileURLToPath(new URL(`../../../data/import/${name}`, import.meta.url));

const file = (name: string, lines: readonly string[]): string => scratchFile(name, `${lines.join('\n')}\n`);

async function merged(
  paths: readonly string[],
  options: SeveralOptions = {},
): Promise<{ sink: MemorySink; result: ImportResult }> {
  const sink = new MemorySink();
  return { sink, result: await importSeveral(paths, sink, options) };
}

const qemu = (micros: number, text: string): string => `2026-11-20T21:55:3${(micros / 1e6).toFixed(6)}Z ${text}`;
const entry = (seconds: number, irq = 9): string =>
  `          <idle>-0       [001] d.h1.  ${seconds.toFixed(6)}: irq_handler_entry: irq=${irq} name=virtio0`;
const sgi = (micros: number, cpu = 0): string =>
  qemu(micros, `gicv3_icc_iar1_read GICv3 ICC_IAR1 read cpu 0x${cpu} value 0x2`);

describe('logs of one emulator', () => {
  it('are one recording, its lines in the order of their time stamps', async () => {
    const even = file(
      'even.log',
      [10, 30, 50].map((at) => sgi(at)),
    );
    const odd = file(
      'odd.log',
      [20, 40].map((at) => sgi(at, 1)),
    );
    const { sink, result } = await merged([even, odd]);
    expect(sink.events.map(({ time, vcpu, line }) => [time, vcpu, line])).toEqual([
      [0, 0, 1],
      [10_000, 1, 2],
      [20_000, 0, 3],
      [30_000, 1, 4],
      [40_000, 0, 5],
    ]);
    expect(result.summary).toMatchObject({ gic: 'v3', vcpus: 2, lines: { read: 5, asEvents: 5 } });
    expect(result.summary.source.files).toEqual(['even.log', 'odd.log']);
  });

  it('merge to what one log of all says: a recording dealt to three files', async () => {
    const { importTrace } = await import('../../../../core/import/import.ts');
    const whole = new MemorySink();
    await importTrace(data('gicv3-smp4-noits-events.part.log.xz'), whole);
    const hands: string[][] = [[], [], []];
    // Lines of one time stay together, as a thread prints them.
    let hand = 0;
    let last = '';
    for (const text of whole.raw.slice(0, 6000)) {
      const stamp = text.slice(0, 27);
      if (stamp !== last) hand = (hand + 1) % 3;
      last = stamp;
      hands[hand]?.push(text);
    }
    const { sink } = await merged(hands.map((lines, i) => file(`hand${i}.log`, lines)));
    expect(sink.raw).toEqual(whole.raw.slice(0, 6000));
  });

  it('without time stamps are refused, since nothing tells their order', async () => {
    const bare = file('bare.log', ['gicv3_icc_iar1_read GICv3 ICC_IAR1 read cpu 0x0 value 0x2']);
    const caught = await merged([file('stamped.log', [sgi(1)]), bare]).catch((error: unknown) => error);
    expect(caught).toBeInstanceOf(ImportError);
    expect(String(caught)).toContain('bare.log: its lines have no time stamps');
  });
});

describe('recordings of two clocks', () => {
  const quick = (start: number): number[] => {
    // Irregular, as interrupts of devices are.
    const times: number[] = [];
    let state = 12_345;
    for (let at = start; times.length < 300;) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      at += 500 + (state % 20_000);
      times.push(at);
    }
    return times;
  };
  const acknowledged = file(
    'vm.log',
    quick(0).map((at) => sgi(at)),
  );

  it('are aligned by interrupts that both show', async () => {
    // The guest's clock is 100 s ahead, and each handler runs 30 µs after the acknowledge.
    const guest = file(
      'guest.txt',
      ['# tracer: nop', ...quick(0).map((at) => entry(100 + (at + 30) / 1e6))].slice(0, 200),
    );
    const { sink, result } = await merged([acknowledged, guest]);
    const kinds = sink.events.slice(0, 300).map(({ kind }) => kind);
    expect(kinds.slice(0, 4)).toEqual(['irq.acknowledge', 'host.event', 'irq.acknowledge', 'host.event']);
    const acknowledges = sink.ofKind('irq.acknowledge').map(({ time }) => time);
    const handlers = sink.ofKind('host.event').map(({ time }) => time);
    for (const [i, at] of handlers.entries()) expect(Math.abs(at - (acknowledges[i] ?? 0))).toBeLessThan(60_000);
    expect(result.summary.source.facts['guest.txt: begins']).toMatch(/interrupts that both show$/);
  });

  it('begin together where nothing says more, and the facts say so', async () => {
    const other = file('other.txt', ['# tracer: nop', ...Array.from({ length: 40 }, (_, i) => entry(5 + i * 0.37))]);
    const { sink, result } = await merged([acknowledged, other]);
    expect(sink.ofKind('host.event')[0]?.time).toBe(0);
    expect(result.summary.source.facts['other.txt: begins']).toContain('--offset says otherwise');
  });

  it('are as far apart as the user says', async () => {
    const guest = file('late.txt', ['# tracer: nop', entry(7), entry(8)]);
    const { sink } = await merged([acknowledged, guest], { offsets: [undefined, 1_500_000] });
    expect(sink.ofKind('host.event').map(({ time }) => time)).toEqual([1_500_000, 1_001_500_000]);
    const early = await merged([acknowledged, guest], { offsets: [undefined, -1_000_000] });
    expect(early.sink.ofKind('host.event')[0]?.time).toBe(0);
    expect(early.sink.ofKind('irq.acknowledge')[0]?.time).toBe(1_000_000);
  });
});

describe('recordings side by side', () => {
  it('that have one name are told apart by their folders, each with its own facts', async () => {
    const folders = ['host', 'guest'].map((name) => join(scratch(), name));
    const paths = folders.map((folder) => join(folder, 'trace.txt'));
    for (const [i, folder] of folders.entries()) {
      mkdirSync(folder);
      writeFileSync(paths[i] ?? '', `# tracer: nop\n${entry(5 + i)}\n`);
    }
    const { sink, result } = await merged(paths);
    const { files, facts } = result.summary.source;
    expect(files).toEqual(['host/trace.txt', 'guest/trace.txt']);
    expect(facts['host/trace.txt: first time stamp']).toBe('5.000000000 s');
    expect(facts['guest/trace.txt: first time stamp']).toBe('6.000000000 s');
    expect(sink.events.map(({ detail }) => detail?.['file'])).toEqual([undefined, 'guest/trace.txt']);
  });

  it('keep what each proves: slots of the second that the first has too are its own', async () => {
    const one = file('one.log', [
      qemu(1, 'gicv3_redist_set_irq GICv3 redistributor 0x0 interrupt 27 level changed to 1'),
    ]);
    const two = file('two.log', [
      qemu(2, 'gicv3_redist_set_irq GICv3 redistributor 0x0 interrupt 27 level changed to 0'),
    ]);
    const { sink } = await merged([one, two], { offsets: [undefined, 0] });
    expect(sink.value('vcpu0.irq.ppi27.line')).toBe(1n);
    expect(sink.value('file2.vcpu0.irq.ppi27.line')).toBe(0n);
    expect(sink.fields.filter(({ field }) => field === 'line').length).toBe(1);
    expect(sink.events.map(({ detail }) => detail?.['file'])).toEqual([undefined, 'two.log']);
  });

  it('of a host and its guest are in the order of time, records of the binary one by number', async () => {
    const { sink, result } = await merged([data('arch_timer.trace.dat.xz'), data('raw-arch_timer.trace.txt.xz')]);
    let last = 0;
    for (const { time } of sink.events) {
      expect(time).toBeGreaterThanOrEqual(last);
      last = time;
    }
    const { lines } = result.summary;
    expect(sink.raw.length).toBe(lines?.read);
    expect(sink.events.find(({ detail }) => detail?.['file'] === undefined)?.detail?.['record']).toBe(1);
    const text = sink.events.find(({ detail }) => detail?.['file'] === 'raw-arch_timer.trace.txt.xz');
    expect(sink.raw[(text?.line ?? 0) - 1]).toContain(text?.source ?? '?');
    expect(result.format).toBe('trace.dat+ftrace');
    expect(result.events).toBe(sink.events.length);
  });

  it('are not whole where one of them is torn, and the fact that says so names it', async () => {
    const torn = join(scratch(), 'torn.txt.gz');
    const packed = gzipSync(
      `# tracer: nop\n${Array.from({ length: 300 }, (_, i) => entry(100 + i * 0.37)).join('\n')}`,
    );
    writeFileSync(torn, packed.subarray(0, packed.length - 500));
    const { result } = await merged([data('raw-arch_timer.trace.txt.xz'), torn], { keepPartial: true });
    expect(result.summary.source.facts['ends early']).toMatch(/torn\.txt\.gz: the gzip data ends too early/);

    const tornXz = join(scratch(), 'torn.log.xz');
    writeFileSync(tornXz, readFileSync(data('gicv3-smp4-noits-events.part.log.xz')).subarray(0, 20_000));
    await expect(merged([data('raw-arch_timer.trace.txt.xz'), tornXz])).rejects.toThrow('the xz data ends too');
    const kept = await merged([data('raw-arch_timer.trace.txt.xz'), tornXz], { keepPartial: true });
    expect(kept.result.summary.source.facts['ends early']).toMatch(/torn\.log\.xz: the xz data ends too early/);

    const tornDat = join(scratch(), 'torn.dat');
    writeFileSync(tornDat, (await decompressed(data('arch_timer.trace.dat.xz'))).subarray(0, -300));
    const last = await merged([data('raw-arch_timer.trace.txt.xz'), tornDat]);
    expect(last.result.summary.source.facts['ends early']).toMatch(/^torn\.dat: the file is cut short, before its/);
  });

  it('stop together when asked, and fail with the one that fails', async () => {
    const stop = new AbortController();
    stop.abort();
    const stopped = merged([data('gicv3-smp4-noits-events.part.log.xz'), data('raw-arch_timer.trace.txt.xz')], {
      stop: stop.signal,
    });
    await expect(stopped).rejects.toThrow('not one event');
    const broken = file('broken.txt', ['# tracer: nop', 'nothing that is an event']);
    await expect(merged([data('raw-arch_timer.trace.txt.xz'), broken])).rejects.toThrow('broken.txt: not one event');
  });
});
