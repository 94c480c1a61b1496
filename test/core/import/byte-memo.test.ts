import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteMemo, NOT_KNOWN } from '../../../core/import/byte-memo.ts';

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Asks for bytes twice, as they come for the second time; gives the place where they are kept. */
function keepSecond(memo: ByteMemo, bytes: DataView, start: number, end: number): number {
  expect(memo.recall(bytes, start, end)).toBe(NOT_KNOWN);
  expect(memo.keep(bytes, start, end)).toBe(NOT_KNOWN);
  expect(memo.recall(bytes, start, end)).toBe(NOT_KNOWN);
  return memo.keep(bytes, start, end);
}

describe('the memo of bytes', () => {
  it('knows what it was given last at a place, and nothing else', () => {
    const item = fc.record({ bytes: fc.uint8Array({ maxLength: 140 }), salt: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 60 }), (items) => {
        const memo = new ByteMemo();
        const at = new Map<number, string>();
        for (const { bytes, salt } of [...items, ...items, ...items]) {
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
    const place = keepSecond(memo, bytes, 2, 13);
    expect(memo.recall(bytes, 15, 26)).toBe(place);
    expect(memo.recall(bytes, 15, 26, 1)).toBe(NOT_KNOWN);
    for (const length of [7, 129]) expect(keepSecond(memo, view(Buffer.alloc(length)), 0, length)).toBe(NOT_KNOWN);
  });

  it('keeps what it knows when something comes that comes once', () => {
    const memo = new ByteMemo();
    const known = view(Buffer.from('again and again'));
    const place = keepSecond(memo, known, 0, 15);
    for (let i = 0; i < 20_000; i++) {
      const once = view(Buffer.from(`the value ${i}`));
      expect(memo.recall(once, 0, once.byteLength)).toBe(NOT_KNOWN);
      memo.keep(once, 0, once.byteLength);
    }
    expect(memo.recall(known, 0, 15)).toBe(place);
  });

  it('compares every byte, of every length', () => {
    for (let length = 8; length <= 128; length++) {
      const bytes = Buffer.alloc(length, 'x');
      const memo = new ByteMemo();
      const place = keepSecond(memo, view(bytes), 0, length);
      expect(memo.recall(view(bytes), 0, length)).toBe(place);
      for (let i = 0; i < length; i++) {
        bytes[i] = 121;
        expect(memo.recall(view(bytes), 0, length)).toBe(NOT_KNOWN);
        bytes[i] = 120;
      }
    }
  });
});
