import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Prefix } from '../../../../core/import/qemu/prefix.ts';

const words = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const stamp = (second: string, fraction: string): Buffer =>
  Buffer.from(`.2026-11-20T21:55:${second}.${fraction}Z rest`);

/** A prefix that has read a line of second 34. */
function after34(): Prefix {
  const prefix = new Prefix();
  const line = stamp('34', '000001');
  prefix.read(line, 1, line.length);
  return prefix;
}

describe('a time stamp in the second of the one before', () => {
  it('is read again as it is read the first time', () => {
    fc.assert(
      fc.property(fc.nat(999_999), (micros) => {
        const line = stamp('34', String(micros).padStart(6, '0'));
        const [again, first] = [after34(), new Prefix()];
        expect(again.readAgain(words(line), 1, line.length)).toBe(first.read(line, 1, line.length));
        expect([again.seconds, again.nanos]).toEqual([first.seconds, first.nanos]);
        expect(again.nanos).toBe(micros * 1000);
      }),
    );
  });

  it('is left to a closer look where anything in it is not as usual', () => {
    const usual = stamp('34', '319330');
    const last = usual.length - 'rest'.length;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: last - 1 }), fc.nat(255), (at, byte) => {
        const line = Buffer.from(usual);
        line[at] = byte;
        const prefix = after34();
        const isDigit = at > 20 && at < last - 2 && byte >= 48 && byte <= 57;
        const wanted = isDigit || byte === usual[at] ? last : 1;
        expect(prefix.readAgain(words(line), 1, line.length)).toBe(wanted);
      }),
      { numRuns: 2000 },
    );
  });

  it('must be there as a whole, and another one before it', () => {
    const line = stamp('34', '319330');
    expect(after34().readAgain(words(line), 1, 28)).toBe(1);
    expect(after34().readAgain(words(line), 1, 29)).toBe(29);
    expect(new Prefix().readAgain(words(line), 1, line.length)).toBe(1);
    expect(new Prefix().readAgain(new DataView(new ArrayBuffer(64)), 1, 64)).toBe(1);
    const next = stamp('35', '319330');
    expect(after34().readAgain(words(next), 1, next.length)).toBe(1);
  });
});
