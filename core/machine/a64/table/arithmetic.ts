/** Sums, products, quotients, conditional selects and compares. */
import { CONDITION_MASKS } from '../conditions.ts';
import {
  addCarry,
  addExtended,
  addImmediate,
  addShifted,
  type Arithmetic,
  compareConditionally,
} from '../execute/ops-arithmetic.ts';
import { select } from '../execute/ops-logic.ts';
import { divide, multiplyAdd, multiplyHigh, multiplyLong } from '../execute/ops-multiply.ts';
import { type Fields } from '../pattern.ts';
import { type Form, type Row } from '../row.ts';
import { amountFits } from './moves.ts';

interface Sum extends Arithmetic {
  readonly name: string;
  /** op and S. */
  readonly code: string;
  /** The instruction that adds the negated immediate. */
  readonly opposite: string;
  /** Aliases without destination (`cmp`), and with Rn = 31 (`neg`). */
  readonly compare?: string;
  readonly compareOpposite?: string;
  readonly negate?: string;
}

const SUMS: readonly Sum[] = [
  { name: 'add', code: '00', subtract: false, setFlags: false, opposite: 'sub' },
  {
    name: 'adds',
    code: '01',
    subtract: false,
    setFlags: true,
    opposite: 'subs',
    compare: 'cmn',
    compareOpposite: 'cmp',
  },
  { name: 'sub', code: '10', subtract: true, setFlags: false, opposite: 'add', negate: 'neg' },
  {
    name: 'subs',
    code: '11',
    subtract: true,
    setFlags: true,
    opposite: 'adds',
    compare: 'cmp',
    compareOpposite: 'cmn',
    negate: 'negs',
  },
];

const ifAny = (name: string | undefined, form: (name: string) => Form): Form[] =>
  name === undefined ? [] : [form(name)];

function sumRows(sum: Sum): Row[] {
  const { name, code, setFlags, compare, compareOpposite, negate, opposite } = sum;
  const d = setFlags ? 'Rd' : 'Rd|sp';
  const upper = name.toUpperCase();
  const usesSp = ({ d: to, n }: Fields): boolean => to === 31 || n === 31;
  const move: Form[] = name === 'add' ? [['mov <Rd|sp>, <Rn|sp>', { i: 0, h: 0 }, usesSp]] : [];
  return [
    {
      name: `${upper} (immediate)`,
      pattern: `s${code}100010hiiiiiiiiiiiinnnnnddddd`,
      forms: [
        ...move,
        ...ifAny(compare, (alias) => [`${alias} <Rn|sp>, <add>`, { d: 31 }]),
        `${name} <${d}>, <Rn|sp>, <add>`,
        ...ifAny(compareOpposite, (alias) => [`${alias} <Rn|sp>, <-add>`, { d: 31 }]),
        `${opposite} <${d}>, <Rn|sp>, <-add>`,
      ],
      run: addImmediate(sum),
    },
    {
      name: `${upper} (shifted register)`,
      pattern: `s${code}01011kk0mmmmmiiiiiinnnnnddddd`,
      forms: [
        ...ifAny(compare, (alias) => [`${alias} <Rn>, <Rm>{, <shift>}`, { d: 31 }]),
        ...ifAny(negate, (alias) => [`${alias} <Rd>, <Rm>{, <shift>}`, { n: 31 }]),
        `${name} <Rd>, <Rn>, <Rm>{, <shift>}`,
      ],
      valid: (f) => f.k !== 3 && amountFits(f),
      run: addShifted(sum),
    },
    {
      name: `${upper} (extended register)`,
      pattern: `s${code}01011001mmmmmoooiiinnnnnddddd`,
      forms: [
        ...ifAny(compare, (alias) => [`${alias} <Rn|sp>, <extended flags>`, { d: 31 }]),
        `${name} <${d}>, <Rn|sp>, <extended${setFlags ? ' flags' : ''}>`,
      ],
      valid: ({ i }) => i <= 4,
      run: addExtended(sum),
    },
    {
      name: upper.replace('ADD', 'ADC').replace('SUB', 'SBC'),
      pattern: `s${code}11010000mmmmm000000nnnnnddddd`,
      forms: [
        ...ifAny(negate, (alias) => [`${alias.replace('neg', 'ngc')} <Rd>, <Rm>`, { n: 31 }]),
        `${name.replace('add', 'adc').replace('sub', 'sbc')} <Rd>, <Rn>, <Rm>`,
      ],
      run: addCarry(sum),
    },
  ];
}

