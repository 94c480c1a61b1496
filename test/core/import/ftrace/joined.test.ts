/** Buffers of single CPUs, one behind the other or in files of their own: the events are those of the text of all CPUs. */
import { fileURLToPath } from 'node:url';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ImportInput, importTrace, openFollowed } from '../../../../core/import/import.ts';
import { planImport } from '../../../../core/import/plan.ts';
import { importSeveral } from '../../../../core/import/several/import-several.ts';
import { openSource } from '../../../../core/import/source/source.ts';
import { type NewEvent } from '../../../../core/trace/kinds.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { scratchFile } from '../../../support/scratch.ts';

const REPORT = fileURLToPath(new URL('../../../data/import/arch_timer.report-N.txt.xz', import.meta.url));

const header = (cpus: number): string =>
  `# tracer: nop\n#\n# entries-in-buffer/entries-written: 9/12   #P:${cpus}\n#\n`;
const at = (cpu: number, seconds: number, text = 'irq_handler_exit: irq=3 ret=handled'): string =>
  `              sh-1       [00${cpu}] d..1.  ${seconds.toFixed(6)}: ${text}\n`;

async function read(input: ImportInput) {
  const sink = new MemorySink();
  const { summary } = await importTrace(input, sink);
  return { events: sink.events, raw: sink.raw, facts: summary.source.facts, lines: summary.lines };
}
const piped = (content: string | Uint8Array): ImportInput => ({
  name: 'trace',
  stream: Readable.from([Buffer.from(content)]),
});
const times = (events: readonly NewEvent[]): number[] => events.map(({ time }) => time);

describe('a recording whose CPUs stand one behind the other', () => {
  /** Of the recording, with times that all differ, so that there is one order. */
  let whole = '';
  let joined = '';

  beforeAll(async () => {
    const source = await openSource(REPORT);
    let text = '';
    for await (const chunk of source.chunks) text += Buffer.from(chunk).toString('utf8');
    await source.close();
    const lines = text.split('\n').filter((line) => / \[00\d\] /.test(line));
    const distinct = lines
      .slice(0, 4000)
      .map((line, i) => line.replace(/\d+\.\d{6}:/, `100.${String(i).padStart(6, '0')}:`));
    whole = distinct.join('\n');
    const cpus = [...new Set(distinct.map((line) => /\[(\d+)\]/.exec(line)?.[1] ?? ''))];
    expect(cpus.length).toBeGreaterThan(1);
    joined = cpus.map((cpu) => distinct.filter((line) => line.includes(`[${cpu}]`)).join('\n')).join('\n');
  });

  it('has the events of one of all CPUs, plain and compressed', async () => {
    const expected = await read(piped(whole));
    for (const input of [scratchFile('joined.txt', joined), scratchFile('joined.gz', gzipSync(joined))]) {
      const found = await read(input);
      expect(found.events).toEqual(expected.events);
      expect(found.raw).toEqual(expected.raw);
      expect(found.lines).toEqual(expected.lines);
      expect(found.facts['merged']).toMatch(
        /^by time, from \d buffers of single CPUs, which stand one behind the other/,
      );
      expect(found.facts['clock ran backwards']).toBeUndefined();
    }
  });
});

describe('a pipe', () => {
  it('is read as it comes while only one CPU has shown itself, and says what a file would do', async () => {
    const long = Array.from({ length: 1000 }, (_, i) => at(0, 1 + i)).join('');
    const { facts } = await read(piped(long + at(1, 5) + at(1, 6)));
    expect(facts['merged']).toBeUndefined();
    expect(facts['clock ran backwards']).toContain('merged where each CPU has one, in a file or behind a header');
  });
});

describe('a pipe that begins with a header', () => {
  const long = header(2) + Array.from({ length: 1000 }, (_, i) => at(0, 1 + i)).join('');
  const two = header(2) + at(1, 1.5) + at(1, 2.5);

  it('is a complete text, so its CPUs are merged however far behind the second one begins', async () => {
    const { facts, events } = await read(piped(long + two));
    expect(facts['merged']).toContain('from 2 buffers');
    expect(times(events.slice(0, 4))).toEqual([0, 0.5e9, 1e9, 1.5e9]);
  });

  it('keeps its order while it is followed', async () => {
    const sink = new MemorySink();
    const { signal } = new AbortController();
    const stream = Readable.from([Buffer.from(header(2) + at(0, 1) + at(0, 3) + header(2) + at(1, 2))]);
    const followed = await openFollowed(
      { name: 'trace', stream },
      { stop: signal, tick: () => undefined, everyMs: 10, known: () => undefined },
    );
    const { summary } = (await followed?.read(sink)) ?? {};
    expect(summary?.source.facts['merged']).toBeUndefined();
    expect(sink.events.map(({ detail }) => detail?.['CPU'])).toEqual([0, 0, 1]);
  });
});

