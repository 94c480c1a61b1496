/**
 * What instructions compute, against formulas on bigint that follow the architecture's definitions and share nothing
 * with the executor.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Core, Ram } from '../../../../core/machine/a64/index.ts';
import { ORIGIN, wordOf } from './support/facts.ts';

const M64 = (1n << 64n) - 1n;

interface State {
  readonly x: Readonly<Record<number, bigint>>;
  readonly nzcv: number;
}

const ram = new Ram(ORIGIN, 65_536);
const core = new Core({ ram });
const words = new Map<string, Uint8Array>();

function bytesOf(text: string): Uint8Array {
  let bytes = words.get(text);
  if (bytes === undefined) {
    const word = wordOf(text, ORIGIN);
    if (typeof word !== 'number') throw new Error(`${text}: ${word}`);
    bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, word, true);
    words.set(text, bytes);
  }
  return bytes;
}

/** Runs one instruction with X1, X2, X3 and flags given; X0 and the flags come out. */
function execute(text: string, { x, nzcv }: State): { readonly x0: bigint; readonly nzcv: number } {
  ram.write(ORIGIN, bytesOf(text));
  core.reset(ORIGIN);
  for (const [n, value] of Object.entries(x)) core.setX(Number(n), value);
  core.nzcv = nzcv;
  expect(core.step().kind).toBe('limit');
  expect(core.pcValue).toBe(ORIGIN + 4n);
  return { x0: core.x(0), nzcv: core.nzcv };
}

const edges = [0n, 1n, M64, 1n << 63n, (1n << 63n) - 1n, 1n << 31n, (1n << 31n) - 1n, (1n << 32n) - 1n, 1n << 32n];
const value = fc.oneof(fc.bigInt(0n, M64), fc.constantFrom(...edges), fc.bigInt(0n, 70n));
const state: fc.Arbitrary<State> = fc
  .tuple(value, value, value, value, fc.nat(15))
  .map(([x0, x1, x2, x3, nzcv]) => ({ x: { 0: x0, 1: x1, 2: x2, 3: x3 }, nzcv }));

const cut = (v: bigint, bits: number): bigint => BigInt.asUintN(bits, v);
const sign = (v: bigint, bits: number): bigint => BigInt.asIntN(bits, v);

/** The architecture's AddWithCarry: result and N:Z:C:V. */
function addWithCarry(
  a: bigint,
  b: bigint,
  carry: bigint,
  bits: number,
): { readonly sum: bigint; readonly flags: number } {
  const x = cut(a, bits);
  const y = cut(b, bits);
  const sum = cut(x + y + carry, bits);
  const n = sign(sum, bits) < 0n ? 8 : 0;
  const z = sum === 0n ? 4 : 0;
  const c = x + y + carry !== sum ? 2 : 0;
  const v = sign(x, bits) + sign(y, bits) + carry !== sign(sum, bits) ? 1 : 0;
  return { sum, flags: n | z | c | v };
}

type Formula = (s: {
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  readonly old: bigint;
  readonly bits: number;
  readonly nzcv: number;
}) => { readonly x0?: bigint; readonly nzcv?: number };

const carryOf = (nzcv: number): bigint => BigInt((nzcv >> 1) & 1);
const plain =
  (formula: (a: bigint, b: bigint, bits: number) => bigint): Formula =>
  (s) => ({ x0: formula(s.a, s.b, s.bits) });

