/** `import --dry-run` as people run it: what files are, how they fit, what is in the way; and nothing is written. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SHAPES } from '../../../core/cli/shapes.ts';
import { run } from './support.ts';

const QEMU = '2026-11-20T21:55:32.992100Z arm_cpu_reset cpu 0\n2026-11-20T21:55:32.992200Z arm_cpu_reset cpu 1\n';
const FTRACE = `          <idle>-0       [001] d.h1. 78.000100: irq_handler_entry: irq=14 name=arch_timer\n`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-dry-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const put = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content);
const dry = (files: readonly string[], more: readonly string[] = [], stdin?: string) =>
  run(['import', ...files, '-o', 't.gscope', '--dry-run', ...more], {
    cwd: folder,
    ...(stdin === undefined ? {} : { stdin }),
  });

describe('import --dry-run', () => {
  it('says what each file is, which are one recording, and how their times are brought together', async () => {
    put('a.log', QEMU);
    put('b.log.gz', gzipSync(QEMU));
    put('guest.txt', FTRACE);
    const { exit, stdout, stderr } = await dry(['a.log', 'guest.txt', 'b.log.gz']);
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^a\.log: QEMU trace log: 2 of the first 2 lines/),
      expect.stringMatching(/^guest\.txt: ftrace text/),
      expect.stringMatching(/^b\.log\.gz: QEMU trace log, gzip: /),
      'recording 1: a.log, b.log.gz, merged line by line; times are the reference',
      expect.stringMatching(/^recording 2: guest\.txt; times by interrupts that both show/),
      'would be imported to t.gscope',
      '',
    ]);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it('needs no output', async () => {
    put('a.log', QEMU);
    const plain = await run(['import', 'a.log', '--dry-run'], { cwd: folder });
    expect([plain.exit, plain.stderr]).toEqual([0, '']);
    expect(plain.stdout.split('\n').slice(1)).toEqual(['can be imported: -o TRACE says where to', '']);
    const { stdout } = await run(['import', 'a.log', '--dry-run', '--json'], { cwd: folder });
    expect(SHAPES.importPlan.parse(JSON.parse(stdout))).toMatchObject({ output: null, there: null, problem: null });
    const doing = await run(['import', 'a.log'], { cwd: folder });
    expect(doing).toMatchObject({ exit: 2, stderr: expect.stringContaining("'-o, --output <TRACE>'") as string });
    expect(readdirSync(folder)).toEqual(['a.log']);
  });

  it('says of what cannot be imported why, once with its name, also of standard input', async () => {
    put('perf.data', 'PERFILE2xxxx');
    put('a.log', QEMU);
    const mixed = await dry(['perf.data', 'a.log', '-'], [], '$date today $end\n');
    expect(mixed.exit).toBe(3);
    expect(mixed.stdout.split('\n')).toEqual([
      expect.stringMatching(/^perf\.data: this is a perf\.data file\. Convert it first: perf script/),
      expect.stringMatching(/^a\.log: QEMU trace log/),
      expect.stringMatching(/^standard input: this is a VCD waveform/),
      '',
    ]);
    put('b.log', QEMU.replaceAll(/^\S+ /gm, ''));
    const unordered = await dry(['a.log', 'b.log']);
    expect(unordered).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('b.log: its lines have no time') as string,
    });
  });

  it('says what is in the way, and where registers would be', async () => {
    put('a.txt', FTRACE);
    await run(['import', 'a.txt', '-o', 't.gscope'], { cwd: folder });
    const frames = await dry(['a.txt'], ['--frames', 'GICD=0x8000000,GICR=0x80a0000']);
    expect(frames.stdout).toMatch(
      /^register frames: GICD 0x8000000, GICR 0x80a0000 \(from the user\)\nwould be imported to t\.gscope, which exists and is complete: --overwrite/m,
    );
    put('a.log', QEMU);
    const log = await dry(['a.log'], ['--frames', 'GICD=0x8000000']);
    expect(log.stdout).toMatch(/\(from the user\); not needed.*\n.*which exists and is something else/);
    expect(await dry(['a.txt'], ['--dtb', 'a.txt'])).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/a\.txt.*no device tree blob/) as string,
    });
  });

  it('is one document with --json', async () => {
    put('a.txt', FTRACE);
    const { stdout } = await dry(['a.txt'], ['--json']);
    expect(SHAPES.importPlan.parse(JSON.parse(stdout))).toMatchObject({
      files: [{ file: 'a.txt', format: 'ftrace' }],
      recordings: [{ files: ['a.txt'] }],
      output: 't.gscope',
      there: null,
      problem: null,
    });
  });
});

describe('import', () => {
  it('merges the logs of a hundred threads, and says how many are too many', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `vm${i}.log`);
    for (const [i, name] of names.entries())
      put(name, `2026-11-20T21:55:3${(i % 10).toFixed(6)}Z arm_cpu_reset cpu ${i % 2}\n`);
    const { exit, stderr } = await run(['import', ...names, '-o', 't.gscope'], { cwd: folder });
    expect([exit, stderr]).toEqual([0, expect.stringMatching(/^t\.gscope: 100 lines, 100 events/)]);
    const tooMany = await dry(Array.from({ length: 1025 }, () => 'vm0.log'));
    expect(tooMany).toMatchObject({ exit: 2, stderr: expect.stringContaining('1,025 files; at most 1,024') as string });
  });

  it('calls standard input by its name where it is refused', async () => {
    const empty = await run(['import', '-', '-o', 't.gscope'], { cwd: folder, stdin: '' });
    expect(empty).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/^gicscope: standard input: the file is empty/) as string,
    });
  });
});
