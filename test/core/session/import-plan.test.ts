/** What the window says of an import before it is done: where registers are, and what an earlier import left. */
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackend } from '../../../core/session/backend.ts';
import { type Args, type Result, type TaskProgress } from '../../../core/session/contract.ts';
import { type SessionBackend } from '../../../core/session/session.ts';
import { deviceTree } from '../../support/device-tree.ts';

const lines = (count: number): string =>
  Array.from(
    { length: count },
    (_, i) =>
      `          <idle>-0       [001] d.h1. ${(78 + i / 1000).toFixed(6)}: irq_handler_entry: irq=14 name=arch_timer\n`,
  ).join('');

let folder = '';
let log = '';
let imports = '';
let backend: SessionBackend;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-plan-'));
  imports = join(folder, 'imports');
  log = join(folder, 'a.log');
  writeFileSync(log, lines(20));
  backend = createBackend({ version: 'test', samples: '', imports });
});
afterEach(async () => {
  await backend.close();
  rmSync(folder, { recursive: true });
});

const never = new AbortController().signal;
const plan = (more: Partial<Args<'import.plan'>> = {}): Promise<Result<'import.plan'>> =>
  backend.handle('import.plan', { files: [log], ...more }, never);
async function imported(more: Partial<Args<'import.start'>> = {}): Promise<TaskProgress> {
  const ended = new Promise<TaskProgress>((resolve) =>
    backend.on('task', (progress) => {
      if (progress.state !== 'running') resolve(progress);
    }),
  );
  await backend.handle('import.start', { files: [log], output: '', overwrite: false, ...more }, never);
  return ended;
}

describe('where the registers of the recorded machine are', () => {
  it('is read from a device tree or a list, and said', async () => {
    const dtb = join(folder, 'virt.dtb');
    const gic = { compatible: 'arm,gic-v3', reg: [0, 0x802_0000, 0, 0x1_0000, 0, 0x803_0000, 0, 0x4_0000] };
    writeFileSync(dtb, deviceTree({ '#address-cells': [2], '#size-cells': [2], gic }));
    expect(await plan({ dtb })).toMatchObject({
      registers: {
        needed: true,
        frames: 'GICD 0x8020000, GICR 0x8030000 (from the device tree virt.dtb)',
        problem: '',
      },
      problem: '',
    });
    expect(await plan({ frames: [{ name: 'GICD', base: '0x8000000' }] })).toMatchObject({
      registers: { frames: 'GICD 0x8000000 (from the user)' },
    });
    expect(await plan()).toMatchObject({ registers: { frames: '', problem: '' } });
  });

  it('is refused with the file and the byte', async () => {
    expect((await plan({ dtb: log })).registers.problem).toMatch(/a\.log.*no device tree blob.*byte 0.*dtc/s);
    expect((await plan({ dtb: join(folder, 'none') })).registers.problem).toMatch(/none: there is no such file/);
    expect((await plan({ frames: [{ name: 'ITS', base: '0x1' }] })).registers.problem).toMatch(/name GICD or IRS/);
    const tree = join(folder, 'virt.dtb');
    writeFileSync(tree, deviceTree({}));
    expect((await plan({ files: [tree] })).files[0]?.message).toMatch(/this is a device tree.*--dtb/s);
  });

  it('is not asked of a QEMU log, which names registers itself', async () => {
    writeFileSync(log, '2026-11-20T21:55:32.992100Z arm_cpu_reset cpu 0\n');
    expect(await plan()).toMatchObject({ registers: { needed: false } });
  });
});

describe('what an earlier import left', () => {
  it('is nothing the first time', async () => {
    expect(await plan()).toMatchObject({ earlier: null, output: join(imports, 'a.gscope') });
  });

  it('is a part where it was killed, which --resume makes whole under its name', async () => {
    const { output: whole } = await imported();
    const path = whole ?? '';
    renameSync(path, `${path}.partial`);
    const left = await plan();
    expect(left).toMatchObject({
      output: join(imports, 'a-2.gscope'),
      earlier: { path, state: 'cut', events: 20, message: expect.stringMatching(/cut off: 20 events/) as string },
    });
    expect(await imported({ output: path, resume: true })).toMatchObject({ state: 'done', output: path });
    expect(existsSync(`${path}.partial`)).toBe(false);
    expect((await plan()).earlier).toMatchObject({ path, state: 'complete', events: 20 });
    const again = imported({ output: path, resume: true });
    await expect(again).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('nothing to resume') as string,
    });
  });

  it('is a part where the source ended early, and the name is asked for', async () => {
    const output = join(folder, 't.gscope');
    log = join(folder, 'a.log.gz');
    const packed = gzipSync(lines(2000));
    writeFileSync(log, packed.subarray(0, packed.length / 2));
    await imported({ output, keepPartial: true });
    writeFileSync(log, packed);
    expect((await plan({ output })).earlier).toMatchObject({ state: 'cut' });
    expect(await imported({ output, resume: true })).toMatchObject({ state: 'done' });
    expect((await plan({ output })).earlier).toMatchObject({ state: 'complete', events: 2000 });
  });

  it('is left alone where it is something else', async () => {
    const output = join(folder, 't.gscope');
    await imported({ output });
    const other = join(folder, 'b.log');
    writeFileSync(other, lines(3));
    expect((await plan({ files: [other], output })).earlier).toMatchObject({
      state: 'other',
      message: expect.stringContaining('was made from a.log') as string,
    });
    expect((await plan({ output: other })).earlier).toMatchObject({
      state: 'other',
      message: expect.stringContaining('is not a gicscope trace') as string,
    });
    const resumed = imported({ files: [other], output, resume: true });
    await expect(resumed).rejects.toMatchObject({ code: 'usage' });
  });

  it('says that there is no folder for the trace', async () => {
    expect((await plan({ output: join(folder, 'no', 't.gscope') })).problem).toMatch(/no: there is no such folder$/);
  });

  it('is refused by a name that no format has', async () => {
    const wrong = imported({ format: 'foo' });
    await expect(wrong).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/"foo"; formats: qemu-log/) as string,
    });
  });

  it('gives the trace of a long name one that file systems take', async () => {
    log = join(folder, `${'名'.repeat(80)}.log`);
    writeFileSync(log, lines(3));
    expect(await imported()).toMatchObject({ state: 'done' });
  });
});
