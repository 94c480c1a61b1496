import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CODEC_BY_ID,
  KIND_CODECS,
  codecOf,
  emptyPayload,
  packPayload,
  unpackPayload,
} from '../../../core/trace/columns.ts';
import { nanoseconds } from '../../../core/state/brand.ts';
import { KINDS, type Kind, type KindSpec, type NewEvent } from '../../../core/trace/kinds.ts';

const u64 = fc.oneof(
  fc.constantFrom(0n, 1n, 0xffff_ffffn, 0x1_0000_0000n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);

function fieldArbitrary(field: KindSpec['fields'][string]): fc.Arbitrary<unknown> {
  const bits = field.place.at === 'small' ? field.place.bits : 32;
  const whole = ((): fc.Arbitrary<unknown> => {
    switch (field.type) {
      case 'u64':
        return u64;
      case 'u32':
      case 'intid':
        return fc.integer({ min: 0, max: 2 ** bits - 1 });
      case 'bool':
        return fc.boolean();
      case 'text':
        return fc.string({ minLength: 1 });
      default:
        return fc.constantFrom(...field.type.filter((word) => word !== ''));
    }
  })();
  return field.optional === true ? fc.option(whole, { nil: undefined }) : whole;
}

function eventArbitrary(kind: Kind): fc.Arbitrary<NewEvent> {
  const spec: KindSpec = KINDS[kind];
  const fields = Object.fromEntries(Object.entries(spec.fields).map(([key, field]) => [key, fieldArbitrary(field)]));
  return fc.record(fields).map((payload) => {
    const present = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
    // Built from the table that declares the union.
    return { time: nanoseconds(0), origin: 'guest', kind, ...present } as unknown as NewEvent;
  });
}

describe('the codec of event kinds', () => {
  for (const codec of KIND_CODECS.values())
    it(`brings back every payload of ${codec.kind}, with optional fields absent or present`, () => {
      fc.assert(
        fc.property(eventArbitrary(codec.kind), (event) => {
          const packed = emptyPayload();
          packPayload(codec, event, packed);
          const { time: _time, origin: _origin, kind: _kind, ...payload } = event;
          expect(unpackPayload(codec, packed)).toEqual(payload);
          expect(packed.small).toBeLessThan(4096);
        }),
        { numRuns: 200 },
      );
    });

  it('gives no two fields of a kind overlapping places', () => {
    for (const { kind, fields } of KIND_CODECS.values()) {
      const used = new Set<string>();
      for (const { key, spec } of fields) {
        const { place } = spec;
        const cells =
          place.at === 'small' ? Array.from({ length: place.bits }, (_, bit) => `small${place.lsb + bit}`) : [place.at];
        for (const cell of cells) {
          expect(used.has(cell), `${kind}.${key} at ${cell}`).toBe(false);
          used.add(cell);
        }
        if (place.at === 'small') expect(place.lsb + place.bits).toBeLessThanOrEqual(12);
      }
    }
  });

  it('has one kind a number', () => {
    const ids = Object.values<KindSpec>(KINDS).map((kind) => kind.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const codec of KIND_CODECS.values()) expect(CODEC_BY_ID[codec.id]).toBe(codec);
  });

  it('refuses a value that does not fit, and says which', () => {
    const event = {
      kind: 'mmio.access',
      time: nanoseconds(0),
      origin: 'guest',
      register: 'GICD_CTLR',
      op: 'read',
      size: 16,
      offset: 0n,
    } as const;
    expect(() => packPayload(codecOf('mmio.access'), event, emptyPayload())).toThrow(
      'event mmio.access: size is 16, wanted less than 16',
    );
  });

  it('takes an enumeration number from the file that stands for nothing as damage', () => {
    const packed = { ...emptyPayload(), small: 7 };
    expect(() => unpackPayload(codecOf('timer.line'), packed)).toThrow('timer is 7, which stands for nothing');
  });
});
