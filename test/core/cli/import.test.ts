import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { progressText } from '../../../core/cli/progress.ts';
import { SHAPES } from '../../../core/cli/shapes.ts';
import { type TaskProgress } from '../../../core/session/contract.ts';
import { fakeBackend, INFO, openClose, run } from './support.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const running: TaskProgress = {
  task: 3,
  title: 'Import',
  state: 'running',
  phase: 'Decode',
  doneBytes: 25_000_000,
  totalBytes: 100_000_000,
  events: 500_000,
  eventsPerSecond: 212_345.6,
  output: null,
  error: null,
};

/** An import that reports `steps`, one after the other. */
function importing(steps: readonly Partial<TaskProgress>[], alsoOn: { cancel?: Partial<TaskProgress> } = {}) {
  const backend = fakeBackend({
    ...openClose,
    'import.start': ({ output }) => {
      // The first report comes before the answer to the call, as it may.
      const [first, ...rest] = steps;
      if (first !== undefined) backend.push({ ...running, ...first });
      setImmediate(() => {
        for (const step of rest) backend.push({ ...running, ...step });
      });
      return { task: 3, output };
    },
    'task.cancel': () => {
      setImmediate(() => backend.push({ ...running, ...alsoOn.cancel }));
      return {};
    },
  });
  return backend;
}
const done = { state: 'done', output: '/out/t.gscope' } as const;

