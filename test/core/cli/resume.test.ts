/** `import --resume` as people run it: after kill -9, the same command again makes what an unbroken import had made. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserNotes } from '../../../core/session/user-notes.ts';
import { seq } from '../../../core/state/brand.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { countIn } from './count-in.ts';
import { run } from './support.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const LOG = at('test/data/import/gicv2-smp2.part.log.xz');

let folder = '';
let trace = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-resume-'));
  trace = join(folder, 't.gscope');
});
afterEach(() => rmSync(folder, { recursive: true }));

const cli = (argv: readonly string[], stdin?: string) =>
  run(['import', ...argv], { cwd: folder, ...(stdin === undefined ? {} : { stdin }) });
const start = (argv: readonly string[]): ChildProcess =>
  spawn(process.execPath, [at('scripts/gicscope.ts'), 'import', ...argv], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
async function kill(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** All that two traces of the same recording have in common. */
function content(path: string): unknown {
  const reader = new TraceReader(path);
  try {
    const { events, lines, kinds, interrupts, names, stateDigest, complete } = reader.info();
    const list = reader.eventList(seq(0), 100_000);
    return { events, lines, kinds, interrupts, names, stateDigest, complete, list };
  } finally {
    reader.close();
  }
}

describe('import --resume', () => {
  it('finishes an import that was killed, with the trace of an unbroken one, and then has nothing to do', async () => {
    const partial = `${trace}.partial`;
    const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const child = start([LOG, '-o', 't.gscope']);
    while (child.exitCode === null && size(partial) + size(`${partial}-wal`) < 100_000) await pause(2);
    await kill(child);
    const again = await cli([LOG, '-o', 't.gscope', '--resume']);
    expect(again.exit, again.stderr).toBe(0);
    expect(readdirSync(folder)).toEqual(['t.gscope']);
    await cli([LOG, '-o', 'unbroken.gscope']);
    expect(content(trace)).toEqual(content(join(folder, 'unbroken.gscope')));
    const third = await cli([LOG, '-o', 't.gscope', '--resume']);
    expect([third.exit, third.stderr]).toEqual([
      0,
      expect.stringMatching(/^t\.gscope is complete: [\d,]+ events, nothing/),
    ]);
  });

  it('imports as ever where there is nothing to resume, and replaces no trace of other files', async () => {
    writeFileSync(join(folder, 'a.log'), lines(1, 4));
    expect(await cli(['a.log', '-o', 't.gscope', '--resume'])).toMatchObject({ exit: 0 });
    writeFileSync(join(folder, 'b.log'), lines(1, 4));
    expect(await cli(['b.log', '-o', 't.gscope', '--resume'])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('t.gscope was made from a.log') as string,
    });
    const both = await cli(['a.log', '-o', 't.gscope', '--resume', '--overwrite']);
    expect(both).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('either --resume or --overwrite') as string,
    });
  });
});

const line = (n: number): string =>
  `          <idle>-0       [001] d.h1. ${(78 + n / 1000).toFixed(6)}: irq_handler_entry: irq=14 name=arch_timer\n`;
const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => line(from + i)).join('');

describe('import --follow --resume', () => {
  const follow = ['-', '-o', 't.gscope', '--follow'];

  it('goes on with what came through a pipe before it was killed, and keeps what people marked', async () => {
    const child = start(follow);
    child.stdin?.write(lines(0, 3000));
    while (countIn(trace) < 3000) await pause(20);
    await kill(child);
    new UserNotes(trace).saveBookmark({ id: 0, seq: 2000, note: 'here' });
    const { exit, stderr } = await cli([...follow, '--resume'], lines(3000, 3010));
    expect([exit, stderr]).toEqual([0, expect.stringMatching(/^t\.gscope: 3,010 lines, 3,010 events/)]);
    expect(readdirSync(folder)).toEqual(['t.gscope']);
    expect(new UserNotes(trace).bookmarks()).toEqual([{ id: 1, seq: 2000, note: 'here' }]);
    await cli(['-', '-o', 'unbroken.gscope', '--follow'], lines(0, 3010));
    expect(content(trace)).toEqual(content(join(folder, 'unbroken.gscope')));
  });

  it('goes on with one that was finished, and after a resumption that was killed before it had all old lines', async () => {
    await cli(follow, lines(0, 500));
    // What such a resumption leaves: the old trace aside, and a beginning of it under the name.
    await cli(['-', '-o', 't.gscope.partial', '--follow'], lines(0, 500));
    rmSync(trace);
    await cli(follow, lines(0, 20));
    expect((await cli([...follow, '--resume'], lines(500, 501))).exit).toBe(0);
    expect([countIn(trace), existsSync(`${trace}.partial`)]).toEqual([501, false]);
  });

  it('reads a file again, unless it is not the one any more', async () => {
    writeFileSync(join(folder, 'a.log'), lines(0, 10));
    const again = ['a.log', '-o', 't.gscope', '--follow', '--resume'];
    await cli(['-', '-o', 't.gscope', '--follow'], lines(0, 8));
    const child = start(again);
    while (countIn(trace) < 10) await pause(20);
    child.kill('SIGINT');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(countIn(trace)).toBe(10);
    writeFileSync(join(folder, 'a.log'), lines(5, 30));
    expect(await cli(again)).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(
        /line 1 of .*a\.log is not that of .*t\.gscope: the file was replaced since/,
      ) as string,
    });
    expect(countIn(trace)).toBe(10);
  });

  it('leaves the trace as it is when what comes next cannot be followed', async () => {
    const packed = gzipSync(lines(0, 3));
    writeFileSync(join(folder, 'a.gz'), packed);
    await cli(['-', '-o', 't.gscope', '--follow'], lines(0, 3));
    const { exit, stderr } = await cli(['a.gz', '-o', 't.gscope', '--follow', '--resume']);
    expect([exit, stderr]).toEqual([2, expect.stringMatching(/line 1 of .*a\.gz is not that of|cannot be followed/)]);
    expect([countIn(trace), readdirSync(folder).toSorted()]).toEqual([3, ['a.gz', 't.gscope']]);
    const forced = await cli(['-', '-o', 't.gscope', '--follow', '--resume', '--format', 'trace.dat'], lines(3, 4));
    expect([forced.exit, forced.stderr]).toEqual([2, expect.stringContaining('cannot be followed')]);
    expect([countIn(trace), readdirSync(folder).toSorted()]).toEqual([3, ['a.gz', 't.gscope']]);
  });

  it('refuses to go on with a trace that has no lines', async () => {
    await cli([at('test/data/import/arch_timer.trace.dat.xz'), '-o', 't.gscope']);
    expect(await cli([...follow, '--resume'], lines(0, 1))).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('was not made from the text of one source') as string,
    });
  });
});
