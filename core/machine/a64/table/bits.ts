/** Bit fields with their many aliases, shifts by register, extract, bit and byte order, PC-relative addresses. */
import {
  bitField,
  countLeading,
  extract,
  reverseBitOrder,
  reverseBytes,
  reverseBytesIn16,
  reverseBytesIn32,
  shiftByRegister,
} from '../execute/ops-bits.ts';
import { address } from '../execute/ops-branch.ts';
import { type Semantics } from '../execute/op.ts';
import { type Fields } from '../pattern.ts';
import { type Form, type Row } from '../row.ts';

const fits = ({ s, r, e }: Fields): boolean => s === 1 || (r < 32 && e < 32);

const FIELDS: readonly Row[] = [
  {
    name: 'SBFM',
    pattern: 's00100110=rrrrrreeeeeennnnnddddd',
    forms: [
      'asr <Rd>, <Rn>, <lsr>',
      'sbfiz <Rd>, <Rn>, <into>, <intoWidth>',
      ['sxtb <Rd>, <Wn>', { r: 0, e: 7 }],
      ['sxth <Rd>, <Wn>', { r: 0, e: 15 }],
      ['sxtw <Xd>, <Wn>', { s: 1, r: 0, e: 31 }],
      'sbfx <Rd>, <Rn>, <lsb>, <width>',
      ['sbfm <Rd>, <Rn>, <immr>, <imms>', {}, () => false],
    ],
    valid: fits,
    run: bitField('signed'),
  },
  {
    name: 'BFM',
    pattern: 's01100110=rrrrrreeeeeennnnnddddd',
    forms: [
      ['bfc <Rd>, <into>, <intoWidth>', { n: 31 }],
      'bfi <Rd>, <Rn>, <into>, <intoWidth>',
      'bfxil <Rd>, <Rn>, <lsb>, <width>',
      ['bfm <Rd>, <Rn>, <immr>, <imms>', {}, () => false],
    ],
    valid: fits,
    run: bitField('insert'),
  },
  {
    name: 'UBFM',
    pattern: 's10100110=rrrrrreeeeeennnnnddddd',
    forms: [
      'lsl <Rd>, <Rn>, <lsl>',
      'lsr <Rd>, <Rn>, <lsr>',
      'ubfiz <Rd>, <Rn>, <into>, <intoWidth>',
      ['uxtb <Wd>, <Wn>', { s: 0, r: 0, e: 7 }],
      ['uxth <Wd>, <Wn>', { s: 0, r: 0, e: 15 }],
      'ubfx <Rd>, <Rn>, <lsb>, <width>',
      ['ubfm <Rd>, <Rn>, <immr>, <imms>', {}, () => false],
    ],
    valid: fits,
    run: bitField('unsigned'),
  },
  {
    name: 'EXTR',
    pattern: 's00100111=0mmmmmeeeeeennnnnddddd',
    forms: ['ror <Rd>, <Rnm>, <imms>', 'extr <Rd>, <Rn>, <Rm>, <imms>'],
    valid: ({ s, e }) => s === 1 || e < 32,
    run: extract,
  },
];

const SHIFTS: readonly Row[] = ['lsl', 'lsr', 'asr', 'ror'].map((name, kind) => ({
  name: `${name}v`.toUpperCase(),
  pattern: `s0011010110mmmmm0010${kind.toString(2).padStart(2, '0')}nnnnnddddd`,
  forms: [`${name} <Rd>, <Rn>, <Rm>`, [`${name}v <Rd>, <Rn>, <Rm>`, {}, () => false]] satisfies Form[],
  run: shiftByRegister(kind),
}));

const unary = (name: string, s: string, opcode: string, run: Row['run'], forms?: readonly Form[]): Row => ({
  name: s === 's' ? name.toUpperCase() : `${name.toUpperCase()} (${s === '1' ? 64 : 32}-bit)`,
  pattern: `${s}101101011000000${opcode}nnnnnddddd`,
  forms: forms ?? [`${name} <Rd>, <Rn>`],
  run,
});

/** Patterns with a fixed size bit have no field `s`; these are the 64-bit ones. */
const wide =
  (run: Semantics): Semantics =>
  (fields) =>
    run({ ...fields, s: 1 });

const UNARY: readonly Row[] = [
  unary('rbit', 's', '000000', reverseBitOrder),
  unary('rev16', 's', '000001', reverseBytesIn16),
  unary('rev', '0', '000010', reverseBytes, ['rev <Wd>, <Wn>']),
  unary('rev32', '1', '000010', wide(reverseBytesIn32), ['rev32 <Xd>, <Xn>']),
  unary('rev', '1', '000011', wide(reverseBytes), ['rev <Xd>, <Xn>', ['rev64 <Xd>, <Xn>', {}, () => false]]),
  unary('clz', 's', '000100', countLeading(false)),
  unary('cls', 's', '000101', countLeading(true)),
];

const ADDRESSES: readonly Row[] = [
  { name: 'ADR', pattern: '0ll10000iiiiiiiiiiiiiiiiiiiddddd', forms: ['adr <Xd>, <adr>'], run: address(false) },
  { name: 'ADRP', pattern: '1ll10000iiiiiiiiiiiiiiiiiiiddddd', forms: ['adrp <Xd>, <adrp>'], run: address(true) },
];

export const BIT_ROWS: readonly Row[] = [...FIELDS, ...SHIFTS, ...UNARY, ...ADDRESSES];
