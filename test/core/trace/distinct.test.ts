import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ByteReader, ByteWriter } from '../../../core/trace/bytes.ts';
import { readDistinct, unpackDistinct, writeDistinct } from '../../../core/trace/distinct.ts';

const words = (values: readonly number[]): Uint32Array => Uint32Array.from(values);
const reader = (out: ByteWriter): ByteReader => new ByteReader(out.view().slice(), 'a test');
const u32 = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffff_ffff }));

describe('packed columns', () => {
  it('come back whatever their width, from any place in them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), fc.array(u32, { maxLength: 300 }), fc.nat(), (width, list, at) => {
        const values = words(list.map((value) => (width === 32 ? value : value % 2 ** width)));
        const out = new ByteWriter(16);
        out.packed(values, values.length);
        out.u8(0xa5);
        const input = reader(out);
        const column = input.packed(values.length);
        expect(input.u8()).toBe(0xa5);
        input.end();
        const from = values.length === 0 ? 0 : at % values.length;
        expect(column.take(from, values.length).slice(0, values.length - from)).toEqual(values.slice(from));
        expect(column.sum(0, from)).toBe(list.length === 0 ? 0 : values.slice(0, from).reduce((a, b) => a + b, 0));
      }),
    );
  });

  it('take no byte for numbers that are all 0, and as many bits as the largest needs', () => {
    const bytes = (values: readonly number[]): number => {
      const out = new ByteWriter();
      out.packed(words(values), values.length);
      return out.length;
    };
    expect(bytes([0, 0, 0, 0])).toBe(1);
    expect(bytes([1, 0, 1, 1, 0, 1, 1, 1, 1])).toBe(3);
    expect(bytes([0xffff_ffff])).toBe(5);
  });

  it('are refused when they claim more bits than a number has, or more bytes than there are', () => {
    expect(() => new ByteReader(Uint8Array.of(33, 0, 0), 'a test').packed(1)).toThrow(/33 bits a number/);
    expect(() => new ByteReader(Uint8Array.of(9, 0, 0), 'a test').packed(2)).toThrow(/3 bytes wanted, 2 left/);
  });
});

describe('distinct values', () => {
  it('come back row by row, each listed once', () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 5 }), u32, fc.integer({ min: 0, max: 2 }));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 400 }), (rows) => {
        const column = (index: 0 | 1 | 2): Uint32Array => words(rows.map((cells) => cells[index]));
        const out = new ByteWriter();
        writeDistinct({ count: rows.length, key: column(0), lo: column(1), hi: column(2) }, out);
        const input = reader(out);
        const stored = readDistinct(input, rows.length);
        input.end();
        const distinct = unpackDistinct(stored);
        const numbers = [...stored.entry.take(0, rows.length).slice(0, rows.length)];
        expect(numbers.map((i) => [distinct.key[i], distinct.lo[i], distinct.hi[i]])).toEqual(rows);
        expect(distinct.count).toBe(new Set(rows.map(String)).size);
      }),
    );
  });

  it('of many rows are found too', () => {
    const count = 20_000;
    const key = Uint32Array.from({ length: count }, (_, i) => i % 7);
    const lo = Uint32Array.from({ length: count }, (_, i) => Math.imul(i, 0x9e3779b1));
    const out = new ByteWriter();
    writeDistinct({ count, key, lo, hi: lo }, out);
    expect(readDistinct(reader(out), count).count).toBe(count);
  });

  it('are refused when there are more of them than rows', () => {
    expect(() => readDistinct(new ByteReader(Uint8Array.of(2), 'a test'), 1)).toThrow(/2 distinct values/);
  });
});
