import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openBytes } from '../../../../core/import/source/file.ts';

const SIZE = 3_000_000;

describe('the bytes of a file', () => {
  it('come in memory that serves again once it is released, and never before', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gicscope-bytes-'));
    const path = join(folder, 'bytes');
    const bytes = Buffer.from(Uint32Array.from({ length: SIZE / 4 }, (_, i) => i * 2_654_435_761).buffer);
    writeFileSync(path, bytes);
    const read = async (mayRelease: (piece: number) => boolean): Promise<number> => {
      const source = await openBytes(path);
      const memories = new Set<ArrayBufferLike>();
      const kept: [at: number, piece: Uint8Array][] = [];
      let at = 0;
      let pieces = 0;
      for await (const piece of source.chunks) {
        expect(bytes.subarray(at, at + piece.length).equals(piece)).toBe(true);
        memories.add(piece.buffer);
        // A part of a piece, or a copy, is nothing that was given.
        source.release?.(piece.subarray(1));
        if (mayRelease(pieces++)) {
          source.release?.(piece);
          source.release?.(piece);
        } else kept.push([at, piece]);
        at += piece.length;
      }
      await source.close();
      expect(at).toBe(SIZE);
      for (const [from, piece] of kept) expect(bytes.subarray(from, from + piece.length).equals(piece)).toBe(true);
      expect(pieces).toBe(12);
      return memories.size;
    };
    expect(await read(() => false)).toBe(12);
    expect(await read((piece) => piece % 2 === 0)).toBeLessThan(10);
    expect(await read(() => true)).toBeLessThan(4);
    rmSync(folder, { recursive: true });
  });
});
