/** Sizes and look-ups of interrupt state tables (gicv5-spi-lpi-behaviour §3). */
import { describe, expect, it } from 'vitest';
import { Ist } from '../../../../../core/gic/v5/irs/ist.ts';
import {
  icsrLow,
  iaffidOf,
  level1Bytes,
  level2Bits,
  priorityMask,
  priorityOf,
  requiredIstsz,
} from '../../../../../core/gic/v5/irs/iste.ts';
import { SlotMemory } from '../../../../../core/gic/v5/irs/memory.ts';
import { Journal } from '../../../../../core/state/journal.ts';
import { Layout } from '../../../../../core/state/layout.ts';

const BASE = 0x8000_0000;

function memory(word: 4 | 8 = 8): SlotMemory {
  const made = new SlotMemory(new Journal(new Layout()));
  made.add({ base: BASE, bytes: 0x10_0000, word, path: (n) => `m${n}` });
  return made;
}

describe('sizes of a table', () => {
  it.each([
    [0, 0, 1024],
    [0, 1, 4096],
    [0, 2, 16_384],
    [1, 0, 512],
    [2, 0, 256],
    [2, 2, 4096],
  ])('cover, with entry size %d and level-2 size %d, %d numbers per level-2 table', (istsz, l2sz, count) => {
    expect(2 ** level2Bits(istsz, l2sz)).toBe(count);
  });

  it('never make a level-1 table smaller than 64 bytes', () => {
    expect([level1Bytes(12, 0, 0), level1Bytes(24, 0, 0)]).toEqual([64, 131_072]);
  });

  it('grow with the metadata that an IRS needs', () => {
    expect(requiredIstsz({ istmd: false, istmdSize: 0 }, 16)).toBe(0);
    expect([8, 9].map((bits) => requiredIstsz({ istmd: true, istmdSize: 9 }, bits))).toEqual([1, 2]);
  });
});

describe('an entry', () => {
  it('has the fields of the architecture', () => {
    const word = 0x00ff_0809;
    expect([iaffidOf(word), priorityOf(word), icsrLow(word)]).toEqual([0xff, 1, 0x806]);
    expect([1, 4, 5].map(priorityMask)).toEqual([0x10, 0x1e, 0x1f]);
  });
});

describe('a look-up', () => {
  it.each([4, 8] as const)('finds 4-byte entries in memory of %d-byte words', (word) => {
    const ist = new Ist(memory(word), { base: BASE, idBits: 5, istsz: 0, twoLevel: false, l2sz: 0 });
    for (const number of [0, 1, 31]) expect(ist.write(number, 0x100 + number)).toBe(true);
    expect([0, 1, 2, 31].map((number) => ist.read(number))).toEqual([0x100, 0x101, 0, 0x11f]);
    expect([ist.read(32), ist.write(32, 1)]).toEqual([undefined, false]);
    const seen: [number, number][] = [];
    ist.forEach((number, value) => seen.push([number, value]));
    expect(seen.toSorted(([a], [b]) => a - b)).toEqual([
      [0, 0x100],
      [1, 0x101],
      [31, 0x11f],
    ]);
  });

  it('steps over metadata behind an entry', () => {
    const ram = memory();
    const ist = new Ist(ram, { base: BASE, idBits: 5, istsz: 2, twoLevel: false, l2sz: 0 });
    ist.write(3, 7);
    expect(ram.load32(BASE + 48)).toBe(7);
  });

  it('goes through valid level-1 entries alone', () => {
    const ram = memory();
    const ist = new Ist(ram, { base: BASE, idBits: 12, istsz: 0, twoLevel: true, l2sz: 0 });
    expect(ist.read(0x400)).toBeUndefined();
    ram.store64(BASE + 8, BigInt(BASE + 0x1000) | 1n);
    expect(ist.write(0x401, 9)).toBe(true);
    expect([ist.read(0x401), ram.load32(BASE + 0x1004), ist.read(0x801)]).toEqual([9, 9, undefined]);
  });

  it('fails where there is no memory', () => {
    const ist = new Ist(memory(), { base: 0x9000_0000, idBits: 5, istsz: 0, twoLevel: false, l2sz: 0 });
    expect([ist.read(0), ist.write(0, 1)]).toEqual([undefined, false]);
  });
});
