import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FLAT_RANGES,
  flatType,
  formatFlatIntid,
  formatInterrupt,
  formatIntid,
  intid,
  keyOf,
  keyOfFlatIntid,
  parseInterrupt,
  parseKey,
  splitIntid,
} from '../../../core/gic/intid.ts';

const v5 = fc.oneof(
  fc.record({ type: fc.constant('ppi' as const), number: fc.nat({ max: 127 }) }),
  fc.record({ type: fc.constantFrom('lpi' as const, 'spi' as const), number: fc.nat({ max: 0xffffff }) }),
);

describe('GICv5 identifiers', () => {
  it('carry the type in bits 31:29 and the number below', () => {
    expect(intid('ppi', 27)).toBe(0x2000001b);
    expect(intid('lpi', 8)).toBe(0x40000008);
    expect(intid('spi', 33)).toBe(0x60000021);
    expect(intid('spi', 0xffffff)).toBe(0x60ffffff);
  });

  it('survive splitting, printing and reading', () => {
    fc.assert(
      fc.property(v5, ({ type, number }) => {
        const id = intid(type, number);
        expect(splitIntid(id)).toEqual({ type, number });
        expect(parseInterrupt(formatIntid(id))).toEqual({ type, number });
      }),
    );
  });

  it('print as Arm names them', () => {
    expect(formatIntid(0x2000001b)).toBe('PPI 27');
    expect(formatIntid(0x60000021)).toBe('SPI 33');
    expect(formatIntid(0x40000008)).toBe('LPI 8');
  });

  it('are refused with a reserved type or with bits 28:24 set', () => {
    for (const value of [0, 0x1b, 0x80000000, 0xe0000001, 0x2100001b, 0x70000000]) {
      expect(splitIntid(value)).toBeUndefined();
      expect(formatIntid(value)).toBe(`reserved 0x${value.toString(16)}`);
    }
  });

  it('are not made of numbers that do not fit', () => {
    expect(() => intid('ppi', 128)).toThrow('PPI 128: the number must be an integer from 0 to 127');
    expect(() => intid('lpi', 0x1000000)).toThrow('from 0 to 16777215');
    expect(() => intid('spi', -1)).toThrow(RangeError);
    expect(() => intid('spi', 1.5)).toThrow(RangeError);
  });
});

describe('GICv3 and GICv2 numbers', () => {
  it('fall into ranges that cover 24 bits without gap or overlap', () => {
    let next = 0;
    for (const { first, last } of FLAT_RANGES) {
      expect(first).toBe(next);
      next = last + 1;
    }
    expect(next).toBe(0x1000000);
  });

  it('are what the ranges say at every border', () => {
    const borders: [number, string][] = [
      [0, 'sgi'],
      [15, 'sgi'],
      [16, 'ppi'],
      [31, 'ppi'],
      [32, 'spi'],
      [1019, 'spi'],
      [1020, 'special'],
      [1023, 'special'],
      [1024, 'reserved'],
      [1056, 'ppi'],
      [1119, 'ppi'],
      [1120, 'reserved'],
      [4096, 'spi'],
      [5119, 'spi'],
      [5120, 'reserved'],
      [8191, 'reserved'],
      [8192, 'lpi'],
    ];
    for (const [number, type] of borders) expect(flatType(number), String(number)).toBe(type);
    for (const number of [-1, 0.5, 0x1000000, Number.NaN]) expect(flatType(number)).toBeUndefined();
  });

  it('print as interrupts, and 1023 as none', () => {
    expect([3, 27, 33, 8192, 1023, 1021, 2000].map(formatFlatIntid)).toEqual([
      'SGI 3',
      'PPI 27',
      'SPI 33',
      'LPI 8192',
      'none (1023)',
      'special 1021',
      'reserved 2000',
    ]);
    expect(formatFlatIntid(-1)).toBe('out of range -1');
    expect([3, 27, 33, 8192, 1023].map(keyOfFlatIntid)).toEqual(['sgi3', 'ppi27', 'spi33', 'lpi8192', undefined]);
  });
});

describe('names and keys', () => {
  it('are read in any case, with or without a space', () => {
    for (const text of ['PPI 27', 'ppi27', ' Ppi27 '])
      expect(parseInterrupt(text)).toEqual({ type: 'ppi', number: 27 });
    expect(parseInterrupt('SGI 3')).toEqual({ type: 'sgi', number: 3 });
  });

  it('are inverse to printing', () => {
    const any = fc.record({
      type: fc.constantFrom('ppi' as const, 'spi' as const, 'lpi' as const, 'sgi' as const),
      number: fc.nat({ max: 0xffffff }),
    });
    fc.assert(
      fc.property(any, (interrupt) => {
        expect(parseKey(keyOf(interrupt))).toEqual(interrupt);
        expect(parseInterrupt(formatInterrupt(interrupt))).toEqual(interrupt);
      }),
    );
  });

  it('are refused when they are not exactly a key', () => {
    for (const key of ['PPI27', 'ppi 27', 'ppi027', 'ppi', 'ppi-1', 'ppi27 ', 'irq27', 'ppi99999999', 'spi16777216'])
      expect(parseKey(key), key).toBeUndefined();
  });
});
