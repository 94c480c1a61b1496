/** Text and words that nobody means well: the assembler answers, the core runs, nothing throws or takes long. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble, BARE, Core, disassemble, DONE, Ram } from '../../../../core/machine/a64/index.ts';
import { ORIGIN, program } from './support/facts.ts';

const PIECES = [
  ...[
    'add',
    'ldr',
    'mov',
    'b',
    'msr',
    'gic',
    'ret',
    'b.eq',
    'x0',
    'w31',
    'sp',
    'xzr',
    'lsl',
    'uxtw',
    '#',
    '=',
    ':',
    ';',
  ],
  ...[
    '1:',
    '1b',
    '99999999f',
    'a',
    'a:',
    '.',
    '.word',
    '.space',
    '.org',
    '.equ',
    '.balign',
    '.ltorg',
    '.ascii',
    '.global',
  ],
  ...[
    '[',
    ']',
    '!',
    '(',
    ')',
    '{',
    '}',
    ',',
    '+',
    '-',
    '~',
    '*',
    '/',
    '%',
    '<<',
    '>>',
    '&',
    '|',
    '^',
    '//',
    '/*',
    '*/',
  ],
  ...[
    '0',
    '1',
    '4096',
    '0xffffffffffffffff',
    '-1',
    '0b',
    '0x',
    '1e9',
    '"s"',
    '"',
    "'c'",
    "'",
    '\\',
    '\n',
    '\r\n',
    '\t',
    '\0',
    'é',
    '😀',
  ],
  ...['VBAR_EL1', 'S3_0_C1_C0_0', 'S9_9_C99_C99_9', ':lo12:', 'DAIFSet', '__proto__', 'constructor', 'toString'],
] as const;

/** Processor time of assembling, in milliseconds: what else the machine does must not matter. */
function timed(source: string): { readonly ms: number; readonly ok: boolean } {
  const start = process.cpuUsage();
  const { ok } = assemble(source);
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1000, ok };
}

describe('hostile source text', () => {
  it('of any characters is assembled or refused with places inside the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (source) => {
        const result = assemble(source);
        if (result.ok) return;
        const lines = source.split('\n');
        expect(result.errors.length).toBeGreaterThan(0);
        for (const { line, column, message } of result.errors) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 2);
          expect(message).toMatch(/^line \d+, column \d+: expected [^]+, found [^]+$/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('made of pieces of the language is assembled or refused', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }), fc.constantFrom('', ' '), (pieces, gap) => {
        const result = assemble(pieces.join(gap));
        expect(typeof result.ok).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
  });

  it('is refused in bounded time', () => {
    const sources = [
      '('.repeat(250_000),
      '-'.repeat(250_000),
      `.word ${'1+'.repeat(150_000)}1`,
      `.word ${'1,'.repeat(150_000)}1`,
      `.ascii "${'a'.repeat(500_000)}"`,
      Array.from({ length: 30_000 }, (_, n) => `a${n}=a${n + 1}`).join('\n'),
      '1:'.repeat(200_000),
      `${'1:'.repeat(1000)}${'b 1b;'.repeat(50_000)}`,
      'ldr x0,=a;'.repeat(45_000),
      Array.from({ length: 20_000 }, (_, n) => `ldr x0,=0x12345${n}`).join('\n'),
      '/*'.repeat(200_000),
      '"\\'.repeat(150_000),
      `.global ${'a,'.repeat(200_000)}a`,
      `${'x'.repeat(500_000)}: nop`,
      `mov x0, #${'9'.repeat(500_000)}`,
      'msr QQQQQQQQQQQQ, x0\n'.repeat(20_000),
      'qqqq\n'.repeat(100_000),
      '.qqqq\n'.repeat(85_000),
      '.balign 65536\n.byte 1\n'.repeat(20_000),
      'add x0,x0,'.repeat(45_000),
    ];
    for (const source of sources) {
      expect(source.length).toBeLessThanOrEqual(1024 * 1024);
      const { ms } = timed(source);
      expect(ms, source.slice(0, 30)).toBeLessThan(10_000);
    }
  });

  it('of a full mebibyte of honest code assembles in time linear in its length', () => {
    const line = 'add x0, x1, x2, lsl #3\n';
    const half = line.repeat(Math.floor((512 * 1024) / line.length));
    expect(timed(half).ok).toBe(true);
    const first = timed(half).ms;
    const second = timed(half + half).ms;
    expect(second).toBeLessThan(first * 5 + 200);
  });
});

describe('hostile words', () => {
  it('are all disassembled as something', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (word) => {
        expect(disassemble(word, { address: ORIGIN })).toMatch(/^\S/);
      }),
      { numRuns: 5000 },
    );
  });

  it('run without harm, in exactly the number of instructions asked for, with XZR still zero', () => {
    const ram = new Ram(ORIGIN, 65_536);
    const core = new Core({ ram, system: { ...BARE, exception: () => DONE, hint: () => 0 } });
    fc.assert(
      fc.property(
        fc.array(fc.nat(0xffff_ffff), { minLength: 1, maxLength: 40 }),
        fc.bigInt(0n, (1n << 64n) - 1n),
        (words, seed) => {
          const code = new Uint8Array(words.length * 4);
          for (const [index, word] of words.entries()) new DataView(code.buffer).setUint32(index * 4, word, true);
          ram.write(ORIGIN, code);
          core.reset(ORIGIN);
          for (let n = 0; n < 31; n++) core.setX(n, n % 3 === 0 ? ORIGIN + BigInt(n * 64) : seed * BigInt(n));
          expect(core.run(200)).toEqual({ kind: 'limit' });
          expect(core.executed).toBe(200);
          expect([core.lo[31], core.hi[31]]).toEqual([0, 0]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('of loads and stores everywhere never touch anything but RAM and the bus', () => {
    const { bytes } = program('1: ldr x0, [x1]\nstr x0, [x2], #-8\nldp x3, x4, [x5, #-512]!\nstrb w0, [x6, x7]\nb 1b');
    fc.assert(
      fc.property(fc.array(fc.bigInt(0n, (1n << 64n) - 1n), { minLength: 8, maxLength: 8 }), (addresses) => {
        const ram = new Ram(ORIGIN, 8192);
        ram.loadImage(ORIGIN, bytes);
        const core = new Core({ ram });
        core.reset(ORIGIN);
        for (const [n, address] of addresses.entries()) core.setX(n, address);
        expect(core.run(20)).toEqual({ kind: 'limit' });
      }),
      { numRuns: 200 },
    );
  });
});
