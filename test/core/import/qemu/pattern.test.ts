import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile, match } from '../../../../core/import/qemu/pattern.ts';
import { Said } from '../../../../core/import/qemu/said.ts';

function read(pattern: string, text: string): Said | undefined {
  const said = new Said();
  const bytes = Buffer.from(`before ${text} after`);
  return match(compile(pattern), bytes, 7, 7 + text.length, said) ? said : undefined;
}

describe('a pattern', () => {
  it('reads numbers of each kind into the named fields', () => {
    expect(read('x {a:d} y {b:u} z 0x{c:x}', 'x -7 y 4294967295 z 0xffFFffff')).toMatchObject({
      a: -7,
      b: 0xffff_ffff,
      c: 0xffff_ffff,
    });
    expect(read('{v} {w}', '1122334455667788 ffffffffffffffff')).toMatchObject({
      vHi: 0x1122_3344,
      vLo: 0x5566_7788,
      wHi: 0xffff_ffff,
      wLo: 0xffff_ffff,
    });
  });

  it('takes text up to what follows, or to the end', () => {
    expect(read('IRS {s} {t}: {_} end', 'IRS NonSecure a b: whatever it is end')).toMatchObject({
      s: 'NonSecure',
      t: 'a b',
    });
    expect(read('why: {s}', 'why: no reason at all')).toMatchObject({ s: 'no reason at all' });
    const pattern = compile('{s}.');
    for (const word of ['one', 'two', 'two', 'one']) {
      const said = new Said();
      expect(match(pattern, Buffer.from(`${word}.`), 0, word.length + 1, said)).toBe(true);
      expect(said.s).toBe(word);
    }
  });

  it('matches the whole text or nothing', () => {
    for (const text of [
      'x 1',
      'x 1 y 2 ',
      ' x 1 y 2',
      'x 1 y',
      'x  y 2',
      'x 1 y 2x',
      'x -1 y 2',
      'x 4294967296 y 2',
      'x 1 y 0x2',
    ])
      expect(read('x {a:u} y {b:u}', text)).toBeUndefined();
    expect(read('0x{a:x}', '0x100000000')).toBeUndefined();
    expect(read('0x{v}', '0x12345678901234567')).toBeUndefined();
    expect(read('0x{v}', '0x')).toBeUndefined();
  });

  it('must be written with places that exist', () => {
    for (const wrong of ['{q}', '{a}', '{a:z}', 'x {', '{v:x}']) expect(() => compile(wrong)).toThrow(SyntaxError);
  });

  it('reads back what was printed', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 2n ** 64n - 1n),
        fc.nat(0xffff_ffff),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        (wide, u, d) => {
          const line = read(
            'a {a:d} b {b:u} c 0x{c:x} v 0x{v}',
            `a ${d} b ${u} c 0x${u.toString(16)} v 0x${wide.toString(16)}`,
          );
          expect(line).toMatchObject({ a: d, b: u, c: u });
          expect((BigInt(line?.vHi ?? 0) << 32n) | BigInt(line?.vLo ?? 0)).toBe(wide);
        },
      ),
    );
  });
});
