/** The assembler: labels, expressions, directives, literals, and what it says about mistakes. */
import { describe, expect, it } from 'vitest';
import { assemble, disassemble, type Program } from '../../../../core/machine/a64/index.ts';
import { ORIGIN, program, wordOf } from './support/facts.ts';

const words = ({ bytes }: Program): number[] => {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, n) => view.getUint32(n * 4, true));
};

/** The program's code as text, targets by label. */
function listing(source: string): string[] {
  const built = program(source);
  const view = new DataView(built.bytes.buffer);
  const symbol = (address: bigint): string | undefined =>
    [...built.labels].find((name) => built.symbols.get(name) === address);
  return built.lines
    .filter(({ kind }) => kind === 'code')
    .map(({ offset }) => disassemble(view.getUint32(offset, true), { address: built.origin + BigInt(offset), symbol }));
}

/** The messages that refuse a source. */
function errors(source: string): string[] {
  const result = assemble(source);
  return result.ok ? ['assembled'] : result.errors.map(({ message }) => message);
}

describe('labels', () => {
  it('name addresses before and behind their use', () => {
    expect(listing('start: b end\nnop\nend: b start')).toEqual(['b end', 'nop', 'b start']);
  });

  it('may be numbers, used again and again', () => {
    const built = program('1: b 1f\n1: b 1b\nb 1f\n2: nop\n1: b 2b\n10: b 10b');
    expect(words(built).map((word, n) => disassemble(word, { address: BigInt(n * 4) }))).toEqual([
      'b 0x4',
      'b 0x4',
      'b 0x10',
      'nop',
      'b 0xc',
      'b 0x14',
    ]);
  });

  it('may stand several in a line, alone, and before a directive', () => {
    const { symbols } = program('a: b:\nc: nop; d: .word 1\n.Llocal$1: nop');
    expect([...symbols]).toEqual([
      ['a', ORIGIN],
      ['b', ORIGIN],
      ['c', ORIGIN],
      ['d', ORIGIN + 4n],
      ['.Llocal$1', ORIGIN + 8n],
    ]);
  });

  it('are kept apart from constants, and exported names are listed', () => {
    const built = program('.global main, size\nmain: nop\n.equ size, 4');
    expect([...built.labels]).toEqual(['main']);
    expect([...built.globals]).toEqual(['main', 'size']);
    expect(built.symbols.get('size')).toBe(4n);
  });
});

describe('expressions', () => {
  const value = (text: string): bigint | string => {
    const result = assemble(`.equ a, 5\n.quad ${text}`);
    return result.ok
      ? new DataView(result.program.bytes.buffer).getBigInt64(0, true)
      : (result.errors[0]?.message ?? '');
  };

  it.each([
    ['1 + 2 * 3', 7n],
    ['(1 + 2) * 3', 9n],
    ['7 / 2 - 7 % 4', 0n],
    ['1 << 4 | 1', 17n],
    ['0xff & ~0xf ^ 1', 0xf1n],
    ['-a + 1', -4n],
    ['- - 3', 3n],
    ['~0', -1n],
    ['0b101 + 0o17 + 0x1F', 51n],
    ["'A' + '\\n'", 75n],
    ['-0x8000000000000000', -(1n << 63n)],
    ['0xffffffffffffffff', -1n],
    ['a << a >> 2', 40n],
    ['1 << (2 + 3) - 1', 16n],
  ])('`%s` is %s', (text, wanted) => expect(value(text)).toBe(wanted));

  it.each([
    ['1 / 0', 'a divisor other than zero'],
    ['1 << 64', 'a shift of 0 … 63'],
    ['0xffffffffffffffff + 1', 'at most 64 bits'],
    ['0x1ffffffffffffffff', 'at most 64 bits'],
    ['010', 'without leading zeros'],
    ['(1', '`)`'],
    ['1 +', 'a number, a label or an expression'],
    ['nowhere', 'defined'],
    ['1 2', '`,` or the end of the line'],
    [`${'('.repeat(80)}1${')'.repeat(80)}`, 'nested'],
  ])('`%s` is refused: %s', (text, message) => expect(value(text)).toContain(message));

  it('take a constant as it was set last before its use, or at all when later', () => {
    const built = program(
      '.set n, 1\nmov x0, #n\n.set n, 2\nmov x1, #n\nmov x2, #later\nn = n + 5\nmov x3, #n\nlater = early * 2\nearly = 21',
    );
    expect(words(built)).toEqual(['mov x0, #1', 'mov x1, #2', 'mov x2, #42', 'mov x3, #7'].map((text) => wordOf(text)));
    expect(built.symbols.get('n')).toBe(7n);
  });

  it('take other constants of a setting as they were where it stands, even when it waits for later names', () => {
    const built = program('n = 1\nmov x0, #sum\nn = 2\nsum = later + n\nn = 3\nlater = 40');
    expect(words(built)).toEqual([wordOf('mov x0, #42')]);
    expect(built.symbols.get('sum')).toBe(42n);
  });

  it('refuse a constant that depends on itself', () => {
    expect(errors('a = b\nb = a\n.quad a').length).toBeGreaterThan(0);
  });

  it('know the present address as a point, and distances between labels', () => {
    const built = program('nop\nb .\nb . + 8\nstart: .word end - start\nend:');
    expect(words(built).slice(1)).toEqual([wordOf('b .'), wordOf('b .+8'), 4]);
  });

  it('take constants from outside, which the text may set anew', () => {
    const symbols = new Map([
      ['UART', 0x900_0000n],
      ['COUNT', 3n],
    ]);
    expect(words(program('ldr w0, =UART\nmov x1, #COUNT\nCOUNT = 4\nmov x2, #COUNT', { symbols }))).toEqual(
      ['mov w0, #0x9000000', 'mov x1, #3', 'mov x2, #4'].map((text) => wordOf(text)),
    );
  });
});