describe('import', () => {
  it('passes which files were recorded inside the guest, and refuses one that is not there', async () => {
    const backend = importing([{}, done]);
    const files = ['import', 'a.log', 'dir/b.dat', 'c.txt', '-o', 't.gscope'];
    await run([...files, '--guest', 'b.dat,c.txt'], { backend, cwd: folder });
    expect(backend.calls[0]?.args).toMatchObject({ guests: [1, 2] });
    const wrong = await run([...files, '--guest', 'd.dat'], { backend: importing([]), cwd: folder });
    expect(wrong).toMatchObject({ exit: 2, stderr: expect.stringContaining('no such file among those') });
  });

  it('passes the offset of each file in nanoseconds, and refuses one of another file', async () => {
    const backend = importing([{}, done]);
    const files = ['import', 'a.log', 'dir/b.dat', '-o', 't.gscope'];
    await run([...files, '--offset', 'b.dat=-1.5ms'], { backend, cwd: folder });
    expect(backend.calls[0]?.args).toMatchObject({ offsets: [null, -1_500_000] });
    const wrong = await run([...files, '--offset', 'c.dat=1s'], { backend: importing([]), cwd: folder });
    expect(wrong).toMatchObject({ exit: 2, stderr: expect.stringContaining('no such file among those') });
    const unit = await run([...files, '--offset', 'b.dat=1m'], { backend: importing([]), cwd: folder });
    expect(unit).toMatchObject({ exit: 2, stderr: expect.stringContaining('FILE=OFFSET is expected') });
  });

  it('asks for the folder of a file that is named like another', async () => {
    const backend = importing([{}, done]);
    const files = ['import', 'host/trace.dat', 'guest/trace.dat', '-o', 't.gscope'];
    await run([...files, '--offset', 'guest/trace.dat=1s', '--guest', 'guest/trace.dat'], { backend, cwd: folder });
    expect(backend.calls[0]?.args).toMatchObject({ offsets: [null, 1_000_000_000], guests: [1] });
    const wrong = await run([...files, '--offset', 'trace.dat=1s'], { backend: importing([]), cwd: folder });
    expect(wrong).toMatchObject({ exit: 2, stderr: expect.stringContaining('several have this name') });
  });

  it('imports files to the trace named with -o and accounts for the lines on stderr', async () => {
    const backend = importing([{}, done]);
    const { exit, stdout, stderr } = await run(['import', 'a.log', '/b.log.xz', '-o', 't.gscope'], {
      backend,
      cwd: folder,
    });
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' });
    expect(stderr).toMatch(/^t\.gscope: 1,104 lines, 100 events, 4 lines skipped, in [\d.]+ \w+\n$/);
    expect(backend.calls[0]).toEqual({
      method: 'import.start',
      args: { files: [join(folder, 'a.log'), '/b.log.xz'], output: join(folder, 't.gscope'), overwrite: false },
    });
  });

  it('asks for what was said of torn files and vCPUs, and refuses numbers out of range', async () => {
    const backend = importing([done]);
    const command = ['import', 'a.log', '-o', 't.gscope', '--keep-partial', '--vcpus'];
    expect((await run([...command, '4'], { backend, cwd: folder })).exit).toBe(0);
    expect(backend.calls[0]?.args).toMatchObject({ keepPartial: true, vcpus: 4 });
    const refused = await run([...command, '0'], { backend, cwd: folder });
    expect(refused).toMatchObject({ exit: 2, stderr: expect.stringMatching(/from 1 to 512/) as string });
  });

  it('hears an end that is told before import.start answers', async () => {
    const { exit } = await run(['import', 'a.log', '-o', 't.gscope'], { backend: importing([done]), cwd: folder });
    expect(exit).toBe(0);
  });

  it('ignores the progress of other tasks', async () => {
    const backend = importing([{ task: 9, state: 'failed' }, { task: 9, state: 'failed' }, done]);
    expect((await run(['import', 'a.log', '-o', 't.gscope'], { backend, cwd: folder })).exit).toBe(0);
  });

  it('prints the new trace as JSON with --json', async () => {
    const backend = importing([done]);
    const { stdout } = await run(['import', 'a.log', '-o', 't.gscope', '--json', '--format', 'qemu-log'], {
      backend,
      cwd: folder,
    });
    expect(SHAPES.import.parse(JSON.parse(stdout))).toMatchObject({
      output: '/out/t.gscope',
      stopped: false,
      info: { schema: 1, events: INFO.events },
    });
    expect(backend.calls[0]?.args).toMatchObject({ format: 'qemu-log' });
  });

  it('refuses to replace a file unless told to', async () => {
    writeFileSync(join(folder, 't.gscope'), 'old');
    const argv = ['import', 'a.log', '-o', 't.gscope'];
    const refused = await run(argv, { backend: importing([done]), cwd: folder });
    expect([refused.exit, refused.stderr]).toEqual([
      2,
      'gicscope: t.gscope exists; --overwrite replaces it, or choose another name with -o\n',
    ]);
    const backend = importing([done]);
    expect((await run([...argv, '--overwrite'], { backend, cwd: folder })).exit).toBe(0);
    expect(backend.calls[0]?.args).toMatchObject({ overwrite: true });
  });

  it('refuses to put a trace in the place of a folder or a device', async () => {
    for (const [output, why] of [
      ['.', '. is a folder: give a file with -o'],
      ['/dev/null', '/dev/null is not a file: a trace cannot be written there'],
    ] as const) {
      const argv = ['import', 'a.log', '-o', output, '--overwrite'];
      const { exit, stderr } = await run(argv, { backend: importing([done]), cwd: folder });
      expect([exit, stderr]).toEqual([2, `gicscope: ${why}\n`]);
    }
  });

  it('fails with the message and code of the task', async () => {
    const error = { code: 'bad-input', message: 'a.log.xz, byte 4096: the compressed data end too early' };
    const backend = importing([{ state: 'failed', error }]);
    const { exit, stderr } = await run(['import', 'a.log.xz', '-o', 't.gscope'], { backend, cwd: folder });
    expect([exit, stderr]).toEqual([3, `gicscope: ${error.message}\n`]);
  });

  it('keeps what was imported at Ctrl-C, says so, and exits 130', async () => {
    const controller = new AbortController();
    const backend = importing([{}], { cancel: { state: 'cancelled', output: '/out/t.gscope' } });
    setTimeout(() => controller.abort(), 20);
    const options = { backend, cwd: folder, signal: controller.signal };
    const { exit, stderr } = await run(['import', 'a.log', '-o', 't.gscope'], options);
    expect(exit).toBe(130);
    expect(stderr).toMatch(/^stopped; what was imported is kept: t\.gscope: 1,104 lines, 100 events/);
    expect(backend.calls.filter(({ method }) => method === 'task.cancel')).toEqual([
      { method: 'task.cancel', args: { task: 3, keep: true } },
    ]);
  });

  it('says that nothing was kept when nothing was', async () => {
    const controller = new AbortController();
    const backend = importing([{}], { cancel: { state: 'cancelled', output: null } });
    setTimeout(() => controller.abort(), 20);
    const options = { backend, cwd: folder, signal: controller.signal };
    const { exit, stderr } = await run(['import', 'a.log', '-o', 't.gscope'], options);
    expect([exit, stderr]).toEqual([130, 'stopped: nothing was imported, and no trace was written\n']);
  });

  it('leaves standard input to the backend, which reads it as it comes', async () => {
    const backend = importing([{}, done]);
    const { exit } = await run(['import', '-', '-o', 't.gscope'], { backend, cwd: folder, stdin: 'line 1\n' });
    expect([exit, backend.calls[0]?.args]).toEqual([0, expect.objectContaining({ files: ['-'] })]);
  });

  it('copies standard input that is one of several files, to a file that is gone afterwards', async () => {
    let text = '';
    let spooled = '';
    const backend = fakeBackend({
      ...openClose,
      'import.start': ({ files, output }) => {
        spooled = files[1] ?? '';
        text = readFileSync(spooled, 'utf8');
        backend.push({ ...running, ...done });
        return { task: 3, output };
      },
    });
    const argv = ['import', 'a.log', '-', '-o', 't.gscope'];
    const { exit } = await run(argv, { backend, cwd: folder, stdin: 'line 1\nline 2\n' });
    expect([exit, text, existsSync(spooled)]).toEqual([0, 'line 1\nline 2\n', false]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('draws progress on a terminal only', async () => {
    const steps = [{}, {}, done];
    const off = await run(['import', 'a.log', '-o', 't.gscope'], { backend: importing(steps), cwd: folder });
    expect(off.stderr).not.toContain('\r');
    const on = await run(['import', 'a.log', '-o', 't.gscope'], { backend: importing(steps), cwd: folder, tty: true });
    expect(on.stderr).toContain('Decode   25 % [██████░░░░░░░░░░░░░░░░░░]');
    // The line is wiped before the result is told.
    expect(on.stderr.split('\r').at(-1)?.startsWith('\u001b[2Kt.gscope: ')).toBe(true);
  });
});

describe('progress', () => {
  it('keeps the time left in sight on a narrow terminal', () => {
    for (const width of [50, 60, 72, 79, 100]) {
      const line = progressText(running, 2000, width);
      expect(line.length, line).toBeLessThanOrEqual(width);
      expect(line).toMatch(/\[█+░+\]  25\.0 MB · .*6 s left$/);
    }
    expect(progressText(running, 2000, 79)).toContain(' 500,000 events · ');
    expect(progressText(running, 2000, 64)).not.toContain(' 500,000 events · ');
    expect(progressText(running, 2000, 64)).toContain(' events/s · ');
  });

  it('tells rate and time left when the size is known', () => {
    expect(progressText(running, 2000)).toBe(
      'Decode   25 % [██████░░░░░░░░░░░░░░░░░░]  25.0 MB · 500,000 events · 212,346 events/s · 6 s left',
    );
    expect(progressText({ ...running, doneBytes: 1_000_000 }, 2000)).toContain('3:18 min left');
  });

  it('tells no time left when it knows too little', () => {
    expect(progressText(running, 100)).not.toContain('left');
    expect(progressText({ ...running, totalBytes: 0 }, 2000)).toBe(
      'Decode  25.0 MB · 500,000 events · 212,346 events/s',
    );
  });
});
