/** What the thread that prints a line proves, told by the line's beginning or by the file it is in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { importSeveral } from '../../../../../core/import/several/import-several.ts';
import { MemorySink } from '../../../../support/memory-sink.ts';
import { acknowledge, candidate, importLines, LPI8, machine, offer, timer } from '../../../../support/qemu-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'gicscope-threads-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A line of a thread at a time in microseconds. */
type Line = readonly [thread: number, micros: number, text: string];

const pmr = (cpu: number): string => `gicv3_icc_pmr_read GICv3 ICC_PMR read cpu 0x${cpu.toString(16)} value 0xf0`;
const distributor = 'gicv3_dist_write GICv3 distributor write: offset 0x104 data 0x2 size 4 secure 0';
const prefixed = (lines: readonly Line[]): string[] =>
  lines.map(([thread, micros, text]) => `${thread}@1700000000.${String(micros).padStart(6, '0')}:${text}`);

/** The same as a set of one file for each thread. */
async function importSet(lines: readonly Line[]): Promise<MemorySink & { readonly threads: string | undefined }> {
  const files = new Map<number, string[]>();
  for (const [thread, micros, text] of lines) {
    const file = files.get(thread) ?? [];
    files.set(thread, file);
    file.push(`2026-11-20T21:55:34.${String(micros).padStart(6, '0')}Z ${text}`);
  }
  const paths = [...files].map(([thread, texts]) => {
    const path = join(folder, `log.${thread}`);
    writeFileSync(path, `${texts.join('\n')}\n`);
    return path;
  });
  const sink = new MemorySink();
  const { summary } = await importSeveral(paths, sink);
  return Object.assign(sink, { threads: summary.source.facts['threads'] });
}

const SHOWN: readonly Line[] = [
  [21, 1, pmr(0)],
  [22, 2, pmr(1)],
  [21, 3, pmr(0)],
];

describe('a thread that speaks as one vCPU beside another', () => {
  const lines: readonly Line[] = [
    ...SHOWN,
    [22, 10, timer.control(1)],
    [22, 10, timer.deadline(99)],
    [21, 20, distributor],
    [20, 30, timer.never()],
    [20, 30, timer.output(1)],
  ];

  it('prints the lines of that vCPU, and the main loop those of nobody', async () => {
    const { vcpu, result } = await importLines(prefixed(lines));
    expect([4, 5, 6, 7, 8].map(vcpu)).toEqual([1, 1, 0, undefined, undefined]);
    expect(result.summary.source.facts['threads']).toBe('thread 21 is vCPU 0, thread 22 is vCPU 1');
  });

  it('is told by its file as well', async () => {
    const { events, threads } = await importSet(lines);
    expect(events.map(({ vcpu }) => vcpu)).toEqual([0, 1, 0, 1, 1, 0, undefined, undefined]);
    expect(threads).toBe('log.21 is vCPU 0, log.22 is vCPU 1');
  });

  it('is a vCPU’s by an LPI that it acknowledges and that was offered to that vCPU alone', async () => {
    const take = (thread: number, micros: number, cpu: number): Line[] => [
      [thread, micros, acknowledge(LPI8)],
      [thread, micros, `gicv5_activate GICv5 IRS Activate NonSecure LPI virtual:0 ID 8`],
      [thread, micros, offer(cpu, 0)],
    ];
    const { vcpu } = await importLines(
      prefixed([
        [20, 1, machine(2)],
        ...take(21, 2, 0),
        ...take(22, 3, 1),
        ...take(21, 4, 0),
        [22, 5, timer.control(1)],
      ]),
    );
    expect(vcpu(11)).toBe(1);
  });
});

describe('threads prove nothing', () => {
  it('while only one has spoken as a vCPU, which may play them all', async () => {
    const { vcpu, result } = await importLines(
      prefixed([
        [21, 1, pmr(0)],
        [21, 2, distributor],
        [21, 3, pmr(0)],
      ]),
    );
    expect(vcpu(2)).toBeUndefined();
    expect(result.summary.source.facts['threads']).toBe('nothing shows that each vCPU has a thread of its own');
  });

  it('where one plays all vCPUs in turn', async () => {
    const { vcpu, result } = await importLines(
      prefixed([
        [21, 1, pmr(0)],
        [21, 2, pmr(1)],
        [21, 3, pmr(0)],
        [21, 4, distributor],
      ]),
    );
    expect(vcpu(4)).toBeUndefined();
    expect(result.summary.source.facts['threads']).toContain('thread 21 speaks as several vCPUs and proves nothing');
  });

  it('in the pieces of a log, which follow each other', async () => {
    const { events } = await importSet([
      [1, 1, pmr(0)],
      [1, 2, pmr(0)],
      [2, 3, pmr(1)],
      [2, 4, distributor],
      [2, 5, pmr(1)],
    ]);
    expect(events[3]?.vcpu).toBeUndefined();
  });

  it('from the line on that contradicts them', async () => {
    const { vcpu, result } = await importLines(
      prefixed([...SHOWN, [21, 4, distributor], [21, 5, pmr(1)], [21, 6, distributor], [22, 7, distributor]]),
    );
    expect([vcpu(4), vcpu(6), vcpu(7)]).toEqual([0, undefined, 1]);
    expect(result.summary.source.facts['threads']).toContain('thread 21 speaks as several vCPUs');
  });
});

describe('lines of several threads that stand among each other', () => {
  it('are those of each thread’s own action', async () => {
    const [secure = '', ...others] = candidate(0);
    const { vcpu, result } = await importLines(
      prefixed([
        ...SHOWN,
        [21, 10, timer.control(1)],
        [22, 10, secure],
        [21, 11, timer.deadline(99)],
        ...others.map((text): Line => [22, 11, text]),
      ]),
    );
    expect([vcpu(4), vcpu(6), vcpu(7)]).toEqual([0, 0, 1]);
    expect(result.summary.lines).toMatchObject({ read: 9, asEvents: 6, merged: 3, skipped: 0 });
  });
});
