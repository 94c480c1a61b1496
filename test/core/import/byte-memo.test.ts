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
          if (place === NOT_KNOWN) at.set(memo.keep(view(bytes), 0, bytes.length), key);
          else expect(at.get(place)).toBe(key);
        }
      }),
    );
  });

  it('recognises bytes wherever they stand, and passes over what is too long or too short', () => {
    const memo = new ByteMemo();
    const bytes = view(Buffer.from('..one of them..one of them..'));
    expect(memo.recall(bytes, 2, 13)).toBe(NOT_KNOWN);
    const place = memo.keep(bytes, 2, 13);
    expect(memo.recall(bytes, 15, 26)).toBe(place);
    expect(memo.recall(bytes, 15, 26, 1)).toBe(NOT_KNOWN);
    for (const length of [7, 129]) {
      const not = view(Buffer.alloc(length));
      expect(memo.recall(not, 0, length)).toBe(NOT_KNOWN);
      expect(memo.keep(not, 0, length)).toBe(NOT_KNOWN);
    }
  });

  it('compares every byte, of every length', () => {
    for (let length = 8; length <= 128; length++) {
      const bytes = Buffer.alloc(length, 'x');
      const memo = new ByteMemo();
      expect(memo.recall(view(bytes), 0, length)).toBe(NOT_KNOWN);
      const place = memo.keep(view(bytes), 0, length);
      expect(memo.recall(view(bytes), 0, length)).toBe(place);
      for (let i = 0; i < length; i++) {
        bytes[i] = 121;
        expect(memo.recall(view(bytes), 0, length)).toBe(NOT_KNOWN);
        bytes[i] = 120;
      }
    }
  });
});
