/** `import --frames` and `--dtb` as people run them, on a recording of a KVM host. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHAPES } from '../../../core/cli/shapes.ts';
import { deviceTree } from '../../support/device-tree.ts';
import { run } from './support.ts';

const LOG = fileURLToPath(new URL('../../data/import/arch_timer.trace.dat.xz', import.meta.url));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-machine-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const cli = (...argv: string[]) => run(argv, { cwd: folder });
async function accesses(trace: string): Promise<unknown> {
  const sql = `SELECT register, count(*) FROM register_access GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 4`;
  return (await cli('sql', trace, sql, '--json')).stdout.trim().split('\n');
}

describe('where the registers of a recorded guest are', () => {
  it('is taken from the user or from its device tree, to the same end, from the first access on', async () => {
    // KVM's selftests have their frames elsewhere than QEMU.
    const gic = { compatible: 'arm,gic-v3', reg: [0, 0x802_0000, 0, 0x1_0000, 0, 0x803_0000, 0, 0x4_0000] };
    writeFileSync(join(folder, 'a.dtb'), deviceTree({ '#address-cells': [2], '#size-cells': [2], gic }));
    const byTree = await cli('import', LOG, '-o', 'tree.gscope', '--dtb', 'a.dtb');
    expect(byTree.exit, byTree.stderr).toBe(0);
    await cli('import', LOG, '-o', 'user.gscope', '--frames', 'GICD=0x8020000,gicr=0x8030000');
    await cli('import', LOG, '-o', 'inferred.gscope');
    const known = await accesses('user.gscope');
    expect(await accesses('tree.gscope')).toEqual(known);
    // Inference needs an access or two before it knows.
    expect(await accesses('inferred.gscope')).not.toEqual(known);
    const { stdout } = await cli('info', 'tree.gscope');
    expect(stdout).toMatch(/register frames +GICD 0x8020000, GICR 0x8030000 \(from the device tree a\.dtb\)/);
    const plain = await cli('sql', 'tree.gscope', `SELECT count(*) FROM register_access WHERE register LIKE '0x80%'`);
    expect(plain.stdout).toMatch(/^ *0$/m);
  });

  it('shows each interrupt as often as its line rose, and no acknowledge, which a host does not see', async () => {
    // The recording has 19 and 18 updates with level 1: KVM tells a line that stays high again.
    const { stdout } = await cli('info', 'tree.gscope');
    expect(stdout).toMatch(/interrupt +source +injected\n +PPI 27 +CNTV +12\n +PPI 30 +CNTP +12\n/);
    const { interrupts } = SHAPES.info.parse(JSON.parse((await cli('info', 'tree.gscope', '--json')).stdout));
    expect(interrupts.map(({ intid, injected, acknowledged }) => [intid, injected, acknowledged])).toEqual([
      ['PPI 27', 12, 0],
      ['PPI 30', 12, 0],
    ]);
  });

  it('is said to be of no use to a QEMU log', async () => {
    writeFileSync(join(folder, 'a.log'), '2026-11-20T21:55:32.992100Z arm_cpu_reset cpu 0\n');
    const { exit, stderr } = await cli('import', 'a.log', '-o', 'a.gscope', '--frames', 'GICD=0x8020000');
    expect([exit, stderr]).toEqual([0, expect.stringMatching(/where registers are was not needed/)]);
  });

  it('is refused where it says nothing', async () => {
    for (const [argv, exit, message] of [
      [['--frames', 'GICX=0x1'], 2, 'FRAME=ADDRESS is expected'],
      [['--frames', 'ITS=0x8080000'], 2, 'do not say which GIC it is'],
      [['--frames', 'GICD=0x1', '--dtb', 'a.dtb'], 2, 'either --dtb or --frames'],
      [['--dtb', 'none.dtb'], 3, 'there is no such file'],
      [['--dtb', folder], 3, `${folder}: this is a folder`],
      [['--dtb', LOG], 3, 'this is no device tree blob'],
    ] as const)
      expect(await cli('import', LOG, '-o', 'not.gscope', ...argv)).toMatchObject({
        exit,
        stderr: expect.stringContaining(message) as string,
      });
  });
});
