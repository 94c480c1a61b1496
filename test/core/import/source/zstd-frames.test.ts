import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZstdFrames } from '../../../../core/import/source/zstd-frames.ts';

/** A walker that has seen these pieces, and the frames that it found. */
function walk(...chunks: readonly Uint8Array[]): { readonly walker: ZstdFrames; readonly frames: Buffer[] } {
  const frames: Buffer[] = [];
  let present: Uint8Array[] = [];
  const walker = new ZstdFrames({
    onBytes: (bytes) => present.push(Uint8Array.from(bytes)),
    onEnd: () => {
      frames.push(Buffer.concat(present));
      present = [];
    },
  });
  for (const chunk of chunks) walker.push(chunk);
  return { walker, frames };
}

describe('the zstd frame walker', () => {
  it('finds whole files complete, however they are cut into pieces', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(), (content, place) => {
        const one = zstdCompressSync(content);
        const bytes = Buffer.concat([one, one]);
        const at = place % (bytes.length + 1);
        const { walker, frames } = walk(bytes.subarray(0, at), bytes.subarray(at));
        expect(walker.isComplete).toBe(true);
        expect(frames.map((frame) => frame.equals(one))).toEqual([true, true]);
      }),
    );
  });

  it('finds every proper beginning incomplete', () => {
    const bytes = zstdCompressSync(Buffer.alloc(300_000, 'repetitive text of a log\n'));
    for (let length = 1; length < bytes.length; length++)
      expect(walk(bytes.subarray(0, length)).walker.isComplete).toBe(false);
  });

  it('passes over skippable frames and names where something else begins', () => {
    const frame = zstdCompressSync(Buffer.from('text'));
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9]);
    const none = Buffer.from([0x5f, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
    const { walker, frames } = walk(skippable, frame, none, frame);
    expect([walker.isComplete, frames.map((found) => found.equals(frame))]).toEqual([true, [true, true]]);
    const { walker: other } = walk(frame, Buffer.from('more'));
    expect([other.isComplete, other.foreignAt]).toEqual([false, frame.length]);
  });
});
