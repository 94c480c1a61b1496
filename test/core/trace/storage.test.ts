import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nanoseconds, seq } from '../../../core/state/brand.ts';
import { unwrap, wrap } from '../../../core/trace/blob.ts';
import { ByteReader, ByteWriter } from '../../../core/trace/bytes.ts';
import { NAME_LENGTH_LIMIT, NameTable, OVERFLOW_NAME, TYPE_LIMIT, TypeTable } from '../../../core/trace/dictionary.ts';
import { TraceError } from '../../../core/trace/errors.ts';
import { InterruptIndex, fieldHi, fieldLo } from '../../../core/trace/interrupt-index.ts';
import { stateCode } from '../../../core/trace/interrupts.ts';
import { LruCache } from '../../../core/trace/lru.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { signed64 } from '../../../core/trace/rows.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { SUMMARY, buildTrace, tracePath } from './support.ts';

const u32 = fc.oneof(
  fc.constantFrom(0, 1, 255, 256, 65_535, 65_536, 0xffff_ffff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

describe('bytes', () => {
  it('bring back columns of every width', () => {
    fc.assert(
      fc.property(fc.array(u32), fc.constantFrom(0, 8, 16, 24), (list, shift) => {
        const values = Uint32Array.from(list, (value) => value >>> shift);
        const out = new ByteWriter(4);
        out.column(values, values.length);
        const input = new ByteReader(out.view(), 'test');
        expect(input.column(new Uint32Array(values.length), values.length)).toEqual(values);
        input.end();
      }),
    );
  });

  it('bring back whole numbers up to 53 bits', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat()), (list) => {
        const out = new ByteWriter(1);
        for (const value of list) out.varint(value);
        const input = new ByteReader(out.view(), 'test');
        expect(list.map(() => input.varint())).toEqual(list);
        input.end();
      }),
    );
  });

  it('that are arbitrary end in a TraceError, not beyond the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const input = new ByteReader(bytes, 'test');
        try {
          for (;;) {
            input.column(new Uint32Array(8), 8);
            input.varint();
          }
        } catch (error) {
          expect(error).toBeInstanceOf(TraceError);
        }
      }),
    );
  });
});

describe('a blob', () => {
  it('brings back its content, stored or compressed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), (content) => {
        expect(Buffer.from(unwrap(wrap(content), 'test'))).toEqual(Buffer.from(content));
        expect(Buffer.from(unwrap(wrap(content, 1, 0), 'test'))).toEqual(Buffer.from(content));
      }),
    );
  });

  it('notices a flipped bit anywhere', () => {
    const content = Uint8Array.from({ length: 3000 }, (_, i) => (i * i) % 251);
    for (const store of [0, 1e6]) {
      const blob = wrap(content, 1, store);
      for (let at = 0; at < blob.length; at += 7) {
        const broken = Buffer.from(blob);
        broken[at] = (broken[at] ?? 0) ^ 4;
        expect(() => unwrap(broken, 'test'), `byte ${at}`).toThrow(TraceError);
      }
    }
  });

  it('never unpacks to more than its limit', () => {
    const bomb = wrap(new Uint8Array(50_000_000));
    expect(bomb.length).toBeLessThan(10_000);
    expect(() => unwrap(bomb, 'the bomb', 1000)).toThrow('the bomb: unpacks to 50000000 bytes, at most 1000');
    bomb.writeUInt32LE(1000, 1);
    expect(() => unwrap(bomb, 'the bomb', 1000)).toThrow(TraceError);
  });
});

describe('dictionaries', () => {
  it('do not keep a name that is too long, and the event has it all the same', () => {
    const names = new NameTable();
    expect(names.intern('x'.repeat(NAME_LENGTH_LIMIT + 1))).toBe(OVERFLOW_NAME);
    const path = tracePath();
    const writer = new TraceWriter(path);
    const event = 'y'.repeat(5000);
    writer.append({ kind: 'other', time: nanoseconds(0), origin: 'unknown', event, detail: { a: 1 } });
    writer.append({ kind: 'other', time: nanoseconds(0), origin: 'unknown', event });
    writer.finish(SUMMARY);
    const reader = new TraceReader(path);
    expect(reader.event(seq(0))).toMatchObject({ event, detail: { a: 1 } });
    expect(reader.event(seq(1))).toEqual({ seq: 1, kind: 'other', time: 0, origin: 'unknown', event });
    reader.close();
  });

  it('hold a bounded number of types, and further events keep their source name', () => {
    const path = tracePath();
    const writer = new TraceWriter(path);
    for (let i = 0; i < TYPE_LIMIT + 50; i++)
      writer.append({ kind: 'vcpu.wake', time: nanoseconds(i), origin: 'unknown', source: `name${i}` });
    writer.finish(SUMMARY);
    const reader = new TraceReader(path);
    expect(reader.types.size).toBeLessThan(TYPE_LIMIT);
    expect(reader.eventList(seq(0), reader.count).map((event) => event.source)).toEqual(
      Array.from({ length: TYPE_LIMIT + 50 }, (_, i) => `name${i}`),
    );
    reader.close();
    expect(new TypeTable().intern('lost', 'guest', 'z'.repeat(NAME_LENGTH_LIMIT + 1))).toBeUndefined();
  });
});

