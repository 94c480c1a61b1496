import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteMemo, NOT_KNOWN } from '../../../core/import/byte-memo.ts';

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

describe('the memo of bytes', () => {
  it('knows what it was given last at a place, and nothing else', () => {
    const item = fc.record({ bytes: fc.uint8Array({ maxLength: 140 }), salt: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60 }), (items) => {
        const memo = new ByteMemo();
        const at = new Map<number, string>();
        for (const { bytes, salt } of [...items, ...items]) {
          const key = `${salt} ${bytes.join(' ')}`;
          const place = memo.recall(view(bytes), 0, bytes.length, salt);
          if (place === NOT_KNOWN) at.set(memo.keep(bytes, 0, bytes.length), key);
          else expect(at.get(place)).toBe(key);
        }
      }),
    );
  });

  it('recognises bytes wherever they stand, and passes over what is too long', () => {
    const memo = new ByteMemo();
    const bytes = Buffer.from('..one..one..');
    expect(memo.recall(view(bytes), 2, 5)).toBe(NOT_KNOWN);
    const place = memo.keep(bytes, 2, 5);
    expect(memo.recall(view(bytes), 7, 10)).toBe(place);
    expect(memo.recall(view(bytes), 7, 10, 1)).toBe(NOT_KNOWN);
    const long = Buffer.alloc(129);
    expect(memo.recall(view(long), 0, 129)).toBe(NOT_KNOWN);
    expect(memo.keep(long, 0, 129)).toBe(NOT_KNOWN);
  });
});
