/** `import --follow` as people run it: a process, a pipe, Ctrl-C. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TraceReader } from '../../../core/trace/reader.ts';
import { countIn } from './count-in.ts';
import { run } from './support.ts';

const script = fileURLToPath(new URL('../../../scripts/gicscope.mjs', import.meta.url));
const event = (at: number): string => `cat-1 [000] d.h1. 78.00000${at}: irq_handler_entry: irq=14 name=arch_timer\n`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-follow-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const cli = (argv: readonly string[], stdin?: string) =>
  run(['import', ...argv, '-o', 't.gscope', '--follow'], { cwd: folder, ...(stdin === undefined ? {} : { stdin }) });

describe('import --follow', () => {
  it('reads a pipe to its end without a copy of it, and exits with 0', async () => {
    const { exit, stderr } = await cli(['-'], event(1) + event(2));
    expect([exit, stderr]).toEqual([0, expect.stringMatching(/^t\.gscope: 2 lines, 2 events, in /)]);
    expect(readdirSync(folder)).toEqual(['t.gscope']);
  });

  it('at Ctrl-C finishes the trace, with everything that came, and exits with 130', async () => {
    const child = spawn(process.execPath, [script, 'import', '-', '-o', 't.gscope', '--follow'], { cwd: folder });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const exited = exitOf(child);
    child.stdin.write(event(1) + event(2) + event(3));
    const path = join(folder, 't.gscope');
    while (!existsSync(path) || countIn(path) < 3) await sleep(20);
    child.kill('SIGINT');
    expect(await exited).toBe(130);
    expect(stderr).toMatch(/^stopped; what was imported is kept: t\.gscope: 3 lines, 3 events/);
    const reader = new TraceReader(path);
    expect([reader.count, reader.complete]).toEqual([3, true]);
    reader.close();
    expect(readdirSync(folder)).toEqual(['t.gscope']);
  });

  it('keeps what came of a log that is cut, says where, and exits with 3', async () => {
    const log = join(folder, 'a.log');
    writeFileSync(log, event(1) + event(2));
    const running = cli(['a.log']);
    const path = join(folder, 't.gscope');
    while (!existsSync(path) || countIn(path) < 2) await sleep(20);
    truncateSync(log, 10);
    const { exit, stderr } = await running;
    expect(exit).toBe(3);
    expect(stderr).toMatch(/t\.gscope: 2 lines, 2 events.*\nthe source ends early: .*became shorter .*to 10 \(/s);
  });

  it('refuses what it cannot do as wrong usage', async () => {
    expect(await cli(['a.log', 'b.log'])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('--follow reads one file or pipe') as string,
    });
    for (const more of [['--dry-run'], ['--offset', 'a.log=1ms']])
      expect(await cli(['a.log', ...more])).toMatchObject({
        exit: 2,
        stderr: expect.stringContaining('--follow goes neither with --offset nor with --dry-run') as string,
      });
  });
});

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.on('close', (code) => resolve(code));
  });