describe('directives', () => {
  const bytes = (source: string): number[] => [...program(source).bytes];

  it('place values of all sizes, little-endian', () => {
    expect(bytes('.byte 1, -1, 255\n.byte 0\n.hword 0x1234, -2\n.word 0x12345678\n.quad 0x123456789abcdef0')).toEqual([
      1, 255, 255, 0, 0x34, 0x12, 0xfe, 0xff, 0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12,
    ]);
  });

  it('place strings with escapes, and in UTF-8', () => {
    expect(bytes('.ascii "a\\n\\x7f\\"", "b"\n.asciz "µ"')).toEqual([97, 10, 127, 34, 98, 0xc2, 0xb5, 0]);
  });

  it('leave space and align, with zeros, a byte, or NOPs in code', () => {
    expect(bytes('.byte 1\n.align 2\n.space 2, 7\n.balign 4, 9\n.skip 0\n.zero 1')).toEqual([
      1, 0, 0, 0, 7, 7, 9, 9, 0,
    ]);
    expect(words(program('wfi\n.balign 16\nwfi'))).toEqual([
      wordOf('wfi'),
      wordOf('nop'),
      wordOf('nop'),
      wordOf('nop'),
      wordOf('wfi'),
    ]);
  });

  it('move on to an offset or to an address', () => {
    const { symbols } = program('.org 0x80\na: nop\n.org a + 0x80\nb: nop');
    expect([symbols.get('a'), symbols.get('b')]).toEqual([ORIGIN + 0x80n, ORIGIN + 0x100n]);
  });

  it.each([
    ['.org 4\n.org 0', 'a place from 0x4'],
    ['.org later\nlater:', 'defined before this line'],
    ['.space later\nlater = 4', 'defined before this line'],
    ['.space 0x10000000', '0 … 16777216'],
    ['.balign 3', 'a power of two'],
    ['.align 60', '0 … 16'],
    ['.byte 256', 'at most 8 bits'],
    ['.byte', 'a value'],
    ['.hword 1,', 'a number'],
    ['.ascii hello', 'a string'],
    ['.ascii "open', 'ends the string'],
    ['.ascii "\\q"', 'after a backslash'],
    ['.global nowhere', 'defined'],
    ['.equ x0, 3', 'no register'],
    ['.wrod 3', 'perhaps .word'],
    ['.section .data', 'a directive (one of .byte'],
    ['.byte 1\nnop', 'a multiple of 4 (put `.balign 4` before)'],
  ])('`%s` is refused: %s', (source, message) => expect(errors(source).join('\n')).toContain(message));
});

