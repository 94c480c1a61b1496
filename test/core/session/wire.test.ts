import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANSWER_LIMITS, WireError, type WireLimits, decodeFrame, encodeFrame } from '../../../core/session/wire.ts';

const typedArray = fc.oneof(
  fc.uint8Array(),
  fc.int8Array(),
  fc.uint16Array(),
  fc.int16Array(),
  fc.uint32Array(),
  fc.int32Array(),
  fc.float32Array(),
  fc.float64Array(),
);
/** Names that could be mistaken for marks, or that reach into prototypes. */
const key = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
  fc.constantFrom('$', '__proto__', 'constructor', 'toJSON', 'length'),
);
const message = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(
      null,
      true,
      false,
      NaN,
      Infinity,
      -Infinity,
      -0,
      0,
      Number.MAX_SAFE_INTEGER,
      '',
      '$',
      'NaN',
      '\ud800',
    ),
    fc.double(),
    fc.string({ unit: 'binary' }),
    typedArray,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((members) => Object.fromEntries(members)),
  ),
})).value;

const small: WireLimits = { bytes: 4096, arrays: 4, depth: 8 };

describe('the wire codec', () => {
  it('gives back every plain value with typed arrays anywhere inside', () => {
    fc.assert(
      fc.property(message, (value) => {
        expectSame(decodeFrame(encodeFrame(value)), value);
      }),
      { numRuns: 500 },
    );
  });

  it('reads a frame that starts at any byte of a larger buffer', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 0, max: 9 }), (value, offset) => {
        const frame = encodeFrame(value);
        const buffer = new Uint8Array(frame.length + 10).fill(0xee);
        buffer.set(frame, offset);
        expectSame(decodeFrame(buffer.subarray(offset, offset + frame.length)), value);
      }),
    );
  });

  it('gives each array memory of its own', () => {
    const sent = { a: new Float64Array([1, 2]), b: new Uint32Array([3]) };
    const received = decodeFrame(encodeFrame(sent)) as typeof sent;
    expect(received.a.buffer.byteLength).toBe(16);
    expect(received.b.buffer).not.toBe(received.a.buffer);
  });

  it('sends a Node buffer and a part of an array as what they show', () => {
    const part = new Uint32Array([1, 2, 3, 4]).subarray(1, 3);
    expect(decodeFrame(encodeFrame([Buffer.from('abc'), part]))).toStrictEqual([
      new Uint8Array([97, 98, 99]),
      new Uint32Array([2, 3]),
    ]);
  });

  it('leaves out undefined members and refuses what has no form, naming the place', () => {
    expect(decodeFrame(encodeFrame({ a: undefined, b: 1 }))).toStrictEqual({ b: 1 });
    expect(() => encodeFrame({ rows: [1, 5n] })).toThrow(
      new WireError('value.rows.1: a value of type bigint cannot be sent'),
    );
    expect(() => encodeFrame({ when: new Date(0) })).toThrow(/value\.when: only plain objects/);
    expect(() => encodeFrame([undefined])).toThrow(/value\.0/);
    expect(() => encodeFrame(new Map())).toThrow(WireError);
    expect(() => encodeFrame({ f: new BigInt64Array(1) })).toThrow(/BigInt64Array/);
  });

  it('keeps to its limits in both directions', () => {
    const deep = (depth: number): unknown => (depth === 0 ? 1 : [deep(depth - 1)]);
    expect(decodeFrame(encodeFrame(deep(8), small), small)).toStrictEqual(deep(8));
    expect(() => encodeFrame(deep(9), small)).toThrow(/deeper than 8/);
    expect(() => decodeFrame(encodeFrame(deep(9)), small)).toThrow(/deeper than 8/);
    const arrays = Array.from({ length: 5 }, () => new Uint8Array(1));
    expect(() => encodeFrame(arrays, small)).toThrow(/more than 4/);
    expect(() => decodeFrame(encodeFrame(arrays), small)).toThrow(/at most 4/);
    expect(() => encodeFrame('x'.repeat(5000), small)).toThrow(/limit of 4096/);
    expect(() => decodeFrame(encodeFrame('x'.repeat(5000)), small)).toThrow(/limit of 4096/);
  });

  it('survives a cycle', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => encodeFrame(loop)).toThrow(/deeper than/);
  });

  it('answers any damage with a WireError and nothing else', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(message, damage, fc.nat(64), (value, flips, cut) => {
        const frame = encodeFrame(value);
        for (const [at, byte] of flips) frame[at % frame.length] = byte;
        expectReadOrWireError(frame.subarray(0, frame.length - (cut > 32 ? cut - 32 : 0)));
      }),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectReadOrWireError));
  });

  it('does not reserve memory for lengths that the frame does not have', () => {
    const frame = encodeFrame([new Float64Array(1)]);
    new DataView(frame.buffer).setUint32(16, 0x1fff_ffff, true);
    expect(() => decodeFrame(frame)).toThrow(/the frame at/);
  });

  it('refuses marks that point nowhere', () => {
    for (const text of [
      '{"$":0}',
      '{"$":"x"}',
      '{"$":null}',
      '{"$":[1]}',
      '{"$":0.5}',
      '{"$":"NaN","a":1}',
      '{"$":true}',
    ]) {
      expect(() => decodeFrame(frameOf(text)), text).toThrow(WireError);
    }
    expect(decodeFrame(frameOf('{"$":"NaN"}'))).toBeNaN();
  });
});

/** Vitest's own equality asks an object's `constructor`, which here may be data. */
function expectSame(received: unknown, sent: unknown): void {
  if (!isDeepStrictEqual(received, sent)) expect(received).toStrictEqual(sent);
  expect(isDeepStrictEqual(received, sent)).toBe(true);
}

function expectReadOrWireError(frame: Uint8Array): void {
  try {
    decodeFrame(frame, ANSWER_LIMITS);
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
  }
}

/** A frame around any text, without arrays. */
function frameOf(text: string): Uint8Array {
  const json = new TextEncoder().encode(text);
  const frame = new Uint8Array(16 + Math.ceil(json.length / 8) * 8);
  frame.set(encodeFrame(null).subarray(0, 16));
  new DataView(frame.buffer).setUint32(4, json.length, true);
  frame.set(json, 16);
  return frame;
}