const holds = ({ c }: Fields): number => CONDITION_MASKS[c] ?? 0;

const COMPARES: readonly Row[] = [
  { name: 'CCMN', op: '0' },
  { name: 'CCMP', op: '1' },
].flatMap(({ name, op }): Row[] => [
  {
    name: `${name} (register)`,
    pattern: `s${op}111010010mmmmmcccc00nnnnn0ffff`,
    forms: [`${name.toLowerCase()} <Rn>, <Rm>, <f:4x>, <cond>`],
    run: compareConditionally(op === '1', false, holds),
  },
  {
    name: `${name} (immediate)`,
    pattern: `s${op}111010010iiiiicccc10nnnnn0ffff`,
    forms: [`${name.toLowerCase()} <Rn>, <i:5x>, <f:4x>, <cond>`],
    run: compareConditionally(op === '1', true, holds),
  },
]);

/** The alias on one register needs Rn ≠ 31 where the alias on none is meant for 31. */
const notZero = ({ n }: Fields): boolean => n !== 31;

const SELECTS: readonly Row[] = [
  {
    name: 'CSEL',
    pattern: 's0011010100mmmmmcccc00nnnnnddddd',
    forms: ['csel <Rd>, <Rn>, <Rm>, <cond>'],
    run: select(false, false),
  },
  {
    name: 'CSINC',
    pattern: 's0011010100mmmmmcccc01nnnnnddddd',
    forms: [
      ['cset <Rd>, <!cond>', { n: 31, m: 31 }],
      ['cinc <Rd>, <Rnm>, <!cond>', {}, notZero],
      'csinc <Rd>, <Rn>, <Rm>, <cond>',
    ],
    run: select(false, true),
  },
  {
    name: 'CSINV',
    pattern: 's1011010100mmmmmcccc00nnnnnddddd',
    forms: [
      ['csetm <Rd>, <!cond>', { n: 31, m: 31 }],
      ['cinv <Rd>, <Rnm>, <!cond>', {}, notZero],
      'csinv <Rd>, <Rn>, <Rm>, <cond>',
    ],
    run: select(true, false),
  },
  {
    name: 'CSNEG',
    pattern: 's1011010100mmmmmcccc01nnnnnddddd',
    forms: ['cneg <Rd>, <Rnm>, <!cond>', 'csneg <Rd>, <Rn>, <Rm>, <cond>'],
    run: select(true, true),
  },
];

const PRODUCTS: readonly Row[] = [
  {
    name: 'MADD',
    pattern: 's0011011000mmmmm0aaaaannnnnddddd',
    forms: [['mul <Rd>, <Rn>, <Rm>', { a: 31 }], 'madd <Rd>, <Rn>, <Rm>, <Ra>'],
    run: multiplyAdd(false),
  },
  {
    name: 'MSUB',
    pattern: 's0011011000mmmmm1aaaaannnnnddddd',
    forms: [['mneg <Rd>, <Rn>, <Rm>', { a: 31 }], 'msub <Rd>, <Rn>, <Rm>, <Ra>'],
    run: multiplyAdd(true),
  },
  ...(['s', 'u'] as const).flatMap((sign): Row[] => {
    const code = sign === 's' ? '0' : '1';
    const long = (name: string, alias: string, op: string, subtract: boolean): Row => ({
      name: `${sign}${name}`.toUpperCase(),
      pattern: `10011011${code}01mmmmm${op}aaaaannnnnddddd`,
      forms: [[`${sign}${alias} <Xd>, <Wn>, <Wm>`, { a: 31 }], `${sign}${name} <Xd>, <Wn>, <Wm>, <Xa>`],
      run: multiplyLong(sign === 's', subtract),
    });
    return [
      long('maddl', 'mull', '0', false),
      long('msubl', 'mnegl', '1', true),
      {
        name: `${sign}mulh`.toUpperCase(),
        pattern: `10011011${code}10mmmmm011111nnnnnddddd`,
        forms: [`${sign}mulh <Xd>, <Xn>, <Xm>`],
        run: multiplyHigh(sign === 's'),
      },
      {
        name: `${sign}div`.toUpperCase(),
        pattern: `s0011010110mmmmm00001${sign === 's' ? '1' : '0'}nnnnnddddd`,
        forms: [`${sign}div <Rd>, <Rn>, <Rm>`],
        run: divide(sign === 's'),
      },
    ];
  }),
];

export const ARITHMETIC_ROWS: readonly Row[] = [...SUMS.flatMap(sumRows), ...COMPARES, ...SELECTS, ...PRODUCTS];