describe('literals', () => {
  it('become a move where one instruction makes the value', () => {
    expect(listing('ldr x0, =0xffff0000\nldr w1, =-2\nldr x2, =0x5555555555555555')).toEqual([
      'mov x0, #0xffff0000',
      'mov w1, #0xfffffffe',
      'mov x2, #0x5555555555555555',
    ]);
  });

  it('are placed behind the code, equal ones once, wide ones first and aligned', () => {
    const built = program(
      'ldr w0, =0x12345678\nldr x1, =0x123456789\nldr x2, =0x123456789\nldr x3, =label\nlabel: ret',
    );
    const view = new DataView(built.bytes.buffer);
    expect(built.bytes.length).toBe(20 + 4 + 8 + 8 + 4);
    expect(view.getBigUint64(24, true)).toBe(0x1_2345_6789n);
    expect(view.getBigUint64(32, true)).toBe(ORIGIN + 16n);
    expect(view.getUint32(40, true)).toBe(0x1234_5678);
    expect(words(built).slice(0, 4)).toEqual([
      wordOf('ldr w0, .+40'),
      wordOf('ldr x1, .+20'),
      wordOf('ldr x2, .+16'),
      wordOf('ldr x3, .+20'),
    ]);
  });

  it('are placed where .ltorg says', () => {
    const built = program('ldr x0, =0x123456789\nb 1f\n.ltorg\n1: ldr x1, =0x123456789');
    expect(built.lines.map(({ kind, offset }) => [kind, offset])).toEqual([
      ['code', 0],
      ['code', 4],
      ['literal', 8],
      ['code', 16],
      ['padding', 20],
      ['literal', 24],
    ]);
  });

  it.each([
    ['ldr w0, =0x123456789', 'at most 32 bits'],
    ['ldr x0, =nowhere', 'defined'],
    ['ldr q0, =1', 'a register'],
    ['ldr x0, =0x123456789\n.space 0x200000', 'at most 1 MiB away'],
  ])('`%s` is refused: %s', (source, message) => expect(errors(source).join('\n')).toContain(message));
});

describe('addresses', () => {
  it('are made of a page and its low bits', () => {
    const built = program(
      'adrp x0, data\nadd x0, x0, :lo12:data\nldr x1, [x0, #:lo12:data]\n.org 0x5678\ndata: .quad 0',
    );
    expect(words(built).slice(0, 3)).toEqual([
      wordOf('adrp x0, 0x5000', 0n),
      wordOf('add x0, x0, #0x678'),
      wordOf('ldr x1, [x0, #0x678]'),
    ]);
  });

  it('of branches are checked for reach and alignment', () => {
    expect(errors('tbz x0, #1, far\n.space 0x10000\nfar: nop').join('')).toContain('at most 32 KiB away');
    expect(errors('b . + 2').join('')).toContain('aligned to 4 bytes');
  });

  it('are those of the origin that the caller gives', () => {
    const built = program('start: ldr x0, =start\nadr x1, start', { origin: 0xffff_0000_0000_0000n });
    expect(built.symbols.get('start')).toBe(0xffff_0000_0000_0000n);
    expect(new DataView(built.bytes.buffer).getBigUint64(8, true)).toBe(0xffff_0000_0000_0000n);
  });
});

describe('text', () => {
  it('has comments, several statements in a line, any case, and optional #', () => {
    expect(listing('# comment\n  MOV X0, 1 // to the end\n nop; NOP /* over\n lines */ ; Add x1,X0 , # 2\n')).toEqual([
      'mov x0, #0x1',
      'nop',
      'nop',
      'add x1, x0, #0x2',
    ]);
  });

  it('speaks GICv5', () => {
    expect(
      listing('msr icc_ppi_enabler0_el1, x0\ngicr x0, cdia\nGIC CDDI, x0\ngic cdeoi\ngsb ack\nmrs x1, S3_1_C12_C0_2'),
    ).toEqual([
      'msr ICC_PPI_ENABLER0_EL1, x0',
      'gicr x0, cdia',
      'gic cddi, x0',
      'gic cdeoi',
      'gsb ack',
      'mrs x1, ICC_PCR_EL1',
    ]);
  });

  it('names registers of another GIC architecture when asked', () => {
    const word = wordOf('mrs x0, S3_4_C12_C11_7');
    if (typeof word !== 'number') throw new Error(word);
    expect(disassemble(word, { address: 0n })).toBe('mrs x0, ICH_VMCR_EL2');
    expect(wordOf('mrs x0, ICH_VMCR_EL2')).toBe(word);
  });
});

