/** Entries of an ITS's tables in memory: every value survives, and nothing spills into a neighbour. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeCollection,
  decodeDevice,
  decodeEvent,
  decodeLevel1,
  encodeCollection,
  encodeDevice,
  encodeEvent,
  NOT_MAPPED,
} from '../../../../../core/kvm/v3/its/entries.ts';

const idOf = (most: number) => fc.integer({ min: 0, max: most });

describe('table entries', () => {
  it('of devices, events and collections come back as they were written', () => {
    const itt = fc.bigInt({ min: 0n, max: (1n << 44n) - 1n }).map((page) => page << 8n);
    fc.assert(
      fc.property(itt, fc.integer({ min: 1, max: 32 }), idOf(0x3fff), (address, idBits, next) => {
        const entry = { itt: address, idBits, next };
        expect(decodeDevice(encodeDevice(entry))).toEqual(entry);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 0xffff_ffff }), idOf(0xffff), idOf(0xffff), (lpi, icid, next) => {
        expect(decodeEvent(encodeEvent({ lpi, icid, next }))).toEqual({ lpi, icid, next });
      }),
    );
    fc.assert(
      fc.property(idOf(0xffff_ffff), idOf(0xffff), (target, icid) => {
        expect(decodeCollection(encodeCollection({ target, icid }))).toEqual({ target, icid });
      }),
    );
  });

  it('cap the distance to the next entry at what its field holds', () => {
    expect(decodeDevice(encodeDevice({ itt: 0n, idBits: 16, next: 0xffff }))?.next).toBe(0x3fff);
    expect(decodeEvent(encodeEvent({ lpi: 8192, icid: 0, next: 0x1_0000 }))?.next).toBe(0xffff);
  });

  it('that are not valid are no entries', () => {
    expect([decodeDevice((1n << 63n) - 1n), decodeCollection(0n), decodeLevel1(0x4000_0000n)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(decodeEvent(0xffff_0000_0000_ffffn)).toBeUndefined();
    expect(decodeCollection(encodeCollection({ target: NOT_MAPPED, icid: 3 }))?.target).toBe(NOT_MAPPED);
  });

  it('of a first level are addresses of 64 KiB pages', () => {
    expect(decodeLevel1(0xbfff_ffff_ffff_ffffn)).toBe(0xf_ffff_ffff_0000n);
  });
});