describe('runs of single CPUs', () => {
  it('keep what stands between their events, and say once what the recorder overwrote, which each header counts', async () => {
    const { raw, facts, lines } = await read(
      piped(`${header(2)}${at(0, 1)}${at(0, 3)} => el0_svc\n${header(2)}CPU:1 [LOST 5 EVENTS]\n${at(1, 2)}${at(1, 4)}`),
    );
    expect(raw.slice(8).map((line) => /\d\.0{6}|LOST|=>/.exec(line)?.[0])).toEqual([
      'LOST',
      '1.000000',
      '2.000000',
      '3.000000',
      '=>',
      '4.000000',
    ]);
    expect(facts['overwritten']).toBe('3 events at the beginning, by the recorder');
    expect(lines).toMatchObject({ read: 14, asEvents: 5, skipped: 9 });
  });

  it('are none where a CPU comes again: two recordings, one behind the other', async () => {
    const { events, facts } = await read(piped(`${header(2)}${at(0, 5)}${at(1, 6)}${header(2)}${at(0, 1)}${at(1, 2)}`));
    expect(facts['merged']).toBeUndefined();
    expect(facts['overwritten']).toBe('6 events at the beginning, by the recorder');
    expect(facts['clock ran backwards']).toContain('before 2 events');
    expect(events).toHaveLength(4);
  });

  it('are left as they are where they follow each other, and where only one is there', async () => {
    const order = await read(piped(at(0, 1) + at(0, 2) + at(1, 3) + at(1, 4)));
    expect([order.facts['merged'], times(order.events)]).toEqual([undefined, [0, 1e9, 2e9, 3e9]]);
    const one = await read(piped(at(0, 1) + at(0, 2)));
    expect(one.facts['merged']).toBeUndefined();
  });

  it('are merged within their first thousandth of a second only behind a header', async () => {
    const bare = await read(piped(at(0, 1) + at(0, 1.0005) + at(1, 1.0002)));
    expect(bare.facts['clock ran backwards']).toContain('before 1 events');
    const headed = await read(piped(header(2) + at(0, 1) + at(0, 1.0005) + header(2) + at(1, 1.0002)));
    expect(times(headed.events)).toEqual([0, 200_000, 500_000]);
  });
});

describe('files of single CPUs', () => {
  const of = (name: string, cpus: number, cpu: number, ...seconds: readonly number[]): string =>
    scratchFile(name, (cpus > 0 ? header(cpus) : '') + seconds.map((second) => at(cpu, second)).join(''));

  it('of one machine are one recording in the order of time', async () => {
    const paths = [of('zero', 2, 0, 1, 3), of('one', 2, 1, 2, 4)];
    expect((await planImport(paths)).recordings).toEqual([{ files: [0, 1], placed: 'the reference' }]);
    const sink = new MemorySink();
    const { summary } = await importSeveral(paths, sink);
    expect(sink.events.map(({ time, detail }) => [time, detail?.['CPU'], detail?.['file']])).toEqual([
      [0, 0, undefined],
      [1e9, 1, undefined],
      [2e9, 0, undefined],
      [3e9, 1, undefined],
    ]);
    expect(summary.source.facts['merged']).toBe(
      'by time, from 2 files of single CPUs; lines are numbered in that order',
    );
  });

  it('are told by their names where they have no header', async () => {
    const recordings = async (...paths: string[]): Promise<number> => (await planImport(paths)).recordings.length;
    expect(await recordings(of('cpu0.txt', 0, 0, 1), of('cpu1.txt', 0, 1, 2))).toBe(1);
    expect(await recordings(of('a.txt', 0, 0, 1), of('b.txt', 0, 1, 2))).toBe(2);
  });

  it('are apart where nothing says that they are of one machine', async () => {
    const recordings = async (...paths: string[]): Promise<number> => (await planImport(paths)).recordings.length;
    // The only CPU of a guest, and one CPU of its host.
    expect(await recordings(of('host', 8, 3, 1), of('guest', 1, 0, 2))).toBe(2);
    expect(await recordings(of('one', 2, 1, 1), of('again', 2, 1, 2))).toBe(2);
    const all = scratchFile('all', header(2) + at(0, 1) + at(1, 2) + at(0, 3));
    expect(await recordings(of('two', 2, 1, 1), all)).toBe(2);
  });
});