/** Templates with R for the size; X1, X2, X3 are a, b, c and X0 the result. */
const FORMULAS: Readonly<Record<string, Formula>> = {
  'add R0, R1, R2': plain((a, b) => a + b),
  'sub R0, R1, R2': plain((a, b) => a - b),
  'add R0, R1, #4095': plain((a) => a + 4095n),
  'sub R0, R1, #1, lsl #12': plain((a) => a - 4096n),
  'add R0, R1, R2, lsl #7': plain((a, b) => a + (b << 7n)),
  'sub R0, R1, R2, lsr #9': plain((a, b) => a - (b >> 9n)),
  'add R0, R1, R2, asr #31': plain((a, b, bits) => a + (sign(b, bits) >> 31n)),
  'add R0, R1, W2, uxtb #2': plain((a, b) => a + (cut(b, 8) << 2n)),
  'sub R0, R1, W2, sxth #4': plain((a, b) => a - (sign(b, 16) << 4n)),
  'add R0, R1, W2, sxtw #1': plain((a, b) => a + (sign(b, 32) << 1n)),
  'and R0, R1, R2, ror #13': plain((a, b, bits) => a & ((b >> 13n) | (b << BigInt(bits - 13)))),
  'orn R0, R1, R2, lsl #1': plain((a, b) => a | ~(b << 1n)),
  'eon R0, R1, R2': plain((a, b) => a ^ ~b),
  'bic R0, R1, R2': plain((a, b) => a & ~b),
  'eor R0, R1, #0x00fffff0': plain((a) => a ^ 0x00ff_fff0n),
  'mul R0, R1, R2': plain((a, b) => a * b),
  'madd R0, R1, R2, R3': (s) => ({ x0: s.c + s.a * s.b }),
  'msub R0, R1, R2, R3': (s) => ({ x0: s.c - s.a * s.b }),
  'udiv R0, R1, R2': plain((a, b) => (b === 0n ? 0n : a / b)),
  'sdiv R0, R1, R2': plain((a, b, bits) => (b === 0n ? 0n : sign(a, bits) / sign(b, bits))),
  'lsl R0, R1, R2': plain((a, b, bits) => a << (b % BigInt(bits))),
  'lsr R0, R1, R2': plain((a, b, bits) => a >> (b % BigInt(bits))),
  'asr R0, R1, R2': plain((a, b, bits) => sign(a, bits) >> (b % BigInt(bits))),
  'ror R0, R1, R2': plain((a, b, bits) => (a >> (b % BigInt(bits))) | (a << (BigInt(bits) - (b % BigInt(bits))))),
  'extr R0, R1, R2, #19': plain((a, b, bits) => ((a << BigInt(bits)) | b) >> 19n),
  'ubfx R0, R1, #5, #20': plain((a) => cut(a >> 5n, 20)),
  'sbfx R0, R1, #5, #20': plain((a) => sign(a >> 5n, 20)),
  'ubfiz R0, R1, #5, #20': plain((a) => cut(a, 20) << 5n),
  'sbfiz R0, R1, #5, #20': plain((a) => sign(a, 20) << 5n),
  'bfi R0, R1, #5, #20': (s) => ({ x0: (s.old & ~(0xfffffn << 5n)) | (cut(s.a, 20) << 5n) }),
  'bfxil R0, R1, #5, #20': (s) => ({ x0: (s.old & ~0xfffffn) | cut(s.a >> 5n, 20) }),
  'clz R0, R1': plain((a, _, bits) => BigInt(bits - (a === 0n ? 0 : a.toString(2).length))),
  'cls R0, R1': plain((a, _, bits) => {
    const magnitude = sign(a, bits) < 0n ? cut(~a, bits) : a;
    return BigInt(bits - 1 - (magnitude === 0n ? 0 : magnitude.toString(2).length));
  }),
  'rbit R0, R1': plain((a, _, bits) => BigInt(`0b${[...a.toString(2).padStart(bits, '0')].toReversed().join('')}`)),
  'rev R0, R1': plain((a, _, bits) =>
    BigInt(
      `0x${(
        a
          .toString(16)
          .padStart(bits / 4, '0')
          .match(/../g) ?? []
      )
        .toReversed()
        .join('')}`,
    ),
  ),
  'rev16 R0, R1': plain((a) => ((a & 0x00ff_00ff_00ff_00ffn) << 8n) | ((a >> 8n) & 0x00ff_00ff_00ff_00ffn)),
  'adds R0, R1, R2': (s) => flagged(addWithCarry(s.a, s.b, 0n, s.bits)),
  'subs R0, R1, R2': (s) => flagged(addWithCarry(s.a, ~s.b, 1n, s.bits)),
  'adds R0, R1, #1': (s) => flagged(addWithCarry(s.a, 1n, 0n, s.bits)),
  'subs R0, R1, #0': (s) => flagged(addWithCarry(s.a, ~0n, 1n, s.bits)),
  'subs R0, R1, R2, asr #3': (s) => flagged(addWithCarry(s.a, ~(sign(s.b, s.bits) >> 3n), 1n, s.bits)),
  'adds R0, R1, W2, sxtb': (s) => flagged(addWithCarry(s.a, sign(s.b, 8), 0n, s.bits)),
  'adc R0, R1, R2': (s) => ({ x0: s.a + s.b + carryOf(s.nzcv) }),
  'sbc R0, R1, R2': (s) => ({ x0: s.a + cut(~s.b, s.bits) + carryOf(s.nzcv) }),
  'adcs R0, R1, R2': (s) => flagged(addWithCarry(s.a, s.b, carryOf(s.nzcv), s.bits)),
  'sbcs R0, R1, R2': (s) => flagged(addWithCarry(s.a, ~s.b, carryOf(s.nzcv), s.bits)),
  'ands R0, R1, R2': (s) => logic(s.a & s.b, s.bits),
  'bics R0, R1, R2, lsr #2': (s) => logic(s.a & cut(~(s.b >> 2n), s.bits), s.bits),
  'cmp R1, R2': (s) => ({ nzcv: addWithCarry(s.a, ~s.b, 1n, s.bits).flags }),
  'ccmp R1, R2, #5, lt': (s) => ({ nzcv: isLess(s.nzcv) ? addWithCarry(s.a, ~s.b, 1n, s.bits).flags : 5 }),
  'ccmn R1, #7, #10, ge': (s) => ({ nzcv: isLess(s.nzcv) ? 10 : addWithCarry(s.a, 7n, 0n, s.bits).flags }),
  'csel R0, R1, R2, hi': (s) => ({ x0: isHigher(s.nzcv) ? s.a : s.b }),
  'csinc R0, R1, R2, hi': (s) => ({ x0: isHigher(s.nzcv) ? s.a : s.b + 1n }),
  'csinv R0, R1, R2, lt': (s) => ({ x0: isLess(s.nzcv) ? s.a : ~s.b }),
  'csneg R0, R1, R2, lt': (s) => ({ x0: isLess(s.nzcv) ? s.a : -s.b }),
};

