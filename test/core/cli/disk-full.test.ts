/** A disk that fills up under an import: a small file system of its own, which takes rights that not everybody has. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TraceReader } from '../../../core/trace/reader.ts';
import { verifyTrace } from '../../support/verify-trace.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const LOG = 'gicv3-smp2-its-full.log.xz';
const NAMESPACE = ['unshare', ...(process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount'])];

/** A shell in which `small` is a file system of 100 MB. */
function shell(folder: string, script: string): { readonly status: number | null; readonly stderr: string } {
  const [command = '', ...options] = NAMESPACE;
  const mounted = `set -e; mount -t tmpfs -o size=100m tmpfs small; ${script}`;
  const { status, stderr } = spawnSync(command, [...options, 'sh', '-c', mounted], { cwd: folder, encoding: 'utf8' });
  return { status, stderr };
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-full-'));
  mkdirSync(join(folder, 'small'));
  copyFileSync(at(`test/data/import/${LOG}`), join(folder, LOG));
});
afterAll(() => rmSync(folder, { recursive: true }));

const canMount = (): boolean => {
  const probe = mkdtempSync(join(tmpdir(), 'gicscope-full-'));
  mkdirSync(join(probe, 'small'));
  const { status } = shell(probe, 'true');
  rmSync(probe, { recursive: true });
  return status === 0;
};

describe.skipIf(process.platform !== 'linux' || !canMount())('a disk that fills up under an import', () => {
  it('ends it with what was written, and resuming makes it whole once there is room', () => {
    const gicscope = `'${process.execPath}' '${at('scripts/gicscope.ts')}' import ${LOG} -o small/t.gscope`;
    // Everything is full as soon as the second megabyte is written; the import stands still while the disk is filled.
    const script = `
      ${gicscope} & import=$!
      while kill -0 $import 2>/dev/null; do
        if [ "$(stat -c %s small/t.gscope.partial-wal 2>/dev/null || echo 0)" -gt 1500000 ]; then
          kill -STOP $import
          dd if=/dev/zero of=small/fill bs=64k 2>/dev/null || true
          kill -CONT $import
          break
        fi
        sleep 0.01
      done
      status=0; wait $import || status=$?
      rm small/fill
      cp small/* .
      [ $status = 3 ]
      ${gicscope} --resume
      cp small/t.gscope .`;
    const { status, stderr } = shell(folder, script);
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(
      /The disk is full: .*What was written before, [\d,]+ events, is kept in .*t\.gscope\.partial\. Make/,
    );
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['t.gscope', 't.gscope.partial']));
    const kept = new TraceReader(join(folder, 't.gscope.partial'));
    expect(kept.count).toBeGreaterThan(1000);
    expect(verifyTrace(kept)).toMatchObject({ ok: true });
    kept.close();
    const whole = new TraceReader(join(folder, 't.gscope'));
    expect([whole.count, whole.complete]).toEqual([290_871, true]);
    whole.close();
  });
});
