import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '../../../core/trace/bytes.ts';

const widths = [1, 2, 3, 4] as const;

describe('a stored column', () => {
  it('gives all its numbers at once, or any of them alone', () => {
    const column = fc
      .constantFrom(...widths)
      .chain((width) => fc.array(fc.integer({ min: 0, max: 256 ** width - 1 }), { maxLength: 50 }));
    fc.assert(
      fc.property(column, (list) => {
        const out = new ByteWriter();
        out.column(Uint32Array.from(list), list.length);
        const input = new ByteReader(out.view(), 'a test');
        const stored = input.stored(list.length);
        input.end();
        expect([...stored.read(new Uint32Array(list.length))]).toEqual(list);
        expect(list.map((_, i) => stored.at(i))).toEqual(list);
      }),
    );
  });

  it('keeps a number that is everywhere once', () => {
    for (const value of [0, 7, 0x1234_5678, 0xffff_ffff]) {
      const out = new ByteWriter();
      out.column(new Uint32Array(1000).fill(value), 1000);
      expect(out.length).toBe(5);
      const stored = new ByteReader(out.view(), 'a test').stored(1000);
      expect(new Set(stored.read(new Uint32Array(1000)))).toEqual(new Set([value]));
      expect(stored.at(999)).toBe(value);
    }
  });
});