/** Those that exist in one size only. */
const LONG: Readonly<Record<string, (a: bigint, b: bigint, c: bigint, old: bigint) => bigint>> = {
  'umulh x0, x1, x2': (a, b) => (a * b) >> 64n,
  'smulh x0, x1, x2': (a, b) => (sign(a, 64) * sign(b, 64)) >> 64n,
  'umull x0, w1, w2': (a, b) => cut(a, 32) * cut(b, 32),
  'smull x0, w1, w2': (a, b) => sign(a, 32) * sign(b, 32),
  'umaddl x0, w1, w2, x3': (a, b, c) => c + cut(a, 32) * cut(b, 32),
  'smaddl x0, w1, w2, x3': (a, b, c) => c + sign(a, 32) * sign(b, 32),
  'umsubl x0, w1, w2, x3': (a, b, c) => c - cut(a, 32) * cut(b, 32),
  'smsubl x0, w1, w2, x3': (a, b, c) => c - sign(a, 32) * sign(b, 32),
  'sxtw x0, w1': (a) => sign(a, 32),
  'rev32 x0, x1': (a) => {
    const pairs = ((a & 0x00ff_00ff_00ff_00ffn) << 8n) | ((a >> 8n) & 0x00ff_00ff_00ff_00ffn);
    return ((pairs & 0x0000_ffff_0000_ffffn) << 16n) | ((pairs >> 16n) & 0x0000_ffff_0000_ffffn);
  },
  'movk x0, #0x1234, lsl #32': (_a, _b, _c, old) => (old & ~(0xffffn << 32n)) | (0x1234n << 32n),
  'add x0, x1, x2, sxtx #3': (a, b) => a + (b << 3n),
  'lsr x0, x1, #33': (a) => a >> 33n,
  'asr x0, x1, #40': (a) => sign(a, 64) >> 40n,
  'lsl x0, x1, #47': (a) => a << 47n,
  'ror x0, x1, #45': (a) => (a >> 45n) | (a << 19n),
  'ubfiz x0, x1, #40, #10': (a) => cut(a, 10) << 40n,
  'sbfx x0, x1, #30, #10': (a) => sign(a >> 30n, 10),
  'bfi x0, x1, #28, #9': (a, _b, _c, old) => (old & ~(0x1ffn << 28n)) | (cut(a, 9) << 28n),
};

