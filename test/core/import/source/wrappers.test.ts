/** Compressed files: found by content, read whole, and precise about what is wrong with them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { importTrace, inspect } from '../../../../core/import/import.ts';
import { openSource } from '../../../../core/import/source/source.ts';
import { importFailure } from '../../../support/import-failure.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { scratch, scratchFile } from '../../../support/scratch.ts';

const recording = fileURLToPath(new URL('../../../data/import/gicv5-smp1-events.log.xz', import.meta.url));
const xz = readFileSync(recording);
let text = Buffer.alloc(0);
beforeAll(async () => {
  text = await contentOf(recording);
});

async function contentOf(path: string): Promise<Buffer<ArrayBuffer>> {
  const source = await openSource(path);
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of source.chunks) chunks.push(chunk);
  } finally {
    await source.close();
  }
  return Buffer.concat(chunks);
}

describe('a compressed recording', () => {
  it('is opened as xz, gzip and zstd, whatever its name says', async () => {
    for (const [name, bytes] of [
      ['plain.log.xz', text],
      ['xz.log', xz],
      ['gzip.xz', gzipSync(text)],
      ['zstd.gz', zstdCompressSync(text)],
    ] as const)
      expect((await contentOf(scratchFile(name, bytes))).equals(text)).toBe(true);
  });

  it('is opened inside other wrappers', async () => {
    const path = scratchFile('nested', gzipSync(zstdCompressSync(xz)));
    expect((await contentOf(path)).equals(text)).toBe(true);
    expect((await inspect(path)).wrappers).toEqual(['gzip', 'zstd', 'xz']);
    let deep: Uint8Array = text.subarray(0, 1000);
    for (let i = 0; i < 6; i++) deep = gzipSync(deep);
    expect(await importFailure(inspect(scratchFile('deep', deep)))).toMatchObject({ code: 'unsupported' });
  });

  it('is read on when several are concatenated', async () => {
    const both = Buffer.concat([text, text]);
    for (const [name, compressed] of [
      ['xz', xz],
      ['gz', gzipSync(text)],
      ['zst', zstdCompressSync(text)],
    ] as const)
      expect(
        (await contentOf(scratchFile(`twice.${name}`, Buffer.concat([compressed, compressed])))).equals(both),
      ).toBe(true);
  });

  it('with zeros after its end is complete where the format allows padding', async () => {
    const padded = Buffer.concat([xz, Buffer.alloc(4)]);
    expect((await contentOf(scratchFile('padded.xz', padded))).equals(text)).toBe(true);
  });
});

describe('a damaged file', () => {
  const gz = (): Uint8Array => gzipSync(text);
  const zst = (): Uint8Array => zstdCompressSync(text);

  it.each([
    ['xz', () => xz],
    ['gzip', gz],
    ['zstd', zst],
  ] as const)('of %s that ends too early says how far it goes', async (name, bytes) => {
    const whole = bytes();
    for (const missing of [1, 5, 20, Math.floor(whole.length / 2)]) {
      const error = await importFailure(contentOf(scratchFile('torn', whole.subarray(0, whole.length - missing))));
      expect(error.code).toBe('truncated');
      expect(error.at).toEqual({ byte: whole.length - missing });
      expect(error.message).toMatch(
        new RegExp(
          `torn: the ${name} data ends too early: ${whole.length - missing} bytes read, \\d+ bytes of content decompressed`,
        ),
      );
      expect(error.hint).toContain('keep-partial');
    }
  });

  it('of zstd is caught in the middle of its checksum too', async () => {
    const path = scratchFile('checked.log', text);
    execFileSync('zstd', ['-q', '--check', path, '-o', join(scratch(), 'checked.zst')]);
    const whole = readFileSync(join(scratch(), 'checked.zst'));
    expect((await contentOf(scratchFile('whole.zst', whole))).equals(text)).toBe(true);
    for (const missing of [1, 2, 3, 4])
      expect(
        await importFailure(contentOf(scratchFile('torn.zst', whole.subarray(0, whole.length - missing)))),
      ).toMatchObject({
        code: 'truncated',
      });
    const wrong = Buffer.from(whole);
    wrong[wrong.length - 2] = (wrong.at(-2) ?? 0) ^ 1;
    expect(await importFailure(contentOf(scratchFile('wrong.zst', wrong)))).toMatchObject({ code: 'corrupt' });
  });

  it('whose content contradicts its checksum is corrupt', async () => {
    for (const [name, bytes, at] of [
      ['xz', xz, xz.length - 40],
      ['gz', gz(), gz().length - 6],
    ] as const) {
      const wrong = Buffer.from(bytes);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      expect(await importFailure(contentOf(scratchFile(`wrong.${name}`, wrong)))).toMatchObject({ code: 'corrupt' });
    }
  });

  it('that goes on with something else is corrupt', async () => {
    for (const [name, bytes] of [
      ['gz', gz()],
      ['zst', zst()],
    ] as const) {
      const error = await importFailure(
        contentOf(scratchFile(`tail.${name}`, Buffer.concat([bytes, Buffer.from('and then this text')]))),
      );
      expect(error.code).toBe('corrupt');
    }
  });

  it('of xz with a checksum or dictionary that cannot be handled says to decompress it first', async () => {
    const path = scratchFile('small.log', text.subarray(0, 100_000));
    for (const options of [['--check=sha256'], ['--lzma2=dict=200MiB']]) {
      const bytes = execFileSync('xz', ['-c', ...options, path]);
      expect(await importFailure(contentOf(scratchFile('odd.xz', bytes)))).toMatchObject({
        code: 'unsupported',
        hint: 'Decompress it first (xz -d).',
      });
    }
  });

  it('does not block the next one: a decompression that is given up is closed', async () => {
    for (let i = 0; i < 3; i++) {
      const source = await openSource(recording);
      for await (const chunk of source.chunks) if (chunk.length > 0) break;
      await source.close();
      await inspect(recording);
    }
    expect((await contentOf(recording)).length).toBe(text.length);
  });
});

describe('an import of a torn recording', () => {
  it('fails with the last line that could be read, and keeps it only when asked to', async () => {
    const torn = scratchFile('torn.log.gz', gzipSync(text).subarray(0, 60_000));
    const sink = new MemorySink();
    const error = await importFailure(importTrace(torn, sink));
    expect(error.code).toBe('truncated');
    const reached = Number(/up to line (\d+)/.exec(error.message)?.[1]);
    expect(reached).toBeGreaterThan(1000);
    const kept = new MemorySink();
    const result = await importTrace(torn, kept, { keepPartial: true });
    expect(result.cut).toContain('ends too early');
    expect(result.summary.source.facts['ends early']).toBe(result.cut);
    expect(result.summary.lines?.read).toBeGreaterThanOrEqual(reached);
    const { read = 0, asEvents = 0, merged = 0, skipped = 0 } = result.summary.lines ?? {};
    expect(asEvents + merged + skipped).toBe(read);
  });

  it('reads the beginning of a file that is cut after a few kilobytes', async () => {
    const whole = gunzipSync(gzipSync(text)).subarray(0, 5000);
    const torn = scratchFile('short.gz', gzipSync(whole).subarray(0, -3));
    expect(await importFailure(importTrace(torn, new MemorySink()))).toMatchObject({ code: 'truncated' });
    expect((await importTrace(torn, new MemorySink(), { keepPartial: true })).cut).toBeDefined();
  });
});