describe('mistakes', () => {
  it.each([
    ['add x0, x1', 'line 1, column 11: expected `,`, found the end of the line'],
    [
      'add x0, x1, #5000',
      'line 1, column 14: expected a number 0 … 4095, or such a number shifted left by 12, found `5000`',
    ],
    ['ldp x0, w1, [x2]', 'line 1, column 9: expected a 64-bit register (x0 … x30, xzr), found `w1`'],
    ['addd x0, x1, x2', 'line 1, column 1: expected an instruction (perhaps add, adds, adc), found `addd`'],
    ['ldr x0, [x1, #3', 'line 1, column 16: expected `]`, found the end of the line'],
    ['ldr w0, [x1, x2, lsl #3]', 'line 1, column 23: expected #0 or #2, found `3`'],
    ['stp x0, x1, [sp, #-17]!', 'line 1, column 19: expected a number -512 … 504 that is a multiple of 8, found `-17`'],
    ['cset x0, al', 'expected a condition: eq, ne'],
    ['mov x0, #0x12345', '`ldr register, =value` loads any'],
    ['b nowhere', 'line 1, column 3: expected a label or constant that is defined, found `nowhere`'],
    ['msr VBAR_EL, x0', 'perhaps VBAR_EL1'],
    ['x0: nop', 'line 1, column 1: expected a name that is no register, found `x0`'],
    ['a: nop\na: nop', 'line 2, column 1: expected a new name, found `a`, which is defined already'],
    ['nop nop', 'line 1, column 5: expected the end of the line, found `nop`'],
    ['nop @', 'expected an operand or an operator, found `@`'],
    ['/* open', 'line 1, column 1: expected `*/` after `/*`'],
    ['"text"', 'expected a label, an instruction or a directive'],
    ['lsl x0, x1, #64', 'expected a number 0 … 63'],
    ['ubfx w0, w1, #8, #25', 'expected a number 1 … 24'],
    ['movz w0, #1, lsl #32', 'expected #0 or #16'],
    ['gic cdfoo, x0', 'an operation of gic'],
    ['dmb everything', 'a barrier domain'],
  ])('`%s`: %s', (source, message) => expect(errors(source).join('\n')).toContain(message));

  it('are all reported, in order, with their places', () => {
    const result = assemble('nop\n  bad x0\nb nowhere\n.word 99999999999\nmov x0, #1');
    if (result.ok) throw new Error('assembled');
    expect(result.errors.map(({ line, column, length, found }) => [line, column, length, found])).toEqual([
      [2, 3, 3, '`bad`'],
      [3, 3, 7, '`nowhere`'],
      [4, 7, 11, '`99999999999`'],
    ]);
    expect(result.omitted).toBe(0);
  });

  it('are at most 50, and the rest is counted', () => {
    const result = assemble('bad\n'.repeat(70));
    expect(result.ok ? undefined : [result.errors.length, result.omitted]).toEqual([50, 20]);
  });
});

describe('bounds', () => {
  it('are a mebibyte of text', () => {
    expect(errors(' '.repeat(1024 * 1024 + 1))).toEqual([
      'line 1, column 1: expected at most 1 MiB of text, found 1048577 characters',
    ]);
    expect(errors(' '.repeat(1024 * 1024))).toEqual(['assembled']);
  });

  it('are 16 mebibytes of output', () => {
    expect(program('.space 0x1000000').bytes.length).toBe(0x100_0000);
    expect(errors('.space 0xfffffc\nnop\nnop')).toEqual([
      'line 3, column 1: expected a program of at most 16 MiB, found a larger one',
    ]);
  });
});

describe('the line map', () => {
  const source = 'nop\n\nstart:\n  ldr x0, =start\n  .balign 8\n  .quad 1, 2\n';
  const built = program(source);

  it('says which line each piece of the output is from, and what it is', () => {
    expect(built.lines.map(({ offset, line, kind }) => [offset, line, kind])).toEqual([
      [0, 1, 'code'],
      [4, 4, 'code'],
      [8, 6, 'data'],
      [24, 4, 'literal'],
    ]);
  });

  it('covers the output without gaps or overlaps', () => {
    let next = 0;
    for (const { offset, size } of built.lines) {
      expect(offset).toBe(next);
      next += size;
    }
    expect(next).toBe(built.bytes.length);
  });
});