const isLess = (nzcv: number): boolean => (nzcv & 8) >> 3 !== (nzcv & 1);
const isHigher = (nzcv: number): boolean => (nzcv & 2) !== 0 && (nzcv & 4) === 0;
const flagged = ({ sum, flags }: { sum: bigint; flags: number }): { x0: bigint; nzcv: number } => ({
  x0: sum,
  nzcv: flags,
});
const logic = (result: bigint, bits: number): { x0: bigint; nzcv: number } => {
  const x0 = cut(result, bits);
  return { x0, nzcv: (sign(x0, bits) < 0n ? 8 : 0) | (x0 === 0n ? 4 : 0) };
};

const shown = (v: bigint): string => `0x${v.toString(16)}`;

describe('data processing', () => {
  const sized = Object.entries(FORMULAS).flatMap(([template, formula]) =>
    ([64, 32] as const).map((bits) => [template.replaceAll('R', bits === 64 ? 'x' : 'w'), bits, formula] as const),
  );

  it.each(sized)('%s computes what its definition says', (text, bits, formula) => {
    fc.assert(
      fc.property(state, (s) => {
        const at = (n: number): bigint => cut(s.x[n] ?? 0n, bits);
        const wanted = formula({ a: at(1), b: at(2), c: at(3), old: at(0), bits, nzcv: s.nzcv });
        const found = execute(text, s);
        // A 32-bit result clears the upper half; an instruction without result leaves X0 alone.
        const x0 = wanted.x0 === undefined ? (s.x[0] ?? 0n) : cut(wanted.x0, bits);
        expect([shown(found.x0), found.nzcv]).toEqual([shown(x0), wanted.nzcv ?? s.nzcv]);
      }),
      { numRuns: 150 },
    );
  });

  it.each(Object.entries(LONG))('%s computes what its definition says', (text, formula) => {
    fc.assert(
      fc.property(state, (s) => {
        const wanted = cut(formula(s.x[1] ?? 0n, s.x[2] ?? 0n, s.x[3] ?? 0n, s.x[0] ?? 0n), 64);
        const found = execute(text, s);
        expect([shown(found.x0), found.nzcv]).toEqual([shown(wanted), s.nzcv]);
      }),
      { numRuns: 200 },
    );
  });

  it('holds each condition for exactly the flags that define it', () => {
    const holds: Readonly<Record<string, (n: number, z: number, c: number, v: number) => boolean>> = {
      eq: (_n, z) => z === 1,
      ne: (_n, z) => z === 0,
      cs: (_n, _z, c) => c === 1,
      cc: (_n, _z, c) => c === 0,
      mi: (n) => n === 1,
      pl: (n) => n === 0,
      vs: (_n, _z, _c, v) => v === 1,
      vc: (_n, _z, _c, v) => v === 0,
      hi: (_n, z, c) => c === 1 && z === 0,
      ls: (_n, z, c) => c === 0 || z === 1,
      ge: (n, _z, _c, v) => n === v,
      lt: (n, _z, _c, v) => n !== v,
      gt: (n, z, _c, v) => z === 0 && n === v,
      le: (n, z, _c, v) => z === 1 || n !== v,
      al: () => true,
      nv: () => true,
    };
    for (const [name, condition] of Object.entries(holds))
      for (let nzcv = 0; nzcv < 16; nzcv++) {
        const { x0 } = execute(`csel x0, x1, xzr, ${name}`, { x: { 1: 1n }, nzcv });
        expect(x0 === 1n, `${name} of ${nzcv}`).toBe(condition(nzcv >> 3, (nzcv >> 2) & 1, (nzcv >> 1) & 1, nzcv & 1));
      }
  });
});
