/** Streams in temporary files: what they hold, and that nothing of them stays. */
import { mkdtempSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spool } from '../../../../core/import/source/spool.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
const left = (): string[] => readdirSync(folder);

describe('a stream in a temporary file', () => {
  it('can be opened by its name until it is closed', async () => {
    const { path, close } = await spool('x', pieces('ab', 'c'), { what: 'it', parent: folder, as: 'x' });
    expect(readFileSync(path, 'utf8')).toBe('abc');
    close();
    expect(left()).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('without a name is gone already while it is read', async () => {
    const { fd, close } = await spool('x', pieces('ab', 'c'), { what: 'it', parent: folder });
    expect(left()).toEqual([]);
    const bytes = Buffer.alloc(8);
    expect(bytes.toString('utf8', 0, readSync(fd, bytes, 0, 8, 0))).toBe('abc');
    close();
  });

  it('leaves nothing when the stream fails or the import is cancelled', async () => {
    async function* torn(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('ab');
      throw new Error('torn');
    }
    await expect(spool('x', torn(), { what: 'it', parent: folder, as: 'x' })).rejects.toThrow('torn');
    const turn = (): never => {
      throw new Error('cancelled');
    };
    await expect(spool('x', pieces('a'), { what: 'it', parent: folder, as: 'x', turn })).rejects.toThrow('cancelled');
    expect(left()).toEqual([]);
  });

  it('says what to do where there is no folder for it', async () => {
    const parent = join(folder, 'nowhere');
    await expect(spool('a.dat', pieces('a'), { what: 'the trace.dat', parent })).rejects.toThrow(
      /a\.dat: no copy of the trace\.dat can be made in .*nowhere: .* Set TMPDIR/,
    );
  });
});