describe('64-bit values', () => {
  it('are stored as the signed integer with the same bits', () => {
    fc.assert(
      fc.property(u32, u32, (lo, hi) => {
        const value = signed64(lo, hi);
        expect(BigInt.asUintN(64, BigInt(value))).toBe((BigInt(hi) << 32n) | BigInt(lo));
      }),
    );
  });

  it('are cut to fields as bigint arithmetic does', () => {
    fc.assert(
      fc.property(u32, u32, fc.integer({ min: 0, max: 63 }), fc.integer({ min: 1, max: 64 }), (lo, hi, lsb, wide) => {
        const width = Math.min(wide, 64 - lsb);
        const value = BigInt.asUintN(width, ((BigInt(hi) << 32n) | BigInt(lo)) >> BigInt(lsb));
        expect((BigInt(fieldHi(hi, lsb, width)) << 32n) | BigInt(fieldLo(lo, hi, lsb, width))).toBe(value);
      }),
    );
  });
});

describe('the index of interrupts', () => {
  it('computes the same state code as the plain definition', () => {
    const built = buildTrace(2000, { seed: 3 });
    const reader = new TraceReader(built.path);
    for (const state of built.states) {
      const whole = state.clone();
      whole.growTo(reader.layout);
      for (const [id, { fields }] of reader.interrupts.entries())
        expect(reader.interruptIndex.stateCode(id, whole)).toBe(stateCode(fields, whole));
    }
    reader.close();
  });

  it('refuses a field that overlaps another or leaves its slot', () => {
    const reader = new TraceReader(buildTrace(2000, { stride: 2000 }).path);
    const [first] = reader.interruptIndex.fields;
    if (first === undefined) return expect.fail('no fields');
    const index = new InterruptIndex();
    const id = index.declare(reader.interrupts[0]?.intid ?? expect.fail(), undefined) ?? 0;
    const { slot } = first.range;
    index.addField(id, 'pending', { slot, lsb: 0, width: 2 });
    expect(index.addField(id, 'pending', { slot, lsb: 0, width: 2 })).toBeUndefined();
    expect(() => index.addField(id, 'active', { slot, lsb: 1, width: 1 })).toThrow('already belongs');
    expect(() => index.addField(id, 'active', { slot, lsb: 60, width: 8 })).toThrow(RangeError);
    expect(() => index.addField(id, 'pending', { slot, lsb: 9, width: 1 })).toThrow('already in slot');
    reader.close();
  });
});

describe('the cache', () => {
  it('drops what was not used for longest', () => {
    const cache = new LruCache<number, string>(2);
    cache.set(1, 'a');
    cache.set(2, 'b');
    cache.get(1);
    cache.set(3, 'c');
    expect([cache.get(1), cache.get(2), cache.get(3)]).toEqual(['a', undefined, 'c']);
  });
});

describe('raw lines', () => {
  it('are found by number, with gaps, over several pieces', () => {
    const path = tracePath();
    const writer = new TraceWriter(path);
    const text = (line: number): string => `${line} é€😀${'x'.repeat(line % 300)}`;
    const isGap = (line: number): boolean => line % 7 === 0;
    for (let line = 1; line < 12_000; line++) if (!isGap(line)) writer.rawLine(line, text(line));
    writer.skip({ line: 11_999, reason: 'not a record', text: 'cut' });
    writer.finish(SUMMARY);
    const reader = new TraceReader(path);
    for (let line = 0; line < 12_100; line += 13)
      expect(reader.rawLine(line), `${line}`).toBe(
        line === 0 || line >= 12_000 || isGap(line) ? undefined : text(line),
      );
    expect(reader.skippedLines(0, 10)).toEqual([{ line: 11_999, reason: 'not a record', text: 'cut' }]);
    reader.close();
  });

  it('are the same given as places in the bytes of their source, with text between', () => {
    const path = tracePath();
    const writer = new TraceWriter(path);
    const long = 'y'.repeat(70_000);
    const sources = ['one\ntwo\r\n\nfour\n', `${long}\nfive\n`, 'x'.repeat(900_000).replaceAll('xxx', 'yx\n')];
    const expected: string[] = [];
    for (const source of sources) {
      const bytes = Buffer.from(source, 'latin1');
      const first = expected.length + 1;
      const ends: number[] = [];
      for (let start = 0; start < bytes.length; start = (ends.at(-1) ?? 0) + 1) {
        ends.push(bytes.indexOf(10, start));
        expected.push(source.slice(start, Math.min(ends.at(-1) ?? 0, start + 65_536)));
      }
      writer.rawLines(first, bytes, 0, Int32Array.from(ends), ends.length);
      bytes.fill(0);
      writer.rawLine(expected.push(`é after ${source.length}`), `é after ${source.length}`);
    }
    writer.finish(SUMMARY);
    const reader = new TraceReader(path);
    expect(expected.map((_, i) => reader.rawLine(i + 1))).toEqual(expected);
    reader.close();
  });

  it('must come in order', () => {
    const writer = new TraceWriter(tracePath());
    writer.rawLine(5, 'a');
    expect(() => writer.rawLine(5, 'again')).toThrow('line numbers must rise');
    writer.abort();
  });
});
