/** What an import would do, said before it is done: the rules are those that the import then follows. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { planImport } from '../../../core/import/plan.ts';
import { scratch, scratchFile } from '../../support/scratch.ts';

const QEMU = '2026-11-20T21:55:32.992100Z arm_cpu_reset cpu 0\n2026-11-20T21:55:32.992200Z arm_cpu_reset cpu 1\n';
const FTRACE = `# tracer: nop\n          <idle>-0       [001] d.h1. 78.000100: irq_handler_entry: irq=14 name=arch_timer\n`;

describe('the plan of an import', () => {
  it('merges the logs of one emulator and places another recording beside them', async () => {
    const files = [
      scratchFile('a.log', QEMU),
      scratchFile('guest.txt', FTRACE),
      scratchFile('b.log.gz', gzipSync(QEMU)),
    ];
    const plan = await planImport(files);
    expect(plan.problem).toBeUndefined();
    expect(plan.files.map(({ format }) => format?.id)).toEqual(['qemu-log', 'ftrace', 'qemu-log']);
    expect(plan.files[2]?.message).toMatch(/gzip: /);
    expect(plan.recordings).toEqual([
      { files: [0, 2], placed: 'the reference' },
      { files: [1], placed: expect.stringContaining('interrupts that both show') as string },
    ]);
  });

  it('keeps a file with an offset of its own apart', async () => {
    const files = [scratchFile('a.log', QEMU), scratchFile('b.log', QEMU), scratchFile('c.log', QEMU)];
    const plan = await planImport(files, { offsets: [undefined, 1_500_000, undefined] });
    expect(plan.recordings).toEqual([
      { files: [0, 2], placed: 'the reference' },
      { files: [1], placed: 'by the offset given' },
    ]);
  });

  it('says of each file that cannot be imported why, and of the whole that it cannot', async () => {
    const files = [
      scratchFile('a.log', QEMU),
      scratchFile('perf.data', 'PERFILE2xxxxxxxx'),
      join(scratch(), 'nowhere'),
    ];
    const plan = await planImport(files);
    expect(plan.files.map(({ format }) => format === undefined)).toEqual([false, true, true]);
    expect(plan.files[1]?.message).toMatch(/perf\.data file.*perf script/);
    expect(plan.files[2]?.message).toMatch(/nowhere: there is no such file/);
    expect(plan.problem).toBe('2 of 3 files cannot be imported');
  });

  it('refuses to merge lines that nothing orders', async () => {
    const unstamped = QEMU.replaceAll(/^\S+ /gm, '');
    const plan = await planImport([scratchFile('a.log', unstamped), scratchFile('b.log', unstamped)]);
    expect(plan.problem).toMatch(/a\.log: its lines have no time stamps/);
  });
});
